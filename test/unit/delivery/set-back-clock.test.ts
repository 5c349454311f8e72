// R20: a clock that is set back between the moment a timer is due and the block that says so does not make the timer early.
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Effect from "effect/Effect"
import { commit, nextHead } from "../../../runtime/delivery/commit.ts"
import { emptyPartition, timeOf } from "../../../runtime/delivery/partition.ts"
import { encodeBlock } from "../../../runtime/message/block.ts"
import { newWorld } from "../../../runtime/testing/index.ts"

test("R20: a partition's time never goes back, whatever its process's clock does", () => {
  const partition = emptyPartition("bank", 0)
  assert.deepEqual([timeOf(partition, 5_000), timeOf(partition, 1_000), timeOf(partition, 6_000)], [5_000, 5_000, 6_000])
})

test("R20: a block that was cut before the last decision does not take the partition's time back", async () => {
  const partition = emptyPartition("bank", 0)
  const { journal } = newWorld()
  const head = { ...nextHead(partition, 1_000), kind: "genesis" as const, low: {}, confirmed: {} }
  timeOf(partition, 9_000)
  await Effect.runPromise(commit({ journal }, partition, { head, bytes: encodeBlock(head, []) }))
  assert.equal(partition.atMs, 9_000)
})
