import assert from "node:assert/strict"
import { test } from "node:test"
import { limits } from "../../../runtime/kernel/limits.ts"
import type { Message } from "../../../runtime/message/message.ts"
import { encodeFrame, encodeWire, readWire, type Wire } from "../../../runtime/nats/lane-wire.ts"
import type { LaneFrame } from "../../../runtime/ports/lanes.ts"

const to = { service: "stock", key: "k" }
const head = { incarnation: "abc", source: 3, destination: 4, lane: "replies" } as const

function command(text: string): Message {
  return { type: "command", to, name: "reserve", payload: text, effect: "e", direction: "do", attempt: 1 }
}

function readFrames(frame: LaneFrame): readonly LaneFrame[] {
  return encodeFrame(frame).map((text) => {
    const wire = readWire(text)
    assert.ok(wire?.type === "frame")
    return wire.frame
  })
}

test("a frame of every type of record that lanes carry is read as it was written", () => {
  const messages: readonly Message[] = [
    command("a \" \\ ü \u2028 \n"),
    { type: "reply", to, effect: "e", outcome: { type: "done", value: [null, 1] } },
    { type: "event", to, name: "Placed", payload: { n: 1 }, id: "i", source: "stock", subject: "k", timeMs: 5, trace: "t" },
    { type: "settled", to, scope: "order/1" },
  ]
  const frame: LaneFrame = { ...head, first: 9, messages }
  const marked: LaneFrame = { ...frame, confirmed: 8, claims: [[8, "before"], [9, "now"]] }
  for (const one of [frame, marked]) assert.deepEqual(readFrames(one), [one])
})

test("a large frame is cut into dense frames below the bound, and records of more than it travel alone", () => {
  const sizes = [100, 300, 200, 600, 1, 1, 511, 1, 900]
  const messages = sizes.map((kib) => command("x".repeat(kib * 1024)))
  const frames = readFrames({ ...head, first: 41, messages })
  assert.deepEqual(frames.flatMap((frame) => frame.messages), messages)
  let next = 41
  for (const frame of frames) {
    assert.equal(frame.first, next)
    next += frame.messages.length
    const bytes = frame.messages.reduce((sum, message) => sum + JSON.stringify(message).length, 0)
    assert.ok(bytes <= limits.frameBytesMax || frame.messages.length === 1, `${bytes} bytes in ${frame.messages.length} records`)
    assert.deepEqual({ ...frame, first: 0, messages: [] }, { ...head, first: 0, messages: [] })
  }
})

test("the bound counts bytes, not characters", () => {
  const messages = [command("ü".repeat(200 * 1024)), command("ü".repeat(200 * 1024))]
  const pieces = encodeFrame({ ...head, first: 1, messages })
  assert.equal(pieces.length, 2)
  for (const piece of pieces) assert.ok(Buffer.byteLength(piece) < limits.frameBytesMax + 1024)
})

test("a frame of nothing is nothing on the wire", () => {
  assert.deepEqual(encodeFrame({ ...head, first: 1, messages: [] }), [])
})

test("confirmations and announcements are read as they were written", () => {
  const wires: readonly Exclude<Wire, { readonly type: "frame" }>[] = [
    { type: "confirmation", confirmation: { ...head, low: 0 } },
    { type: "confirmation", confirmation: { ...head, low: 7, resend: true } },
    { type: "confirmation", confirmation: { ...head, low: 7, claim: "now" } },
    { type: "ready", partition: 0, process: "p" },
  ]
  for (const wire of wires) assert.deepEqual(readWire(encodeWire(wire)), wire)
  const strange = [{ confirmed: "8" }, { claims: 1 }, { claims: [[8]] }, { claims: [8, "now"] }]
  for (const marks of strange) {
    assert.equal(readWire(JSON.stringify({ type: "frame", frame: { ...head, first: 9, messages: [], ...marks } })), undefined)
  }
  assert.equal(readWire(JSON.stringify({ type: "confirmation", confirmation: { ...head, low: 7, claim: 1 } })), undefined)
})
