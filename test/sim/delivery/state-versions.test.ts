// A service whose state has changed its shape: stored rows are brought up to date when they are loaded.
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Schema from "effect/Schema"
import { app, type App, done, type Json, service } from "../../../runtime/index.ts"
import { limits } from "../../../runtime/kernel/limits.ts"
import { query } from "../../../runtime/message/contract.ts"
import { askInMemory, newWorld, operateInMemory, startInMemory, type World } from "../../../runtime/testing/index.ts"
import { virtualClock } from "../../../runtime/testing/virtual-clock.ts"

const Amount = Schema.toStandardSchemaV1(Schema.Struct({ by: Schema.Int }))

interface Total {
  readonly total: { readonly count: number }
}

const counter1 = service("counter", { state: () => 0 }).command("add", Amount, (count, { by }) => done(count + by, count + by))
const counter2 = service("counter", {
  state: (): Total => ({ total: { count: 0 } }),
  version: 3,
  migrate: { 1: (count) => ({ count }), 2: (old) => ({ total: old }) },
}).command("add", Amount, ({ total }, { by }) => done({ total: { count: total.count + by } }, total.count + by))
const other = service("other", { state: () => 0 }).command("add", Amount, (count, { by }) => done(count + by, count + by))

const release = (counter: typeof counter1 | typeof counter2): App =>
  app("counters", { namespace: "test", partitions: 1, services: [counter, other], compactionBytesMin: 4096 })
const before = release(counter1)
const after = release(counter2)

async function countedByLastRelease(): Promise<World> {
  const world = newWorld()
  const process = await startInMemory(before, world)
  await askInMemory(before, world, counter1.add("a", { by: 3 }))
  await askInMemory(before, world, counter1.add("b", { by: 5 }))
  await process.kill()
  return world
}

test("a state of an older version is migrated for handlers and for questions, and stored with its next change", async () => {
  const world = await countedByLastRelease()
  const process = await startInMemory(after, world)
  assert.deepEqual(await askInMemory(after, world, query("counter", "a")), { type: "done", value: { total: { count: 3 } } })
  assert.deepEqual(await askInMemory(after, world, counter2.add("a", { by: 4 })), { type: "done", value: 7 })
  const stored = (key: string) => {
    const { state, stateVersion } = process.engine.row({ service: "counter", key }) ?? {}
    return [state, stateVersion]
  }
  assert.deepEqual(stored("a"), [{ total: { count: 7 } }, 3])
  assert.deepEqual(stored("b"), [5, undefined], "what nothing changes stays as it was")
  await process.kill()
  const next = await startInMemory(after, world)
  assert.deepEqual(await askInMemory(after, world, counter2.add("a", { by: 1 })), { type: "done", value: 8 })
  assert.deepEqual(await askInMemory(after, world, counter2.add("b", { by: 1 })), { type: "done", value: 6 })
  await next.kill()
})

test("compaction keeps the version of each state", async () => {
  const world = await countedByLastRelease()
  const process = await startInMemory(after, world)
  await askInMemory(after, world, counter2.add("a", { by: 1 }))
  const old = world.journal.records(0)[0]
  for (let n = 0; world.journal.records(0)[0] === old; n += 1)
    await askInMemory(after, world, other.add(`k${n % 3}`, { by: 1 }), `effect-${n}`)
  await process.kill()
  const next = await startInMemory(after, world)
  assert.deepEqual(await askInMemory(after, world, counter2.add("a", { by: 0 })), { type: "done", value: 4 })
  assert.deepEqual(await askInMemory(after, world, counter2.add("b", { by: 0 })), { type: "done", value: 5 })
  await next.kill()
})

test("a migration that throws parks the record and leaves the state; a release that mends it redrives", async () => {
  const world = await countedByLastRelease()
  const fragile = service("counter", {
    state: (): Total => ({ total: { count: 0 } }),
    version: 2,
    migrate: {
      1: (): Json => {
        throw new RangeError("no way")
      },
    },
  }).command("add", Amount, (state, { by }) => done(state, by))
  const broken = app("counters", { namespace: "test", partitions: 1, services: [fragile, other] })
  const process = await startInMemory(broken, world)
  const outcome = await askInMemory(broken, world, fragile.add("a", { by: 1 }))
  assert.equal(outcome.type === "faulted" && outcome.code, "UPCAST_FAILED")
  const why = process.engine.parked()[0]?.message ?? ""
  assert.match(why, /the state of counter\/a: the step from version 1 to 2 threw \(no way\)/)
  assert.deepEqual(await askInMemory(broken, world, other.add("a", { by: 1 })), { type: "done", value: 1 })
  await process.kill()
  const next = await startInMemory(after, world)
  await operateInMemory(after, world).redrive({ code: "UPCAST_FAILED" }, { by: "ops", why: "mended" })
  await next.until(() => JSON.stringify(next.engine.row({ service: "counter", key: "a" })?.state) === '{"total":{"count":4}}')
  assert.deepEqual(next.engine.parked(), [])
  await next.kill()
})

test("R17: a partition with states of a newer version is left to a member of the release that wrote them", async () => {
  const world = await countedByLastRelease()
  const { clock, pass } = await virtualClock()
  const newer = await startInMemory(after, world, { clock })
  const added = askInMemory(after, world, counter2.add("a", { by: 1 }))
  await pass(limits.memberBeatMs)
  assert.deepEqual(await added, { type: "done", value: 4 })
  await newer.kill()
  const older = await startInMemory(before, world, { clock })
  assert.deepEqual(older.engine.owned(), [])
  assert.match(older.engine.health().reasons.join(), /holds states of counter in version 3, and this release reads up to 1/)
  const next = await startInMemory(after, world, { clock })
  await pass(4 * limits.memberBeatMs)
  assert.deepEqual(next.engine.owned(), [0])
  const counted = askInMemory(after, world, counter2.add("a", { by: 1 }))
  await pass(limits.memberBeatMs)
  assert.deepEqual(await counted, { type: "done", value: 5 })
  await older.kill()
  await next.kill()
})
