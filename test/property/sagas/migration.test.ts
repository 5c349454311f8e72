// At whatever moment a saga is taken over by another version, and whatever befalls its commands: it ends, and what it leaves
// behind adds up; where it cannot be taken over it goes on as it was.
import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import type { Message } from "../../../runtime/message/message.ts"
import { saga, versions } from "../../../sagas/index.ts"
import { drive, type Driver } from "../../unit/sagas/driver.ts"
import { inventory, order, OrderSchema, payment, placeOrder, shipping } from "../../unit/sagas/shop.ts"
import { createWorld, type Fate, type World } from "./world.ts"

/** Wraps before it ships, and is in more of a hurry. */
const second = saga("place-order", { input: OrderSchema, version: 2 })
  .forEach("reserve", ({ input }) => input.lines, {
    run: (line, { sagaId }) => inventory.reserve(line.sku, { orderId: sagaId, quantity: line.quantity }),
    undo: (line) => inventory.release(line.sku),
    timeout: "5 seconds",
  })
  .step("charge", {
    run: ({ input, sagaId }) => payment.charge(input.customerId, { orderId: sagaId, cents: input.totalCents }),
    undo: ({ input }) => payment.refund(input.customerId),
  })
  .step("wrap", { run: ({ input }) => shipping.wrap(input.orderId, {}), undo: ({ input }) => shipping.unwrap(input.orderId) })
  .step("ship", { run: ({ input, charge }) => shipping.book(input.orderId, { paymentId: charge.id }), pivot: true })

// Both are started by the first version, and meet the second one later.
const both = versions(placeOrder, second).startingOn(placeOrder)
const hash = second.logic.describe?.().definitions?.["2"] ?? ""

const fate: fc.Arbitrary<Fate> = fc.record({
  out: fc.constantFrom("ok", "ok", "ok", "ok", "refused", "faulted", "faulted-after", "lost", "reply-lost", "twice"),
  commandMs: fc.oneof(fc.integer({ min: 0, max: 50 }), fc.constantFrom(4_999, 5_000, 10_000, 30_000)),
  replyMs: fc.oneof(fc.integer({ min: 0, max: 50 }), fc.constantFrom(4_999, 5_000, 10_000, 30_000)),
})
const scenario = fc.record({
  plan: fc.array(fate, { maxLength: 30 }),
  lines: fc.integer({ min: 0, max: 4 }),
  timersFirst: fc.boolean(),
  /** Before which message it is told to migrate. */
  moment: fc.integer({ min: 1, max: 12 }),
})
type Scenario = typeof scenario extends fc.Arbitrary<infer T> ? T : never

interface Played {
  readonly driver: Driver
  readonly world: World
  /** What it was answered; undefined if it had ended before. */
  readonly answer: string | undefined
}

function play({ plan, lines, timersFirst, moment }: Scenario): Played {
  const driver = drive(both.logic)
  const take = driver.take.bind(driver)
  let taken = 0
  let answer: string | undefined
  driver.take = (message: Message) => {
    if (taken++ === moment) {
      const { outcome } = take({
        type: "command", to: driver.self, name: "migrate", payload: { to: 2, hash }, effect: "m", direction: "do", attempt: 1,
      })
      answer = outcome?.type === "refused" ? outcome.code : outcome?.type
    }
    return take(message)
  }
  const world = createWorld(driver, plan, timersFirst)
  world.run({ ...order, lines: Array.from({ length: lines }, (_, n) => ({ sku: `P${n}`, quantity: 1 })) })
  return { driver, world, answer }
}

function assertAddsUp({ driver, world, answer }: Played, lines: number): void {
  const effects = new Set(driver.sent.filter(({ direction }) => direction === "do").map(({ effect }) => effect))
  const wrapped = driver.sent.some(({ name }) => name === "wrap")
  assert.ok(!wrapped || answer === "done", "only the second version wraps")
  assert.deepEqual(world.overtaken, [])
  if (driver.ended()?.outcome === "compensated") return assert.deepEqual([...world.applied], [])
  assert.equal(driver.ended()?.outcome, "completed")
  assert.deepEqual(new Set(world.applied), effects)
  assert.equal(effects.size, lines + (wrapped ? 3 : 2))
}

test("a saga that is told to migrate at any moment ends, and what is left adds up", () => {
  const seen = new Map<string, number>()
  fc.assert(
    fc.property(scenario, (given) => {
      const played = play(given)
      const { driver, world, answer } = played
      if (driver.ended() === undefined) world.heal()
      assertAddsUp(played, given.lines)
      const what = `${answer} ${driver.ended()?.outcome}`
      seen.set(what, (seen.get(what) ?? 0) + 1)
    }),
    { numRuns: 1_500 },
  )
  for (const what of ["done completed", "done compensated", "cannot-migrate completed"])
    assert.ok((seen.get(what) ?? 0) > 10, `${what}: ${JSON.stringify([...seen])}`)
})
