// Reactions that are to be handled at most once: what fails, or is cut short, is dropped for all to see, and never repeated.
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Schema from "effect/Schema"
import { app, type DeliveryChoice, done, effectful, event, InvalidInput, service } from "../../../runtime/index.ts"
import { newWorld, publishInMemory, startInMemory } from "../../../runtime/testing/index.ts"

const Text = Schema.toStandardSchemaV1(Schema.Struct({ text: Schema.String }))
const Said = event("Said", Text)

function pager(delivery: DeliveryChoice) {
  const rung: string[] = []
  let hold = Promise.resolve()
  let begin: () => void = () => undefined
  const began = new Promise<void>((resolve) => (begin = resolve))
  const alarm = service("alarm", { state: () => 0 }).on(
    Said,
    () => "bell",
    effectful(
      async (state, { text }, { attempt }) => {
        rung.push(`${text} ${attempt}`)
        begin()
        await hold
        if (text === "bad") throw new Error("the bell is broken")
        return done(state + 1)
      },
      { retry: { times: 2, from: "1 millis" } },
    ),
    { delivery },
  )
  const counter = service("counter", { state: () => 0 }).on(
    Said,
    () => "all",
    (state, { text }) => {
      if (text === "bad") throw new Error("cannot count that")
      return done(state + 1)
    },
    { delivery },
  )
  const shape = app("pager", { namespace: "test", partitions: 1, services: [alarm, counter] })
  const world = newWorld()
  const say = (text: string, id = text) => publishInMemory(shape, world, Said({ text }), { id, key: "k" })
  const stall = () => void (hold = new Promise(() => undefined))
  const go = () => void (hold = Promise.resolve())
  return { rung, began, shape, world, say, stall, go }
}

type Process = Awaited<ReturnType<typeof startInMemory>>
const dropped = (process: Process) => process.blocks.flatMap((block) => block.dropped)
const byText = (a: string, b: string) => (a < b ? -1 : 1)
const rowOf = (process: Process, service: string, key: string) => process.engine.row({ service, key })?.state

test("at most once: what fails is not tried again and not parked: it is dropped, counted and told", async (t) => {
  const { rung, shape, world, say } = pager("at most once")
  const process = await startInMemory(shape, world)
  t.after(() => process.kill())
  await say("bad")
  await say("good")
  await process.until(() => rowOf(process, "alarm", "bell") === 1 && rowOf(process, "counter", "all") === 1)
  assert.deepEqual(rung, ["bad 1", "good 1"])
  assert.deepEqual(
    dropped(process).map(({ id, row, code, message }) => [id, row, code, message].join("; ")).toSorted(byText),
    [
      "pager/client/bad alarm/bell; alarm/bell; HANDLER_THREW; the bell is broken",
      "pager/client/bad counter/all; counter/all; HANDLER_THREW; cannot count that",
    ],
  )
  assert.deepEqual([process.engine.parked(), process.engine.metrics().counts[0]?.dropped], [[], 2])
})

test("at most once: a handling that a crash cut short is not begun again, and the actor goes on", async (t) => {
  const { rung, began, shape, world, say, stall, go } = pager("at most once")
  const first = await startInMemory(shape, world)
  stall()
  await say("first")
  await began
  await say("second")
  await first.kill()
  go()
  const second = await startInMemory(shape, world)
  t.after(() => second.kill())
  await second.until(() => rowOf(second, "alarm", "bell") === 1)
  assert.deepEqual(rung, ["first 1", "second 1"])
  assert.deepEqual(
    dropped(second).map(({ id, code }) => [id, code]),
    [["pager/client/first alarm/bell", "CUT_SHORT"]],
  )
})

test("at most once: the publisher's repetition of what was dropped is not handled either", async (t) => {
  const { rung, shape, world, say } = pager("at most once")
  const process = await startInMemory(shape, world)
  t.after(() => process.kill())
  await say("bad")
  await process.until(() => dropped(process).length === 2)
  await say("bad")
  await say("good")
  await process.until(() => rowOf(process, "alarm", "bell") === 1)
  assert.deepEqual(rung, ["bad 1", "good 1"])
})

test("exactly once, the default: what fails is tried again and then parked; what a crash cut short is begun again", async (t) => {
  const { rung, began, shape, world, say, stall, go } = pager("exactly once")
  const first = await startInMemory(shape, world)
  stall()
  await say("first")
  await began
  await first.kill()
  go()
  const second = await startInMemory(shape, world)
  t.after(() => second.kill())
  await say("bad")
  await second.until(() => second.engine.parked().length === 2)
  assert.deepEqual(rung, ["first 1", "first 1", "bad 1", "bad 2", "bad 3"])
  assert.deepEqual([rowOf(second, "alarm", "bell"), dropped(second)], [1, []])
})

test("a choice of delivery that there is not is refused where it is written", () => {
  const delivery = "at least once" as "exactly once" // cast: what the compiler refuses is refused without it too
  const build = () => service("x", { state: () => 0 }).on(Said, () => "k", (state) => done(state), { delivery })
  assert.throws(build, InvalidInput)
})
