// Slots with permits: a permit is good for a moment, and what missed it waits again, before all others.
import assert from "node:assert/strict"
import { test } from "node:test"
import { setImmediate as turn } from "node:timers/promises"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type { Flow } from "../../../runtime/actor/flow-control.ts"
import { permitMs } from "../../../runtime/delivery/permit-stock.ts"
import { Slots } from "../../../runtime/delivery/slots.ts"
import type { PermitLimit, Permits } from "../../../runtime/ports/permits.ts"

const flow: Flow = { concurrency: 2, rate: { calls: 5, perMs: 2_000 } }

test("a permit that is not used at once is void: its record waits for another one, before those that came later", async (t) => {
  let nowMs = 0
  let left = 1
  const asked: PermitLimit[] = []
  const permits: Permits = {
    take: (limit, wanted) =>
      Effect.sync(() => {
        asked.push(limit)
        const count = Math.min(left, wanted)
        left -= count
        return count
      }),
  }
  const slots = new Slots(() => nowMs)
  const stock = slots.permitsOf("mail", flow)
  assert.ok(stock)
  const supplying = Effect.runFork(stock.supply(permits, () => slots.supplied("mail")))
  t.after(() => Effect.runPromise(Fiber.interrupt(supplying)))
  const granted: string[] = []
  const acquire = (name: string) => slots.acquire({ service: "mail", flow, isUrgent: false }, () => granted.push(name))
  const first = acquire("first")
  const second = acquire("second")
  const until = async (predicate: () => boolean) => {
    while (!predicate()) await turn()
  }
  await until(() => granted.length === 1)
  assert.deepEqual([granted, second.waitsFor], [["first"], "rate"])
  nowMs += permitMs({ perMs: 2_000 }) + 1
  assert.equal(first.begin(), false)
  assert.equal(first.waitsFor, "rate")
  left = 1
  await until(() => granted.length === 2)
  assert.deepEqual(granted, ["first", "first"])
  assert.ok(first.begin())
  assert.ok(first.begin(), "once is enough")
  // The time in which a permit may be used is added to the time in which it counts, or the rate would not hold.
  assert.deepEqual(new Set(asked.map(({ perMs }) => perMs)), new Set([2_000 + permitMs({ perMs: 2_000 })]))
})
