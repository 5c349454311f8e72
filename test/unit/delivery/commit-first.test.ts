// Nothing leaves a partition before its block is stored: no answer, no event, and no record for another partition.
import assert from "node:assert/strict"
import { test } from "node:test"
import type { Command } from "../../../runtime/index.ts"
import { partitionOf } from "../../../runtime/message/key.ts"
import { askInMemory, newWorld, startInMemory, virtualClock } from "../../../runtime/testing/index.ts"
import { account, bank, transfer } from "../../support/bank.ts"

const { partitions, eventPartitions } = bank.shape

/** A process whose appends to the partition of one key have got no answer for two seconds, while it was asked something. */
async function hangs(key: string, command: Command) {
  let isHanging = false
  const hung = partitionOf(key, partitions)
  const world = newWorld({ append: (partition) => (isHanging && partition === hung ? "lost" : "none") })
  const { clock, pass } = await virtualClock()
  const process = await startInMemory(bank, world, { clock })
  const before = process.blocks.length
  isHanging = true
  const asked = askInMemory(bank, world, command)
  await pass(2_000)
  const seen = {
    blocks: process.blocks.length - before,
    answers: world.streams.answers.length,
    events: Array.from({ length: eventPartitions }, (_, n) => world.streams.stored("events", n).length).reduce((a, b) => a + b),
  }
  isHanging = false
  await pass(2_000)
  const outcome = await asked
  await process.kill()
  return { seen, outcome }
}

test("R12: an answer and an event wait for the block that makes them true", async () => {
  const { seen, outcome } = await hangs("a", account.deposit("a", { amount: 1 }))
  assert.deepEqual(seen, { blocks: 0, answers: 0, events: 0 })
  assert.deepEqual(outcome, { type: "done", value: 1 })
})

test("R2: a command for another partition waits for the block that makes it, and nobody decides anything before", async () => {
  const keys = Array.from({ length: 9 }, (_, n) => `t${n}`)
  const saga = keys.find((key) => partitionOf(key, partitions) !== partitionOf("a", partitions)) ?? ""
  const { seen, outcome } = await hangs(saga, transfer.start(saga, { from: "a", to: "b", amount: 1 }))
  assert.deepEqual(seen, { blocks: 0, answers: 0, events: 0 })
  assert.equal(outcome.type === "done" && JSON.stringify(outcome.value).includes("compensated"), true)
})
