// Lanes and their order of urgency (R1): what partitions owe each other is decided before what comes from outside.
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Effect from "effect/Effect"
import type { ActorLogic } from "../../../runtime/actor/logic.ts"
import { admitLaneRecord, admitStreamRecord } from "../../../runtime/delivery/admit.ts"
import { destinationId, laneChannel, parseDestination, streamChannel } from "../../../runtime/delivery/channel-id.ts"
import { handle } from "../../../runtime/delivery/mailbox.ts"
import { type Delivery, newDelivery } from "../../../runtime/delivery/delivery.ts"
import { dispatch, resend } from "../../../runtime/delivery/dispatch.ts"
import type { InboundLane } from "../../../runtime/delivery/inbound.ts"
import { runPartition } from "../../../runtime/delivery/loop.ts"
import { type CommittedBlock, unobserved } from "../../../runtime/delivery/observer.ts"
import { channelOf, emptyPartition } from "../../../runtime/delivery/partition.ts"
import { closeRoomWhenFull, receiveFrame } from "../../../runtime/delivery/receive.ts"
import { RecordQueue } from "../../../runtime/delivery/record-queue.ts"
import { claim } from "../../../runtime/delivery/recover.ts"
import { app } from "../../../runtime/index.ts"
import { limits } from "../../../runtime/kernel/limits.ts"
import { decodeBlock } from "../../../runtime/message/block.ts"
import type { CommandMessage, Message } from "../../../runtime/message/message.ts"
import type { LaneFrame, LaneName } from "../../../runtime/ports/lanes.ts"
import { silent } from "../../../runtime/ports/telemetry.ts"
import { newWorld } from "../../../runtime/testing/index.ts"

const to = { service: "teller", key: "a" }
const asks: CommandMessage = { type: "command", to, name: "ask", payload: null, effect: "e", direction: "do", attempt: 1 }
const replies: Message = { type: "reply", to, effect: "e", outcome: { type: "done", value: null } }
const undoes: CommandMessage = { ...asks, name: "undo", effect: "u", direction: "undo", undoes: "e" }

/** Decides everything and changes nothing; on "compensate" it sends a command, an undo, and goodbye. */
const teller: ActorLogic = {
  service: "teller",
  kind: "saga",
  reactions: new Map(),
  decide(state, message) {
    if (message.type !== "command" || message.name !== "compensate") return { state }
    const { name, payload, effect, direction, attempt } = asks
    const command = { to, name, payload, effect, direction, attempt }
    return { state, send: [command, { ...command, effect: "u", direction: "undo", undoes: "e" }], release: [to] }
  },
}
const { shape } = app("tellers", { namespace: "test", partitions: 1, services: [{ logic: teller }] })
const external = streamChannel("external", "memory", 0)

async function claimed(committed: (block: CommittedBlock) => void = () => undefined) {
  const world = newWorld()
  const { journal, streams, lanes } = world
  const ports = { journal, inputs: streams, egress: streams, lanes, telemetry: silent }
  const claimant = { app: "tellers", index: 0, incarnation: "journal-a", nowMs: 0 }
  const partition = await Effect.runPromise(claim(ports, claimant))
  return { world, delivery: newDelivery(shape, ports, partition, { ...unobserved, committed }) }
}

function takeExternal(delivery: Delivery, count: number): void {
  const from = { id: external, channel: channelOf(delivery.partition, external), lane: "external" as const }
  for (let n = 1; n <= count; n += 1) admitStreamRecord(delivery, from, n, [], { type: "message", message: asks })
}

function takeFrame(delivery: Delivery, lane: LaneName, messages: readonly Message[], first = 1): void {
  receiveFrame(delivery, { incarnation: "journal-b", source: 1, destination: 0, lane, first, messages })
}

test("R1: replies are taken first, then commands, events, and external input; each lane in its own order", () => {
  const queue = new RecordQueue()
  const lanes: readonly InboundLane[] = ["external", "events", "commands", "replies"]
  for (let n = 1; n <= 2; n += 1) {
    for (const lane of lanes) queue.push({ lane, from: [[lane, n]], work: { type: "message", message: asks } })
  }
  const next = () => queue.take()?.from[0]
  assert.deepEqual([next(), next(), next()], [["replies", 1], ["replies", 2], ["commands", 1]])
  queue.push({ lane: "replies", from: [["replies", 3]], work: { type: "message", message: asks } })
  assert.deepEqual([next(), next(), next()], [["replies", 3], ["commands", 2], ["events", 1]])
  assert.deepEqual([next(), next(), next(), next()], [["events", 2], ["external", 1], ["external", 2], undefined])
  assert.equal(queue.size, 0)
})

