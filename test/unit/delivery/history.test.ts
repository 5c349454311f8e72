// What was decided on an actor can be read back from its journal, newest first, over compactions and owners, for as long
// as the blocks are kept; and where it ends is said.
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import {
  app, done, effectful, InvalidInput, limits, type Operator, type PastDecision, service,
} from "../../../runtime/index.ts"
import { carriedRow } from "../../../runtime/delivery/compaction.ts"
import { NewJournal } from "../../../runtime/delivery/new-journal.ts"
import { emptyRow } from "../../../runtime/delivery/row.ts"
import type { Address } from "../../../runtime/message/message.ts"
import { askInMemory, newWorld, operateInMemory, startInMemory, type World } from "../../../runtime/testing/index.ts"
import { account, audit, transfer } from "../../support/bank.ts"
import { blocksOf } from "../../support/journals.ts"
import { saga } from "../../../sagas/index.ts"

const Nothing = Schema.toStandardSchemaV1(Schema.Struct({}))
const options = { namespace: "test", partitions: 1, compactionBytesMin: 4096 }
const bank = app("bank", { ...options, services: [account, audit, transfer] })

async function inPages(operator: Operator, actor: Address, limit: number): Promise<readonly PastDecision[]> {
  const pages = [await operator.history(actor, { limit })]
  for (let last = pages[0]; last?.before !== undefined; last = pages.at(-1))
    pages.push(await operator.history(actor, { limit, before: last.before }))
  return pages.flatMap(({ decisions }) => decisions)
}

async function deposits(world: World, from: number, to: number, shape = bank): Promise<void> {
  for (let n = from; n < to; n += 1) {
    await askInMemory(shape, world, account.deposit("a", { amount: 1 }), `d${n}`)
    await askInMemory(shape, world, account.deposit("b", { amount: 5 }), `other ${n}`)
  }
}

const recordText = ({ record }: PastDecision) =>
  [record?.type, record?.name, record?.id, record?.outcome].filter(Boolean).join(" ")

test("the history of an actor goes back over compactions and owners to its beginning, each decision once", async (t) => {
  const world = newWorld()
  const first = await startInMemory(bank, world)
  await deposits(world, 0, 40)
  await first.kill()
  const second = await startInMemory(bank, world)
  t.after(() => second.kill())
  await deposits(world, 40, 60)
  assert.ok(blocksOf(world, 0).filter(({ begins }) => begins === true).length > 2, "it was compacted")
  const operator = operateInMemory(bank, world)
  const { decisions, before, endsHere } = await operator.history({ service: "account", key: "a" })
  assert.deepEqual([before, endsHere], [undefined, undefined], "that is all there ever was")
  assert.deepEqual(decisions.map(recordText), Array.from({ length: 60 }, (_, n) => `command deposit d${59 - n}`))
  assert.deepEqual(decisions.map(({ state }) => state), Array.from({ length: 60 }, (_, n) => ({ balance: 60 - n })))
  const outcomes = Array.from({ length: 60 }, (_, n) => ({ type: "done", value: 60 - n }))
  assert.deepEqual(decisions.map(({ outcome }) => outcome), outcomes)
  assert.deepEqual([...new Set(decisions.map(({ epoch }) => epoch))], [2, 1])
  const [newest] = decisions
  const { number, sequence, atMs } = blocksOf(world, 0).find((block) => block.sequence === newest?.sequence)!
  assert.deepEqual([newest?.block, newest?.atMs], [number, atMs], `of the block at ${sequence}`)
  const sent = newest?.sent.map(({ destination, message }) => [destination, message.type, "name" in message && message.name])
  assert.deepEqual(sent, [["events:0", "event", "Deposited"]])
  for (const limit of [1, 7, 59, 60, 100])
    assert.deepEqual(await inPages(operator, { service: "account", key: "a" }, limit), decisions)
})

