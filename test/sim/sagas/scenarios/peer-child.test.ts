// A child saga in another app: its result, its failure and its being taken back cross the border, over restarts too.
import assert from "node:assert/strict"
import { test, type TestContext } from "node:test"
import * as Schema from "effect/Schema"
import { app, type Command } from "../../../../runtime/index.ts"
import { askInMemory, connectWorlds, type MemoryProcess, newWorld, startInMemory } from "../../../../runtime/testing/index.ts"
import { saga } from "../../../../sagas/index.ts"
import { book, type Desk, desk, gate, Name, script, timesAsked } from "../../../unit/sagas/scenarios/desks.ts"
import { codeOf, endOf } from "../../../unit/sagas/scenarios/stage.ts"
import { At } from "../../../unit/sagas/scenarios/unwinding.ts"

const child = saga("visa", { input: At, version: 1 })
  .step("x", book("X"))
  .awaitSignal("word", Name)
  .returns(({ x }) => ({ x }))
const Trip = Schema.toStandardSchemaV1(Schema.Struct({ at: Schema.String }))
const parent = saga("trip", { input: Trip, version: 1 })
  .step("a", book("A"))
  .child("visa", child, {
    key: ({ sagaId }) => `${sagaId}-visa`,
    input: ({ input }) => ({ at: `${input.at}-there` }),
    onUndo: "revert",
  })
  .step("b", book("B"))
  .returns(({ visa }) => visa.x)

const agency = app("agency", { namespace: "test", partitions: 3, services: [desk, child] })
const office = app("office", {
  namespace: "test",
  partitions: 2,
  services: [desk, parent],
  peers: [{ app: "agency", partitions: 3, services: [child] }],
})

async function twoApps(t: TestContext) {
  const worlds = { office: newWorld(), agency: newWorld() }
  connectWorlds(new Map([[office, worlds.office], [agency, worlds.agency]]))
  const processes = {
    office: await startInMemory(office, worlds.office),
    agency: await startInMemory(agency, worlds.agency),
  }
  t.after(() => Promise.all([processes.office.kill(), processes.agency.kill()]))
  return {
    here: (command: Command) => askInMemory(office, worlds.office, command),
    there: (command: Command) => askInMemory(agency, worlds.agency, command),
    processes,
    async restart() {
      await Promise.all([processes.office.kill(), processes.agency.kill()])
      processes.office = await startInMemory(office, worlds.office)
      processes.agency = await startInMemory(agency, worlds.agency)
    },
  }
}

interface Shown extends Partial<Desk> {
  readonly items?: Readonly<Record<string, unknown>>
  readonly parents?: readonly string[]
  readonly revertible?: object
}

const stateOf = ({ engine }: MemoryProcess, service: string, key: string) =>
  engine.row({ service, key })?.state as Shown | undefined // cast: the state of a desk, or of a saga
const logOf = (process: MemoryProcess, key: string) => stateOf(process, "desk", key)?.log?.join(" ")

test("a child in another app completes over a restart of both; it is let go when its parent has ended", async (t) => {
  const { here, there, processes, restart } = await twoApps(t)
  const slow = gate()
  script("p1-there", "X", [slow.opened, slow.opened])
  void here(parent.start("p1", { at: "p1" }))
  await processes.agency.until(() => timesAsked("p1-there", "X") === 1)
  await restart()
  slow.open()
  await processes.agency.until(() => stateOf(processes.agency, "visa", "p1-visa")?.items?.["word"] !== undefined)
  assert.equal(codeOf(await there(child.signal("p1-visa", "word", { name: "go" }))), "done")
  const end = endOf(await here(parent.start("p1", { at: "p1" })))
  assert.partialDeepStrictEqual(end, { outcome: "completed", result: "X at p1-there" })
  assert.deepEqual([logOf(processes.office, "p1"), logOf(processes.agency, "p1-there")], ["+A +B", "+X"])
  await processes.agency.until(() => {
    const row = stateOf(processes.agency, "visa", "p1-visa")
    return row?.parents === undefined && row?.revertible === undefined
  })
})

test("what a child in another app failed with reaches its parent with the same code", async (t) => {
  const { here, processes } = await twoApps(t)
  script("p2-there", "X", [{ refuse: "no-photo" }])
  const end = endOf(await here(parent.start("p2", { at: "p2" })))
  assert.partialDeepStrictEqual(end, { outcome: "compensated", reason: "no-photo" })
  assert.equal(logOf(processes.office, "p2"), "+A -A")
})

test("a child in another app is turned back with its parent, and undone when it had completed", async (t) => {
  const { here, there, processes } = await twoApps(t)
  const author = { by: "ann", why: "the customer called" }
  const running = here(parent.start("p3", { at: "p3" }))
  await processes.agency.until(() => stateOf(processes.agency, "visa", "p3-visa")?.items?.["word"] !== undefined)
  await here(parent.cancel("p3", author))
  assert.partialDeepStrictEqual(endOf(await running), { outcome: "compensated", reason: "cancelled" })
  assert.deepEqual([logOf(processes.office, "p3"), logOf(processes.agency, "p3-there")], ["+A -A", "+X -X"])

  script("p4", "B", [{ refuse: "full" }])
  const failing = here(parent.start("p4", { at: "p4" }))
  await processes.agency.until(() => stateOf(processes.agency, "visa", "p4-visa")?.items?.["word"] !== undefined)
  await there(child.signal("p4-visa", "word", { name: "go" }))
  assert.partialDeepStrictEqual(endOf(await failing), { outcome: "compensated", reason: "full" })
  assert.deepEqual([logOf(processes.office, "p4"), logOf(processes.agency, "p4-there")], ["+A -A", "+X -X"])
})