test("R1: a block holds replies and undos before the many external commands that had come before them", async () => {
  const { promise, resolve } = Promise.withResolvers<CommittedBlock>()
  const { world, delivery } = await claimed(resolve)
  takeExternal(delivery, 300)
  takeFrame(delivery, "commands", [asks, asks])
  takeFrame(delivery, "replies", [replies, undoes, replies])
  const running = Effect.raceFirst(Effect.scoped(runPartition(delivery, Effect.void)), Effect.promise(() => promise))
  await Effect.runPromise(running)
  const block = decodeBlock(world.journal.records(0)[1]!.bytes, "test")
  const order = block.decisions.flatMap(({ from }) => from.map(([id]) => id))
  const [replyLane, commandLane] = [laneChannel("journal-b", 1, "replies"), laneChannel("journal-b", 1, "commands")]
  assert.deepEqual(order.slice(0, 6), [replyLane, replyLane, replyLane, commandLane, commandLane, external])
  assert.equal(order.length, 305)
})

test("R1: an undo travels with the replies; settled travels behind the commands, in their lane", () => {
  const { journal, streams, lanes } = newWorld()
  const ports = { journal, inputs: streams, egress: streams, lanes, telemetry: silent }
  const delivery = newDelivery(shape, ports, emptyPartition("tellers", 0), unobserved)
  const message = { ...asks, name: "compensate" }
  handle(delivery, { lane: "commands", from: [[external, 1]], work: { type: "message", message } }, 0)
  const { entry } = delivery.pending[0]!
  const sent = (entry.out ?? []).map(([destination, number, { type }]) => {
    const parsed = parseDestination(destination)
    return [parsed.type === "lane" && parsed.lane, number, type]
  })
  assert.deepEqual(sent, [["commands", 1, "command"], ["replies", 1, "command"], ["commands", 2, "settled"]])
})

test("R2: a decided record does not leave before its block is committed, however often its destination asks for it", () => {
  const { journal, streams, lanes } = newWorld()
  const carried: number[] = []
  const noting = { ...lanes, send: (frame: LaneFrame) => void carried.push(frame.messages.length) }
  const ports = { journal, inputs: streams, egress: streams, lanes: noting, telemetry: silent }
  const delivery = newDelivery(shape, ports, emptyPartition("tellers", 0), unobserved)
  const message = { ...asks, name: "compensate" }
  handle(delivery, { lane: "commands", from: [[external, 1]], work: { type: "message", message } }, 0)
  const destination = destinationId({ type: "lane", partition: 0, lane: "commands" })
  resend(delivery, destination, 0)
  assert.deepEqual(carried, [])
  dispatch(delivery, delivery.pending)
  carried.length = 0
  resend(delivery, destination, 0)
  assert.deepEqual(carried, [2])
})

test("R1: external input waits while too much of it is undecided; what the app owes itself is taken all the same", async () => {
  const { delivery } = await claimed()
  takeExternal(delivery, limits.externalInFlightMax - 1)
  closeRoomWhenFull(delivery)
  assert.equal(delivery.room.isOpen(), true)
  takeExternal(delivery, limits.externalInFlightMax)
  closeRoomWhenFull(delivery)
  assert.equal(delivery.room.isOpen(), false)
  takeFrame(delivery, "commands", [asks])
  takeFrame(delivery, "replies", [replies])
  assert.deepEqual([delivery.queue.length("commands"), delivery.queue.length("replies")], [1, 1])
})

test("R1: a full lane drops and keeps its mark, other lanes go on, and what it dropped is taken once it fits", async () => {
  const { delivery } = await claimed()
  takeFrame(delivery, "commands", Array.from({ length: limits.laneRecordsMax + 2 }, () => asks))
  assert.equal(delivery.queue.length("commands"), limits.laneRecordsMax)
  takeFrame(delivery, "replies", [replies])
  assert.equal(delivery.queue.take()?.lane, "replies")
  const lane = { id: laneChannel("journal-b", 1, "commands"), lane: "commands" as const }
  const from = { ...lane, channel: channelOf(delivery.partition, lane.id) }
  const next = limits.laneRecordsMax + 1
  assert.equal(admitLaneRecord(delivery, from, next, asks), "full")
  assert.equal(admitLaneRecord(delivery, from, 1, asks), "taken", "a repetition needs no room")
  delivery.queue.take()
  assert.equal(admitLaneRecord(delivery, from, next, asks), "taken")
})
