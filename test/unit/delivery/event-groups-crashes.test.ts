// Consumer groups while owners come and go, journals are compacted, and records wait parked.
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Effect from "effect/Effect"
import { type Move, owedOutside, surveyAll } from "../../../runtime/delivery/moving.ts"
import { type App, app, done, service } from "../../../runtime/index.ts"
import { memoryJournal } from "../../../runtime/memory/journal.ts"
import { fnv1a32 } from "../../../runtime/message/hash.ts"
import { type MemoryProcess, newWorld, operateInMemory, startInMemory, type World } from "../../../runtime/testing/index.ts"
import { keeper, publish, range, type Seen, Sold } from "../../support/facts.ts"

const author = { by: "ops", why: "a test" }
const shops = ["north", "south", "east", "west"]

function shopOf(...services: Parameters<typeof app>[1]["services"]): App {
  return app("shop", { namespace: "test", partitions: 3, services, compactionBytesMin: 2048 })
}

const seenBy = ({ engine }: MemoryProcess, name: string): readonly (readonly number[])[] =>
  shops.map((key) => (engine.row({ service: name, key })?.state as Seen | undefined)?.seen ?? []) // cast: the keeper's state
const countOf = (process: MemoryProcess, name: string) => seenBy(process, name).flat().length

function publishAll(world: World, from: number, to: number): void {
  for (const n of range(from, to)) for (const shop of shops) publish(world, 3, shop, n)
}

/** One process of the app, until the predicate holds; then it ends at once. */
async function live(world: World, shop: App, holds: (process: MemoryProcess) => boolean): Promise<void> {
  const process = await startInMemory(shop, world)
  await process.until(() => holds(process))
  await process.kill()
}

test("R22: owners that die again and again, and compaction, while services catch up: each event once, in order", async () => {
  for (const seed of range(1, 6)) {
    const world = newWorld()
    publishAll(world, 1, 20)
    await live(world, shopOf(keeper("old")), (process) => countOf(process, "old") === 80)
    const all = shopOf(keeper("old"), keeper("new"), keeper("newer", { since: 11 }))
    for (const life of range(1, 6)) {
      publishAll(world, 20 + life, 20 + life)
      const blocks = 1 + (fnv1a32(`${seed} ${life}`) % 9)
      await live(world, all, (process) => process.blocks.length >= blocks)
    }
    const process = await startInMemory(all, world)
    await process.until(() => countOf(process, "old") >= 104 && countOf(process, "new") >= 104 && countOf(process, "newer") >= 64)
    const whole = shops.map(() => range(1, 26))
    assert.deepEqual([seenBy(process, "old"), seenBy(process, "new")], [whole, whole], `seed ${seed}`)
    assert.deepEqual(seenBy(process, "newer"), shops.map(() => range(11, 26)), `seed ${seed}`)
    await process.kill()
  }
})

test("R23: what was parked before a reset can still be redriven, beside what the reset delivers again", async (t) => {
  const world = newWorld()
  const bug = { mended: false }
  const picky = service("picky", { state: (): Seen => ({ seen: [] }) }).on(
    Sold,
    ({ shop }) => shop,
    ({ seen }, { n }) => {
      if (n === 3 && !bug.mended) throw new Error("not three")
      return done({ seen: [...seen, n] }, null)
    },
  )
  const process = await startInMemory(shopOf(picky), world)
  t.after(() => process.kill())
  for (const n of range(1, 5)) publish(world, 3, "north", n)
  await process.until(() => process.engine.parked().length === 1 && countOf(process, "picky") === 4)
  const operator = operateInMemory(shopOf(picky), world)
  await operator.reset({ service: "picky", mode: "reprocess" }, author)
  await process.until(() => process.engine.parked().length === 2 && countOf(process, "picky") === 8)
  const ids = (await operator.list()).map(({ id }) => id)
  assert.deepEqual(ids, ["till/north-3 picky/north", "till/north-3 picky/north .2"])
  bug.mended = true
  assert.equal(await operator.redrive({ service: "picky" }, author), 2)
  await process.until(() => countOf(process, "picky") === 10)
  assert.deepEqual(seenBy(process, "picky")[0]?.slice(8), [3, 3])
})

test("R16: partitions are not moved while a service catches up or is rebuilt; what it has is moved", async () => {
  const world = newWorld()
  publishAll(world, 1, 5)
  const process = await startInMemory(shopOf(keeper("a")), world)
  await process.until(() => countOf(process, "a") === 20 && process.engine.isIdle())
  await Effect.runPromise(process.engine.drain())
  await process.kill()
  const { journal, streams: inputs } = world
  const shape = shopOf(keeper("a")).shape
  const newIncarnation = () => `journal-${world.next()}`
  const move: Move = { app: shape, from: 3, to: 5, journal, newJournal: memoryJournal(), inputs, nowMs: 0, newIncarnation }
  const surveys = await Effect.runPromise(surveyAll(move))
  assert.deepEqual(await Effect.runPromise(owedOutside(move, surveys)), [])
  surveys[1]?.subscriptions.set("a", { stream: "memory", generation: 2, catchUp: { after: 0 } })
  surveys[2]?.subscriptions.set("a", { stream: "memory", generation: 1, rebuild: { generation: 2, phase: "paused" } })
  assert.deepEqual(await Effect.runPromise(owedOutside(move, surveys)), [
    "partition 1 has service a catching up", "partition 2 has service a rebuilding",
  ])
})