test("the history of a saga says what came, what it sent, which timers it set and how it ended", async (t) => {
  const world = newWorld()
  const process = await startInMemory(bank, world)
  t.after(() => process.kill())
  await askInMemory(bank, world, account.deposit("a", { amount: 50 }))
  const moved = await askInMemory(bank, world, transfer.start("t", { from: "a", to: "b", amount: 20 }), "start t")
  assert.equal(moved.type, "done")
  await process.until(() => process.engine.isIdle())
  const { decisions } = await operateInMemory(bank, world).history({ service: "transfer", key: "t" })
  const [end, taken, start] = decisions
  assert.deepEqual([decisions.length, start?.record?.id], [3, "start t"])
  assert.deepEqual([taken, end].map((one) => [one?.record?.type, one?.record?.outcome]), [["reply", "done"], ["reply", "done"]])
  const commands = ({ sent }: PastDecision) => sent.flatMap(({ message }) => (message.type === "command" ? [message] : []))
  assert.deepEqual(commands(start!).map(({ name, effect }) => [name, effect === taken?.record?.id]), [["withdraw", true]])
  assert.deepEqual(commands(taken!).map(({ name, effect }) => [name, effect === end?.record?.id]), [["deposit", true]])
  assert.deepEqual(start?.timers.map(({ type }) => type), ["set"])
  assert.ok(taken?.timers.some(({ type }) => type === "clear"))
  assert.match(JSON.stringify(start?.state), /"amount":20/)
})

test("where older blocks are gone, the history says since when it is kept, and is no error", async (t) => {
  const world = newWorld()
  const shape = app("bank", { ...options, services: [account, audit], history: "none" })
  const process = await startInMemory(shape, world)
  t.after(() => process.kill())
  await deposits(world, 0, 100, shape)
  const operator = operateInMemory(shape, world)
  const [first] = blocksOf(world, 0)
  assert.ok((first?.number ?? 0) > 0)
  const { decisions, ...end } = await operator.history({ service: "account", key: "a" })
  assert.ok(decisions.length > 0 && decisions.length < 100)
  assert.equal(decisions[0]?.record?.id, "d99")
  assert.deepEqual(end, { endsHere: true, sinceMs: first?.atMs })
  const stranger = await operator.history({ service: "account", key: "nobody" })
  assert.deepEqual(stranger, { decisions: [], endsHere: true, sinceMs: first?.atMs }, "it may have been somebody once")
})

test("a key is told from the same key of another service, from a part of another key, and whatever it looks like", async (t) => {
  const world = newWorld()
  const process = await startInMemory(bank, world)
  t.after(() => process.kill())
  const keys = ["k", "kk", `k"key":"k"`, "ключ/🔑", "of-k"]
  for (const key of keys) await askInMemory(bank, world, account.deposit(key, { amount: 1 }), `to ${key}`)
  await process.until(() => process.engine.isIdle())
  const operator = operateInMemory(bank, world)
  for (const key of keys) {
    const { decisions } = await operator.history({ service: "account", key })
    assert.deepEqual(decisions.map(recordText), [`command deposit to ${key}`])
  }
  const { decisions } = await operator.history({ service: "audit", key: "of-k" })
  const told = decisions.map(({ record, state }) => [record?.type, record?.name, state])
  assert.deepEqual(told, [["event", "Deposited", { deposits: 1 }]])
})

