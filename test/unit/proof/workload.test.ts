// The workload itself: the same seed is the same run, the world outside remembers, and both releases are judged clean.
import assert from "node:assert/strict"
import { test } from "node:test"
import { checkHistory } from "../../../runtime/simulation/invariants/check-history.ts"
import { historyText, readHistory } from "../../../runtime/simulation/history-lines.ts"
import { memberOf, readLog } from "../../../runtime/simulation/invariants/log.ts"
import type { OutsideCall } from "../../../runtime/simulation/workload.ts"
import { runInMemory } from "../../proof/in-memory.ts"
import { bankAndShop, mixOf } from "../../proof/workload/bank-and-shop.ts"
import { Luck, noBadLuck, usualOdds } from "../../proof/workload/luck.ts"
import { memoryLedger, OutsidePoisoned, OutsideWorld } from "../../proof/workload/outside.ts"
import { zipf } from "../../proof/workload/skew.ts"
import { seeded } from "../../support/seeded.ts"

const { signal } = new AbortController()
const charge: OutsideCall = {
  participant: "bank", key: "order/o1:3:0", saga: "order/o1", step: "book", direction: "do", item: "c1", amount: 30, attempt: 1,
}
const refund: OutsideCall = { ...charge, key: "order/o1:5:0", direction: "undo" }

test("the same seed asks the same, another seed something else", () => {
  const asked = (seed: number) => JSON.stringify(bankAndShop({ seed: "s", mix: mixOf(30) }).requests(seeded(seed)))
  assert.equal(asked(1), asked(1))
  assert.notEqual(asked(1), asked(2))
})

test("effects go wrong as often as the odds say, and the same effect always in the same way", () => {
  const luck = new Luck("seed")
  const counts = new Map<string, number>()
  const keys = Array.from({ length: 20_000 }, (_, n) => `order/o${n}:3:0`)
  for (const key of keys) counts.set(luck.of(key), (counts.get(luck.of(key)) ?? 0) + 1)
  for (const [fate, share] of Object.entries(usualOdds))
    assert.ok(Math.abs((counts.get(fate) ?? 0) / keys.length - share) < 0.01, `${fate}: ${counts.get(fate)} of ${keys.length}`)
  assert.ok(keys.every((key) => luck.of(key) === new Luck("seed").of(key)))
})

test("keys are skewed: the first is drawn most often, and every one is drawn", () => {
  const draw = seeded(1)
  const pick = zipf(16)
  const counts = Array.from({ length: 16 }, () => 0)
  for (let n = 0; n < 5_000; n += 1) {
    const picked = pick(draw)
    counts[picked] = (counts[picked] ?? 0) + 1
  }
  assert.equal(Math.max(...counts), counts[0])
  assert.ok(counts.every((count) => count > 0))
})

test("the world outside that is built again from its ledger knows every key, what stands and what is left", async () => {
  const store = memoryLedger()
  const first = new OutsideWorld(store, new Luck("x", noBadLuck), { bank: 50 })
  assert.deepEqual(await first.call(charge, signal), { type: "applied", seq: 1 })
  const again = new OutsideWorld(store, new Luck("x", noBadLuck), { bank: 50 })
  assert.deepEqual(await again.call(charge, signal), { type: "duplicate", seq: 1 })
  const other = { ...charge, key: "order/o2:3:0", saga: "order/o2" }
  assert.deepEqual(await again.call(other, signal), { type: "refused", code: "no-funds" })
  assert.deepEqual(await again.call(refund, signal), { type: "applied", seq: 4 })
  assert.deepEqual(await again.call({ ...refund, key: "order/o1:6:0" }, signal), { type: "refused", code: "nothing-there" })
  assert.deepEqual(store.read().map(({ result }) => result), ["applied", "duplicate", "refused", "applied", "refused"])
})

test("one half of what is poison breaks down only after it has been done", async () => {
  const store = memoryLedger()
  const world = new OutsideWorld(store, new Luck("x", { ...noBadLuck, poison: 1 }))
  for (let n = 0; n < 200; n += 1)
    await assert.rejects(world.call({ ...charge, key: `k${n}`, saga: `order/o${n}` }, signal), OutsidePoisoned)
  assert.ok(store.read().length > 70 && store.read().length < 130, `${store.read().length} of 200 were done`)
})

test("the newer release is judged clean too, and its transfers have the step that only it has", async () => {
  const workload = bankAndShop({ seed: "two", mix: mixOf(20) })
  const history = await runInMemory({ ...workload, apps: (outside) => workload.apps(outside, 2) }, 2)
  assert.deepEqual([...checkHistory(history, workload.expectations).violations, ...workload.check(history)], [])
  const transfers = [...readLog(history).sagas].filter(([saga]) => saga.startsWith("transfer/"))
  const versions = transfers.map(([, places]) => memberOf(memberOf(places[0]?.entry.state, "definition"), "version"))
  assert.deepEqual(new Set(versions), new Set([2]))
})

test("a history that went to disk and back gets the same verdict; a last line that was cut off is left out", async () => {
  const workload = bankAndShop({ seed: "text", mix: mixOf(10) })
  const history = await runInMemory(workload, 3)
  const text = historyText(history)
  const read = readHistory(text)
  assert.deepEqual(read.run, history.run)
  assert.deepEqual(checkHistory(read, workload.expectations), checkHistory(history, workload.expectations))
  assert.equal(readHistory(text.slice(0, -10)).happenings.length, history.happenings.length - 1)
  assert.throws(() => readHistory(text.slice(5)), /InvalidInput|not JSON/)
})
