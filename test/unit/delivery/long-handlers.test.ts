// Handlers that take long: signs of life, progress that survives, and cancelling. The clock is virtual.
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Schema from "effect/Schema"
import {
  app, cancelHandling, done, effectful, type EffectfulOptions, InvalidInput, type IoContext, type Json, refused,
  type Result, service,
} from "../../../runtime/index.ts"
import { limits } from "../../../runtime/kernel/limits.ts"
import { askInMemory, newWorld, operateInMemory, startInMemory, virtualClock } from "../../../runtime/testing/index.ts"
import { saga } from "../../../sagas/index.ts"

const Video = Schema.toStandardSchemaV1(Schema.Struct({ frames: Schema.Int }))
type Work = (frames: number, context: IoContext) => Promise<Result<{ coded: number }, Json>>

async function studio(work: Work, options: EffectfulOptions = {}) {
  const { clock, pass } = await virtualClock()
  const undone: number[] = []
  const coder = service("coder", { state: () => ({ coded: 0 }), concurrency: 2 })
    .command("code", Video, effectful((_, { frames }, context) => work(frames, context), options))
    .undo("uncode", "code", (state, { frames }) => {
      undone.push(frames)
      return done(state, null)
    })
  const film = saga("film", { input: Video, version: 1 }).step("code", {
    run: ({ input }) => coder.code("a", input),
    undo: () => coder.uncode("a"),
    retry: { times: 1, from: 100 },
    timeout: "10 hours",
  })
  const shape = app("studio", { namespace: "test", partitions: 1, services: [coder, film] })
  const world = newWorld()
  return {
    pass, undone, coder, film,
    start: () => startInMemory(shape, world, { clock }),
    operator: operateInMemory(shape, world),
    ask: (command: Parameters<typeof askInMemory>[2], effect?: string) => askInMemory(shape, world, command, effect),
  }
}

const coded = (frames: number) => done({ coded: frames }, frames)
const never = () => new Promise<never>(() => undefined)

/** Rejects, or gives what `then` gives, when the signal is aborted. */
const aborted = <Value>(signal: AbortSignal, then?: () => Value) =>
  new Promise<Value>((resolve, reject) => {
    signal.addEventListener("abort", () => (then === undefined ? reject(new Error("aborted")) : resolve(then())))
  })

test("a handler that is silent for longer than it promised fails long before its time is over", async (t) => {
  const attempts: (readonly [attempt: number, reason: unknown])[] = []
  const work: Work = async (frames, { attempt, heartbeat, signal }) => {
    if (attempt > 1) return coded(frames)
    signal.addEventListener("abort", () => attempts.push([attempt, signal.aborted]))
    heartbeat()
    return never()
  }
  const { pass, coder, start, ask } = await studio(work, { timeout: "1 hour", heartbeat: "30 seconds" })
  const process = await start()
  t.after(() => process.kill())
  const outcome = ask(coder.code("a", { frames: 5 }))
  await pass(29_000, 500)
  assert.deepEqual(attempts, [])
  await pass(3_000, 100)
  assert.deepEqual(attempts, [[1, true]])
  assert.deepEqual(await outcome, { type: "done", value: 5 })
})

test("one that beats may take its whole time, and is not failed by its silence after its end", async (t) => {
  let calls = 0
  let beat: () => void = () => undefined
  let finish: () => void = () => undefined
  const work: Work = async (frames, { heartbeat }) => {
    calls += 1
    beat = heartbeat
    await new Promise<void>((resolve) => (finish = resolve))
    return coded(frames)
  }
  const { pass, coder, start, ask } = await studio(work, { timeout: "1 hour", heartbeat: "2 seconds" })
  const process = await start()
  t.after(() => process.kill())
  const outcome = ask(coder.code("a", { frames: 5 }))
  for (let n = 0; n < 30; n += 1) {
    await pass(1_500, 500)
    beat()
  }
  finish()
  await pass(5_000, 500)
  assert.deepEqual([await outcome, calls], [{ type: "done", value: 5 }, 1])
})

test("the last progress is journaled now and then only; the next attempt gets it, after a failure and a crash", async (t) => {
  const began: (readonly [attempt: number, from: Json | undefined])[] = []
  let beat: (progress: Json) => void = () => undefined
  let fail: (error: Error) => void = () => undefined
  const work: Work = async (_, { attempt, lastProgress, heartbeat }) => {
    began.push([attempt, lastProgress])
    beat = heartbeat
    return new Promise((_resolve, reject) => (fail = reject))
  }
  const { pass, coder, start, ask, operator } = await studio(work, { timeout: "1 hour", retry: { from: 100 } })
  const first = await start()
  void ask(coder.code("a", { frames: 9 }))
  await pass(200)
  const blocks = first.blocks.length
  for (let n = 1; n <= 40; n += 1) {
    beat({ frame: n })
    await pass(50)
  }
  assert.ok(first.blocks.length - blocks <= 4, `${first.blocks.length - blocks} blocks in 2 s for 40 signs of progress`)
  const shown = operator.handlings({ service: "coder" })
  await pass(100)
  const [handling] = await shown
  assert.partialDeepStrictEqual(handling, { key: "a", name: "code", attempt: 1, progress: { frame: 40 }, behind: 0 })
  fail(new Error("the disk is full"))
  await pass(500)
  beat({ frame: 50 })
  await pass(100)
  await first.kill()
  const second = await start()
  t.after(() => second.kill())
  await pass(7_000, 100)
  assert.deepEqual(began, [[1, undefined], [2, { frame: 40 }], [2, { frame: 50 }]])
})