test("retries, parking and an operator's orders are part of an actor's history", async (t) => {
  const bug = { mended: false }
  const put = effectful(
    async (state: number) => {
      if (!bug.mended) throw new Error("not yet")
      return done(state + 1, state + 1)
    },
    { retry: { times: 1, from: 1, max: 1 } },
  )
  const waiting = service("waiting", { state: () => 0, onPark: "wait" }).command("put", Nothing, put)
  const going = service("going", { state: () => 0 }).command("put", Nothing, put)
  const shape = app("stores", { ...options, services: [waiting, going] })
  const world = newWorld()
  const process = await startInMemory(shape, world)
  t.after(() => process.kill())
  const stuck = askInMemory(shape, world, waiting.put("s", {}), "w1")
  await askInMemory(shape, world, going.put("s", {}), "g1")
  await askInMemory(shape, world, going.put("s", {}), "g2")
  await process.until(() => process.engine.parked().length === 3)
  bug.mended = true
  const operator = operateInMemory(shape, world)
  const author = { by: "ops", why: "mended" }
  await operator.discard({ id: "g2" }, author)
  await operator.redrive({}, author)
  await stuck
  await process.until(() => process.engine.isIdle() && [...process.engine.rows("going")].length === 1)
  const told = async (name: string) =>
    (await operator.history({ service: name, key: "s" })).decisions.toReversed().map((one) => {
      const { parked, unparked, waits, state } = one
      const attempts = waits === undefined ? [] : [`waits after ${waits.attempts}`]
      const set = parked === undefined ? [] : [`parked ${parked.id} ${parked.code}`]
      const orders = unparked.map(({ id, action }) => `${action} ${id}`)
      const what = recordText(one).replace(/ order-\d+/, "")
      return [what, ...attempts, ...set, ...orders, ...(state === undefined ? [] : [`is ${JSON.stringify(state)}`])].join(", ")
    })
  assert.deepEqual(await told("waiting"), [
    "command put w1, waits after 1",
    "command put w1, waits after 2, parked w1 HANDLER_THREW",
    "command redrive, redrive w1",
    "command put w1, is 1",
  ])
  assert.deepEqual(await told("going"), [
    "command put g1, waits after 1",
    "command put g1, parked g1 HANDLER_THREW",
    "command put g2, waits after 1",
    "command put g2, parked g2 HANDLER_THREW",
    "command discard, discard g2",
    "command redrive, redrive g1",
    "command put g1, is 1",
  ])
})

test("a saga whose retention has passed shows that compaction forgot it: its state is gone, by no record", async (t) => {
  const world = newWorld()
  const brief = saga("brief", { input: Nothing, version: 1, keep: 0 })
    .step("give", { run: () => account.deposit("a", { amount: 1 }), undo: "nothing" })
  const shape = app("bank", { ...options, services: [account, brief] })
  const process = await startInMemory(shape, world)
  t.after(() => process.kill())
  await askInMemory(shape, world, brief.start("first", {}))
  const isThere = () => [...process.engine.rows("brief")].some(([key]) => key === "first")
  for (let n = 0; isThere(); n += 1) await askInMemory(shape, world, brief.start(`s${n}`, {}))
  await process.until(() => process.engine.isIdle())
  const { decisions } = await operateInMemory(shape, world).history({ service: "brief", key: "first" })
  const told = decisions.map(({ record, gone }) => [record?.type, gone])
  assert.deepEqual(told, [[undefined, true], ["reply", undefined], ["command", undefined]])
})

test("a journal that goes on where those of another number of partitions ended says that history begins there", async () => {
  const { journal } = newWorld()
  const moved = new NewJournal(journal, { app: "bank", index: 0, incarnation: "moved" }, 1_234)
  const row = { ...emptyRow(), state: { balance: 7 } }
  const write = Effect.gen(function* () {
    for (const entry of carriedRow("account/a", row)) yield* moved.write(entry)
    yield* moved.finish({ low: [], decided: [], last: [] }, true)
  })
  await Effect.runPromise(write)
  const operator = operateInMemory(bank, { ...newWorld(), journal })
  assert.deepEqual(await operator.history({ service: "account", key: "a" }), { decisions: [], endsHere: true, sinceMs: 1_234 })
})

test("a page has a bounded number of decisions, and an actor of an app that never ran has no history", async () => {
  const operator = operateInMemory(bank, newWorld())
  for (const limit of [0, 1.5, limits.historyPageMax + 1])
    await assert.rejects(operator.history({ service: "account", key: "a" }, { limit }), InvalidInput)
  assert.deepEqual(await operator.history({ service: "account", key: "a" }), { decisions: [] })
})
