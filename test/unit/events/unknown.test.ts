// Scenario 21: a message for a service, a command or a saga that is not there, or has ended, is parked, refused, answered
// or dropped for all to see. It is never lost in silence.
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Schema from "effect/Schema"
import { app, done, service } from "../../../runtime/index.ts"
import { partitionOf } from "../../../runtime/message/key.ts"
import type { ReplyMessage } from "../../../runtime/message/message.ts"
import { encodeFrame, peerHeader, peerMarkText } from "../../../runtime/message/peer.ts"
import { askInMemory, newWorld, startInMemory } from "../../../runtime/testing/index.ts"
import { saga } from "../../../sagas/index.ts"

const Nothing = Schema.toStandardSchemaV1(Schema.Struct({}))
const pen = service("pen", { state: () => 0 }).command("write", Nothing, (state) => done(state + 1, null))
const letter = saga("letter", { input: Nothing, version: 1 }).step("write", { run: () => pen.write("p", {}), pivot: true })
const shape = app("desk", { namespace: "test", partitions: 2, services: [pen, letter] })

test("21: a command for a service or a command that is not there is parked with its body, and its sender is told", async (t) => {
  const world = newWorld()
  const process = await startInMemory(shape, world)
  t.after(() => process.kill())
  const codes: unknown[] = []
  for (const [service, name] of [["pencil", "write"], ["pen", "draw"], ["letter", "burn"]] as const) {
    const outcome = await askInMemory(shape, world, { service, key: "a", name, payload: { n: 1 } })
    codes.push(outcome.type === "faulted" ? outcome.code : outcome)
  }
  assert.deepEqual(codes, ["NO_SUCH_SERVICE", "UNKNOWN_COMMAND", "UNKNOWN_COMMAND"])
  const bodies = process.engine.parked().map(({ record }) => record?.type === "command" && record.payload)
  assert.deepEqual(bodies, [{ n: 1 }, { n: 1 }, { n: 1 }])
})

test("21: a saga that was never started refuses to resume; one that has ended answers who starts it again", async (t) => {
  const world = newWorld()
  const process = await startInMemory(shape, world)
  t.after(() => process.kill())
  const unknown = await askInMemory(shape, world, letter.resume("nobody"))
  assert.deepEqual(unknown, { type: "refused", code: "not-started", detail: "it was never started" })
  const first = await askInMemory(shape, world, letter.start("l-1", {}))
  assert.deepEqual(await askInMemory(shape, world, letter.start("l-1", {})), first)
  assert.deepEqual(process.engine.row({ service: "pen", key: "p" })?.state, 1)
})

test("21: a reply for a saga that has ended, or that nobody knows, changes nothing, and is counted and told", async (t) => {
  const world = newWorld()
  const process = await startInMemory(shape, world)
  t.after(() => process.kill())
  await askInMemory(shape, world, letter.start("l-1", {}))
  const state = process.engine.row({ service: "letter", key: "l-1" })?.state
  for (const [n, key] of ["l-1", "nobody"].entries()) {
    const reply: ReplyMessage = {
      type: "reply", to: { service: "letter", key }, effect: `letter/${key}:9:1`, outcome: { type: "done", value: null },
    }
    const partition = partitionOf(key, 2)
    const from = { app: "desk", partition, lane: "replies" as const, incarnation: "elsewhere", source: n }
    const frame = { ...from, first: 1, messages: [reply] }
    world.streams.store("replies", partition, encodeFrame([reply]), { [peerHeader]: peerMarkText(frame) })
  }
  const dropped = () => process.blocks.flatMap((block) => block.dropped)
  await process.until(() => dropped().length === 2)
  assert.deepEqual(new Map(dropped().map(({ row, code }) => [row, code])), new Map([
    ["letter/nobody", "NO_SUCH_SAGA"],
    ["letter/l-1", "SAGA_ENDED"],
  ]))
  assert.deepEqual(process.engine.row({ service: "letter", key: "l-1" })?.state, state)
  assert.equal(process.engine.row({ service: "letter", key: "nobody" }), undefined)
  assert.equal(process.engine.metrics().counts.reduce((sum, count) => sum + count.dropped, 0), 2)
})
