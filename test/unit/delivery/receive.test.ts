// What a partition does with frames of a lane.
import assert from "node:assert/strict"
import { test } from "node:test"
import { channelOf, emptyPartition } from "../../../runtime/delivery/partition.ts"
import { laneChannel } from "../../../runtime/delivery/channel-id.ts"
import { newDelivery } from "../../../runtime/delivery/delivery.ts"
import { unobserved } from "../../../runtime/delivery/observer.ts"
import { receiveFrame } from "../../../runtime/delivery/receive.ts"
import type { Confirmation, LaneFrame } from "../../../runtime/ports/lanes.ts"
import { silent } from "../../../runtime/ports/telemetry.ts"
import { newWorld } from "../../../runtime/testing/index.ts"
import { bank } from "../../support/bank.ts"

function deliveryAt(low: number) {
  const { journal, streams, lanes } = newWorld()
  const confirmations: Confirmation[] = []
  const partition = emptyPartition("bank", 1)
  channelOf(partition, laneChannel("journal-a", 0, "commands")).restoreLow(low)
  const recording = { ...lanes, confirm: (confirmation: Confirmation) => void confirmations.push(confirmation) }
  const ports = { journal, inputs: streams, egress: streams, lanes: recording, telemetry: silent }
  return { delivery: newDelivery(bank.shape, ports, partition, unobserved), confirmations }
}

function frameOf(first: number, count: number): LaneFrame {
  const message = { type: "settled", to: { service: "account", key: "a" }, scope: "transfer/t" } as const
  const messages = Array.from({ length: count }, () => message)
  return { incarnation: "journal-a", source: 0, destination: 1, lane: "commands", first, messages }
}

const channel = { incarnation: "journal-a", source: 0, destination: 1, lane: "commands" } as const

test("R4: records that are committed here already are confirmed again, or their source would send them for ever", () => {
  const { delivery, confirmations } = deliveryAt(5)
  receiveFrame(delivery, frameOf(3, 3))
  assert.deepEqual(confirmations, [{ ...channel, low: 5 }])
  assert.equal(delivery.queue.size, 0)
})

test("R4: what lies above a gap is not taken, and the source is asked to send again from the last one that is here", () => {
  const { delivery, confirmations } = deliveryAt(5)
  receiveFrame(delivery, frameOf(7, 2))
  assert.deepEqual(confirmations, [{ ...channel, low: 5, resend: true }])
  assert.equal(delivery.queue.size, 0)
  receiveFrame(delivery, frameOf(6, 3))
  assert.equal(delivery.queue.size, 3)
  receiveFrame(delivery, frameOf(6, 3))
  assert.equal(delivery.queue.size, 3, "and a repetition is not taken twice")
})

test("R11: a settled scope waits until the undos that were sent before it are here", () => {
  const { delivery } = deliveryAt(5)
  receiveFrame(delivery, { ...frameOf(6, 1), repliesTo: 2 })
  assert.equal(delivery.queue.size, 0, "they are on their way still")
  receiveFrame(delivery, { ...frameOf(1, 2), lane: "replies" })
  receiveFrame(delivery, { ...frameOf(6, 1), repliesTo: 2 })
  assert.equal(delivery.queue.size, 3)
})

test("R5: a mark moves over everything that the owner before had decided above it, whether that has come again or not", () => {
  const { delivery } = deliveryAt(5)
  const known = channelOf(delivery.partition, laneChannel("journal-a", 0, "commands"))
  for (const number of [7, 8, 9, 11]) known.restore(number)
  receiveFrame(delivery, frameOf(6, 2))
  assert.equal(delivery.queue.size, 1, "7 was decided")
  known.decide(6)
  assert.deepEqual([known.low, known.high], [9, 9], "a block tells of 9: if only 7 had moved it, nobody would ever confirm 9")
  receiveFrame(delivery, frameOf(8, 3))
  assert.equal(delivery.queue.size, 2, "10 is new")
})
