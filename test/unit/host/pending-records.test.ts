// What a client counts as waiting for the app, and what it tells an overloaded caller to wait.
import assert from "node:assert/strict"
import { test } from "node:test"
import { PendingRecords } from "../../../runtime/host/pending-records.ts"
import { limits } from "../../../runtime/kernel/limits.ts"
import type { Progress } from "../../../runtime/message/progress.ts"

const stream = "stream:external:1:0"

function progress(position: number, records: number, more: Partial<Progress> = {}): Progress {
  return { partition: 0, stream, position, records, held: 0, ...more }
}

function take(pending: PendingRecords, count: number, nowMs = 0) {
  return Array.from({ length: count }, () => pending.take(nowMs))
}

/** With blocks of three records at positions 5, 6 and 9 of partition 0. */
function threeBlocks() {
  const pending = new PendingRecords(100, 0)
  for (const position of [5, 6, 9]) pending.accepted(0, position, take(pending, 3))
  assert.equal(pending.count, 9)
  return pending
}

test("records count from before they leave until their block's records are decided, one by one", () => {
  const pending = threeBlocks()
  const steps = [[4, 900, 9], [5, 1, 8], [5, 3, 6], [6, 2, 4], [8, 1, 3], [9, 2, 1], [9, 3, 0]] as const
  for (const [position, records, left] of steps) {
    pending.progressed(progress(position, records), 0)
    assert.equal(pending.count, left, `at ${position}, ${records}`)
  }
})

test("progress that is older, repeated, or of another partition frees nothing twice", () => {
  const pending = threeBlocks()
  pending.progressed(progress(6, 1), 0)
  for (const old of [progress(6, 1), progress(5, 3), progress(6, 0), progress(99, 1, { partition: 1 })]) {
    pending.progressed(old, 0)
    assert.equal(pending.count, 5)
  }
})

test("a block that was decided before its acceptance was heard of does not count", () => {
  const pending = new PendingRecords(100, 0)
  const records = take(pending, 4)
  pending.progressed(progress(7, 3), 0)
  assert.equal(pending.count, 4)
  pending.accepted(0, 7, records)
  assert.equal(pending.count, 1)
})

test("what was not accepted, and what was answered, counts no more, and is not counted off again", () => {
  const pending = new PendingRecords(100, 0)
  const [refused, answered, other] = take(pending, 3)
  pending.release(refused!)
  pending.accepted(0, 3, [answered!, other!])
  pending.answered(answered!, 0)
  assert.equal(pending.count, 1)
  pending.progressed(progress(3, 1), 0)
  assert.equal(pending.count, 1)
  pending.progressed(progress(3, 2), 0)
  assert.equal(pending.count, 0)
})

test("records in durable mailboxes wait for the app too, of every partition and by the newest word on it", () => {
  const pending = new PendingRecords(10, 0)
  pending.progressed(progress(1, 1, { held: 4 }), 0)
  pending.progressed(progress(1, 1, { held: 5, partition: 1 }), 0)
  assert.equal(pending.count, 9)
  assert.equal(pending.isFull, false)
  pending.progressed(progress(1, 1, { held: 5 }), 0)
  assert.equal(pending.isFull, true)
  pending.progressed(progress(2, 1, { held: 0 }), 0)
  assert.equal(pending.count, 5)
})

test("R14: what was in a stream that is made anew waits no more, and positions begin again", () => {
  const pending = threeBlocks()
  pending.progressed(progress(5, 3, { held: 2 }), 0)
  const anew = { stream: "stream:external:2:0" }
  pending.progressed(progress(0, 0, anew), 0)
  assert.equal(pending.count, 0)
  pending.accepted(0, 1, take(pending, 2))
  assert.equal(pending.count, 2)
  pending.progressed(progress(1, 2, anew), 0)
  assert.equal(pending.count, 0)
})

test("a caller is told to wait as long as the app takes to work off a tenth of the bound, within limits", () => {
  const pending = new PendingRecords(1_000, 0)
  for (let block = 1; block <= 1_000; block += 1) pending.accepted(0, block, take(pending, 1))
  assert.equal(pending.retryAfterMs(10), limits.overloadedRetryAfterMs, "nothing is known yet")
  pending.progressed(progress(200, 1), 1_000)
  for (let block = 1_001; block <= 1_200; block += 1) pending.accepted(0, block, take(pending, 1))
  assert.equal(pending.isFull, true)
  assert.equal(pending.retryAfterMs(1_000), 500, "200 records a second")
  assert.equal(pending.retryAfterMs(500_000), limits.overloadedRetryMaxMs, "nobody works any more")
})

test("an idle hour does not make the next burst wait longer", () => {
  const pending = new PendingRecords(10, 0)
  for (let nowMs = 0; nowMs < 3_600_000; nowMs += 1_000) pending.progressed(progress(1, 1), nowMs)
  take(pending, 10, 3_601_500)
  assert.equal(pending.retryAfterMs(3_601_600), limits.overloadedRetryAfterMs)
})
