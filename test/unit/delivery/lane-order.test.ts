// What a source writes into its frames, so that records on two lanes come in order where that matters (R11).
import assert from "node:assert/strict"
import { test } from "node:test"
import { marksBehind } from "../../../runtime/delivery/lane-order.ts"
import { emptyPartition, outboxOf, type Partition } from "../../../runtime/delivery/partition.ts"
import type { Message } from "../../../runtime/message/message.ts"
import type { LaneName } from "../../../runtime/ports/lanes.ts"

const to = { service: "account", key: "a" }

function command(effect: string, undoes?: string): Message {
  const direction = undoes === undefined ? { direction: "do" as const } : { direction: "undo" as const, undoes }
  return { type: "command", to, name: "n", payload: null, effect, attempt: 1, scope: "order/o", ...direction }
}

function settled(scope: string): Message {
  return { type: "settled", to, scope }
}

function partitionWith(commands: readonly Message[], replies: readonly Message[]): Partition {
  const partition = emptyPartition("shop", 0)
  for (const [lane, messages] of [["commands", commands], ["replies", replies]] as const)
    for (const [index, message] of messages.entries()) outboxOf(partition, `lane:1:${lane}`).push(index + 1, message)
  return partition
}

function marksOf(partition: Partition, lane: LaneName) {
  const outbox = outboxOf(partition, `lane:1:${lane}`)
  return marksBehind(partition, 1, lane, outbox.owed(0, outbox.unconfirmedCount))
}

test("R11: an undo is marked with its do, the last time that was sent, until that is confirmed", () => {
  const commands = [command("e1"), command("e2"), command("e1")]
  const partition = partitionWith(commands, [command("u0", "e0"), command("u1", "e1")])
  assert.deepEqual(marksOf(partition, "replies"), [[2, 3]])
  assert.deepEqual(marksOf(partition, "commands"), [])
  outboxOf(partition, "lane:1:commands").confirm(3)
  assert.deepEqual(marksOf(partition, "replies"), [])
})

test("R11: a saga's end is marked with its last undo", () => {
  const partition = partitionWith(
    [command("e1"), settled("order/other"), settled("order/o")],
    [command("u1", "e1"), command("u2", "e2")],
  )
  assert.deepEqual(marksOf(partition, "commands"), [[3, 2]])
})

test("no mark names what was made later: two lanes would wait for each other", () => {
  // A saga of the same key that began anew.
  const partition = partitionWith([settled("order/o"), command("e1")], [command("u1", "e1")])
  assert.deepEqual(marksOf(partition, "commands"), [])
  assert.deepEqual(marksOf(partition, "replies"), [[1, 2]])
})
