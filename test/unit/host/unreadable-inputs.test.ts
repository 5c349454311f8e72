// An input stream that is deleted under a running process: it says so, waits without writing anything, and goes on by itself
// when the stream is there again. The clock is virtual.
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Effect from "effect/Effect"
import { limits } from "../../../runtime/kernel/limits.ts"
import { type Inputs, InputUnavailable } from "../../../runtime/ports/inputs.ts"
import { virtualClock } from "../../../runtime/testing/virtual-clock.ts"
import { askInMemory, newWorld, type World } from "../../../runtime/testing/index.ts"
import { account, bank } from "../../support/bank.ts"
import { startVirtual } from "../../support/virtual-process.ts"

const all = [0, 1, 2, 3, 4, 5, 6, 7]
const blocksIn = (world: World) => all.map((partition) => world.journal.records(partition).length)

/** Streams of which the one with the input can be missing. */
function losable(world: World) {
  let isMissing = false
  let looks = 0
  const missing = Effect.fail(new InputUnavailable("input TEST_IN cannot be read (stream not found); it is opened again later"))
  const inputs: Inputs = {
    ...world.streams,
    stream: (source) =>
      Effect.suspend(() => {
        if (source !== "external" || !isMissing) return world.streams.stream(source)
        looks += 1
        return missing
      }),
  }
  return {
    inputs,
    looks: () => looks,
    lose() {
      isMissing = true
      world.streams.recreate("external")
    },
    make: () => void (isMissing = false),
  }
}

test("R14: a deleted input is told once, makes the process unready and writes nothing; made anew, it is read again", async () => {
  const world = newWorld()
  const { clock, pass } = await virtualClock()
  const { inputs, looks, lose, make } = losable(world)
  const process = startVirtual(world, clock, { ports: { inputs } })
  const engine = await process.engine
  assert.deepEqual(await askInMemory(bank, world, account.deposit("a", { amount: 1 })), { type: "done", value: 1 })
  await pass(2 * limits.memberBeatMs)
  const before = blocksIn(world)
  lose()
  await pass(60_000, 250)
  assert.deepEqual(blocksIn(world), before, "no epoch was claimed")
  assert.deepEqual(process.told.toSorted(), all.map((partition) => `interrupted ${partition} INPUT_UNAVAILABLE`))
  assert.ok(looks() <= all.length * (4 + 60_000 / limits.inputRetryMaxMs), `it was looked for ${looks()} times`)
  const { ready, live, reasons, partitions } = engine.health()
  assert.deepEqual([ready, live], [false, true])
  assert.deepEqual(reasons, [
    "partitions 0, 1, 2, 3, 4, 5, 6, 7 are not run while their input cannot be read: " +
      "input TEST_IN cannot be read (stream not found); it is opened again later",
  ])
  assert.deepEqual(new Set(partitions.map(({ state, code }) => `${state} ${code}`)), new Set(["claiming INPUT_UNAVAILABLE"]))
  make()
  await pass(limits.inputRetryMaxMs + limits.memberBeatMs)
  assert.deepEqual([engine.health().ready, engine.health().reasons, engine.owned()], [true, [], all])
  assert.deepEqual(await askInMemory(bank, world, account.deposit("a", { amount: 1 })), { type: "done", value: 2 })
  await process.stop()
})

test("an input that cannot be opened is claimed for less and less often, and is news again after a time of peace", async () => {
  const world = newWorld()
  const { clock, pass } = await virtualClock()
  let isClosed = true
  const open: Inputs["open"] = (source, partition, from) =>
    Effect.suspend(() =>
      isClosed && partition === 0
        ? Effect.fail(new InputUnavailable("no reader can be made; it is opened again later"))
        : world.streams.open(source, partition, from),
    )
  const process = startVirtual(world, clock, { ports: { inputs: { ...world.streams, open } } })
  const engine = await process.engine
  await pass(60_000, 250)
  const claims = world.journal.records(0).length
  assert.ok(claims <= 4 + 60_000 / limits.inputRetryMaxMs, `it was claimed ${claims} times`)
  assert.equal(engine.health().ready, true, "the other partitions are run")
  assert.match(engine.health().reasons.join(), /partitions 0 are not run while their input cannot be read/)
  isClosed = false
  await pass(2 * limits.inputRetryMaxMs + limits.memberBeatMs)
  assert.deepEqual(engine.owned(), all)
  assert.deepEqual(process.told, ["interrupted 0 INPUT_UNAVAILABLE"])
  world.streams.recreate("external")
  await pass(limits.memberBeatMs)
  assert.equal(process.told.filter((line) => line.includes(" 0 ")).length, 2)
  await process.stop()
})
