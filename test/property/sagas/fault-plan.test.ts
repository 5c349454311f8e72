// Whatever befalls its commands, a saga ends completed, compensated or parked, and what it leaves behind adds up.
import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { drive, type Driver } from "../../unit/sagas/driver.ts"
import { order, placeOrder } from "../../unit/sagas/shop.ts"
import { createWorld, type Fate, type World } from "./world.ts"

// Timeouts are 10 and 30 seconds: most messages are quick, some arrive long after, or just at, their timeout.
const delayMs = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 50 }) },
  { weight: 1, arbitrary: fc.constantFrom(9_999, 10_000, 29_999, 30_000, 30_001, 30_200) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 90_000 }) },
)
const fate: fc.Arbitrary<Fate> = fc.record({
  out: fc.constantFrom("ok", "ok", "ok", "ok", "refused", "faulted", "faulted-after", "lost", "reply-lost", "twice"),
  commandMs: delayMs,
  replyMs: delayMs,
})
const scenario = fc.record({
  plan: fc.array(fate, { maxLength: 30 }),
  lines: fc.integer({ min: 0, max: 4 }),
  timersFirst: fc.boolean(),
})
type Scenario = typeof scenario extends fc.Arbitrary<infer T> ? T : never

function play({ plan, lines, timersFirst }: Scenario): { driver: Driver; world: World; doCount: number } {
  const driver = drive(placeOrder.logic)
  const world = createWorld(driver, plan, timersFirst)
  world.run({ ...order, lines: Array.from({ length: lines }, (_, n) => ({ sku: `P${n}`, quantity: 1 })) })
  return { driver, world, doCount: lines + 2 }
}

/** Items that were done, or whose outcome stayed unknown, in the order in which they must be undone. */
function toUndo({ seen }: World): readonly string[] {
  const names = [...seen].filter(([, statuses]) => statuses.has("done") || statuses.has("unknown")).map(([name]) => name)
  const place = (name: string) => {
    const [step = "", item] = name.split("/")
    return ["reserve", "charge", "ship"].indexOf(step) * 1_000 + Number(item)
  }
  return names.toSorted((a, b) => place(b) - place(a))
}

function assertEnded(driver: Driver, world: World, doCount: number): void {
  const outcome = driver.ended()?.outcome
  const effects = new Set(driver.sent.filter(({ direction }) => direction === "do").map(({ effect }) => effect))
  if (outcome === "completed") {
    assert.equal(effects.size, doCount)
    assert.deepEqual(new Set(world.applied), effects, "every do happened, and only once each")
    assert.deepEqual(world.undos, [])
    assert.deepEqual(driver.emitted.map(({ name }) => name), ["OrderConfirmed"])
  } else {
    assert.equal(outcome, "compensated")
    assert.deepEqual([...world.applied], [], "nothing that happened was left")
    assert.deepEqual(world.undos, toUndo(world), "undone: exactly what happened or may have, in strictly reverse order")
    assert.deepEqual(driver.emitted.map(({ name }) => name), ["OrderCancelled"])
  }
  assert.deepEqual(world.overtaken, [], "each undo was settled before the next was sent")
}

test("under any plan of delays, losses, repeats, refusals and faults a saga ends, and what is left adds up", () => {
  const ends = new Map<string, number>()
  fc.assert(
    fc.property(scenario, (given) => {
      const { driver, world, doCount } = play(given)
      const end = driver.ended()?.outcome ?? driver.row().parked?.code ?? "under way"
      ends.set(end, (ends.get(end) ?? 0) + 1)
      if (driver.ended() !== undefined) return assertEnded(driver, world, doCount)
      assert.ok(["UNDO_FAILED", "PIVOT_UNKNOWN"].includes(end), end)
      assert.deepEqual(world.overtaken, [])
      const due = end === "UNDO_FAILED" ? toUndo(world).slice(0, world.undos.length) : []
      assert.deepEqual(world.undos, due, "stopped in the middle, in order; or never begun")
    }),
    { numRuns: 2_000 },
  )
  assert.deepEqual([...ends.keys()].toSorted(), ["PIVOT_UNKNOWN", "UNDO_FAILED", "compensated", "completed"], "all ends were met")
})

test("a parked saga that is resumed once the world is well again ends, and what is left adds up", () => {
  let healed = 0
  fc.assert(
    fc.property(scenario, (given) => {
      const { driver, world, doCount } = play(given)
      if (driver.ended() !== undefined) return
      world.heal()
      healed++
      assertEnded(driver, world, doCount)
    }),
    { numRuns: 2_000 },
  )
  assert.ok(healed > 10, `${healed} sagas were parked`)
})

test("a repeated or stale message never changes the row", () => {
  fc.assert(
    fc.property(scenario, fc.nat(), (given, pick) => {
      const { driver } = play(given)
      const before = driver.state
      const effects = driver.sent.map(({ effect }) => effect)
      const effect = effects[pick % effects.length] ?? ""
      driver.reply(effect, { type: "done", value: null })
      driver.take({ type: "timer", to: driver.self, name: effect, dueMs: driver.nowMs, payload: null })
      assert.equal(driver.state, before)
    }),
    { numRuns: 500 },
  )
})