test("a handler that is cancelled is told by its signal, and says itself what came of it", async (t) => {
  const work: Work = (frames, { signal }) => aborted(signal, () => (frames > 5 ? refused("stopped") : coded(frames)))
  const { pass, coder, start, ask } = await studio(work)
  const process = await start()
  t.after(() => process.kill())
  const outcomes = [ask(coder.code("a", { frames: 9 }), "nine"), ask(coder.code("b", { frames: 3 }), "three")]
  await pass(200)
  const cancelling = ["a nine", "b three", "a other"].map((text) => {
    const [key = "", effect = ""] = text.split(" ")
    return ask(cancelHandling("coder", key, effect))
  })
  await pass(200)
  assert.deepEqual((await Promise.all(cancelling)).map((answer) => answer.type === "done" && answer.value), [true, true, false])
  assert.deepEqual(await Promise.all(outcomes), [
    { type: "refused", code: "stopped", detail: null },
    { type: "done", value: 3 },
  ])
})

test("one that throws when it is cancelled, or does not end, is faulted for good: it is not tried again", async (t) => {
  let calls = 0
  const work: Work = (frames, { signal }) => {
    calls += 1
    return frames > 5 ? aborted(signal) : never()
  }
  const { pass, coder, start, ask } = await studio(work)
  const process = await start()
  t.after(() => process.kill())
  const outcomes = [ask(coder.code("a", { frames: 9 }), "nine"), ask(coder.code("b", { frames: 3 }), "three")]
  await pass(200)
  void ask(cancelHandling("coder", "a", "nine"))
  void ask(cancelHandling("coder", "b", "three"))
  await pass(limits.cancelGraceMs + 500, 100)
  for (const outcome of await Promise.all(outcomes))
    assert.partialDeepStrictEqual(outcome, { type: "faulted", code: "CANCELLED" })
  const again = ask(coder.code("a", { frames: 9 }), "nine")
  await pass(60_000, 1_000)
  assert.partialDeepStrictEqual(await again, { type: "faulted", code: "CANCELLED" })
  assert.equal(calls, 2)
})

test("a command that waits is refused when it is cancelled, and never handled, also by another owner", async (t) => {
  const calls: number[] = []
  let finish: () => void = () => undefined
  const work: Work = async (frames) => {
    calls.push(frames)
    if (frames <= 2) await new Promise<void>((resolve) => (finish = resolve))
    return coded(frames)
  }
  const { pass, coder, start, ask } = await studio(work, { timeout: "1 hour" })
  const first = await start()
  void ask(coder.code("a", { frames: 1 }), "one")
  void ask(coder.code("b", { frames: 2 }), "two")
  await pass(200)
  const behind = ask(coder.code("a", { frames: 3 }), "three")
  const queued = ask(coder.code("c", { frames: 4 }), "four")
  await pass(200)
  const cancelling = [ask(cancelHandling("coder", "a", "three")), ask(cancelHandling("coder", "c", "four"))]
  await pass(200)
  for (const answer of await Promise.all(cancelling)) assert.deepEqual(answer, { type: "done", value: true })
  assert.deepEqual(await queued, { type: "refused", code: "cancelled", detail: null })
  await first.kill()
  const second = await start()
  t.after(() => second.kill())
  await pass(7_000, 100)
  finish()
  await pass(200)
  const [one] = await Promise.all([ask(cancelHandling("coder", "a", "one")), pass(limits.cancelGraceMs + 500, 100)])
  assert.deepEqual(one, { type: "done", value: true })
  assert.deepEqual(await behind, { type: "refused", code: "cancelled", detail: null })
  assert.ok(!calls.includes(3) && !calls.includes(4), calls.join())
})

test("a saga whose step was cancelled after it may have begun undoes that step too", async (t) => {
  const work: Work = (_, { signal }) => aborted(signal)
  const { pass, film, start, ask, undone, operator } = await studio(work)
  const process = await start()
  t.after(() => process.kill())
  const ended = ask(film.start("f1", { frames: 7 }))
  await pass(500)
  const shown = operator.handlings()
  await pass(100)
  const effect = (await shown).find(({ service: name }) => name === "coder")?.effect ?? ""
  void ask(cancelHandling("coder", "a", effect))
  await pass(5_000, 100)
  assert.deepEqual(undone, [7])
  assert.notEqual((await ended).type, "faulted")
})

test("what cannot be a heartbeat, progress or the name of a step is refused", async (t) => {
  assert.throws(() => effectful(() => done({ coded: 0 }, null), { heartbeat: 0 }), InvalidInput)
  const work: Work = async (frames, { heartbeat, run }) => {
    if (frames === 1) heartbeat("x".repeat(limits.progressBytesMax))
    await run("$progress", () => null)
    return coded(frames)
  }
  const { pass, coder, start, ask } = await studio(work)
  const process = await start()
  t.after(() => process.kill())
  const outcomes = [ask(coder.code("a", { frames: 1 })), ask(coder.code("b", { frames: 2 }))]
  await pass(500)
  for (const outcome of await Promise.all(outcomes))
    assert.partialDeepStrictEqual(outcome, { type: "faulted", code: "HANDLER_DEFECT" })
})
