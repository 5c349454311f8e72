// The delivery of one command: the fence around replies and timers, tries, pauses and timeouts.
import assert from "node:assert/strict"
import { test } from "node:test"
import type { Decision } from "../../../runtime/actor/logic.ts"
import { saga } from "../../../sagas/index.ts"
import { done, drive, type Driver, faulted, refused } from "./driver.ts"
import { inventory, order, OrderSchema, placeOrder } from "./shop.ts"

const oneLine = { ...order, lines: order.lines.slice(0, 1) }
const reserve = "inventory.reserve/P11"

function started(): Driver {
  const driver = drive(placeOrder.logic)
  driver.start(oneLine)
  return driver
}

/** Nothing was decided, and the row is the very same value. */
function assertNothing(driver: Driver, act: () => Decision): void {
  const before = driver.state
  const timers = new Map(driver.timers)
  const { dropped: _, ...rest } = act()
  assert.deepEqual(Object.keys(rest), ["state"])
  assert.equal(driver.state, before)
  assert.deepEqual(driver.timers, timers)
}

test("a duplicate reply changes nothing", () => {
  const driver = started()
  const effect = driver.sent[0]?.effect ?? ""
  driver.reply(reserve, done())
  assertNothing(driver, () => driver.reply(effect, done()))
  assertNothing(driver, () => driver.reply(effect, refused("out-of-stock")))
  assertNothing(driver, () => driver.reply(effect, faulted()))
})

test("a late reply, after the compensation began, changes nothing", () => {
  const driver = started()
  driver.reply(reserve, done())
  const charge = driver.sent.at(-1)?.effect ?? ""
  while (driver.timers.has(charge)) driver.fire(charge)
  assert.equal(driver.row().value, "unwinding")
  for (const outcome of [done({ id: "late" }), refused("late"), faulted("late")]) {
    assertNothing(driver, () => driver.reply(charge, outcome))
  }
})

test("a late error of an older step does not end the saga", () => {
  const driver = started()
  driver.reply(reserve, done())
  assertNothing(driver, () => driver.reply("place-order/o-1:1:0", faulted("too late")))
  driver.reply("payment.charge/c-1", done({ id: "pay-1" }))
  assert.equal(driver.reply("shipping.book/o-1", done({ tracking: "T1" })).ended?.outcome, "completed")
})

test("a reply to an effect that the saga never had changes nothing", () => {
  const driver = started()
  for (const effect of ["place-order/o-2:1:0", "place-order/o-1:9:0", "__proto__", "constructor", ""]) {
    assertNothing(driver, () => driver.take({ type: "reply", to: driver.self, effect, outcome: done() }))
  }
})

test("a reply that arrives before the start is stored, or after the end, changes nothing", () => {
  const driver = drive(placeOrder.logic)
  assertNothing(driver, () => driver.reply("place-order/o-1:1:0", done()))
  assert.equal(driver.state, undefined)
  driver.start({ ...order, lines: [] })
  driver.reply("payment.charge/c-1", refused("no-money"))
  assert.equal(driver.ended()?.outcome, "compensated")
  assertNothing(driver, () => driver.reply("payment.charge/c-1", done()))
})

test("reply first, then its timeout at the same instant: the reply wins and the timer is gone", () => {
  const driver = started()
  const [name = "", timer] = [...driver.timers][0] ?? []
  assert.ok(timer)
  driver.nowMs = timer.dueMs
  driver.reply(reserve, done())
  assert.equal(driver.timers.has(name), false)
  assertNothing(driver, () => driver.take({ type: "timer", to: driver.self, name, ...timer }))
  assert.equal(driver.row().value, "charge")
})

test("timeout first, on the last try, then the reply at the same instant: the timeout wins", () => {
  const driver = started()
  const effect = driver.sent[0]?.effect ?? ""
  while (driver.timers.has(effect)) driver.fire(effect)
  assert.equal(driver.row().value, "unwinding")
  assertNothing(driver, () => driver.reply(effect, done()))
  driver.reply("inventory.release/P11", done())
  assert.equal(driver.ended()?.reason, "STEP_TIMEOUT")
})

test("a timer that fires twice counts once", () => {
  const driver = started()
  const [name = "", timer] = [...driver.timers][0] ?? []
  assert.ok(timer)
  driver.fire(reserve)
  assertNothing(driver, () => driver.take({ type: "timer", to: driver.self, name, ...timer }))
})

test("a lost reply: after the timeout and a pause the command goes out again, same effect key, and the answer counts", () => {
  const driver = started()
  const [first] = driver.sent
  driver.news()
  driver.fire(reserve)
  assert.deepEqual(driver.news(), [])
  // The pause is up to a quarter shorter, by the effect's hash: not all come back at once.
  const pauseMs = (driver.timers.get(first?.effect ?? "")?.dueMs ?? 0) - 1_030_000
  assert.ok(pauseMs >= 150 && pauseMs <= 200, `${pauseMs} ms`)
  driver.fire(reserve)
  assert.deepEqual(driver.news(), ["do inventory.reserve/P11 #2"])
  assert.deepEqual(driver.sent.at(-1), { ...first, attempt: 2 })
  driver.reply(reserve, done())
  assert.equal(driver.row().value, "charge")
})

test("a reply that arrives in the pause before the next try still counts", () => {
  const driver = started()
  driver.fire(reserve)
  driver.news()
  driver.reply(reserve, done())
  assert.deepEqual(driver.news(), ["do payment.charge/c-1"])
  assert.equal(driver.timers.size, 1)
})

test("a fault in the pause is news of a try that has ended, and changes nothing", () => {
  const driver = started()
  driver.reply(reserve, faulted())
  assertNothing(driver, () => driver.reply(reserve, faulted()))
})

test("pauses grow by the factor up to their maximum, and the tries are counted", () => {
  const patient = saga("patient", { input: OrderSchema, version: 1 }).step("reserve", {
    run: () => inventory.reserve("P11", { orderId: "o", quantity: 1 }),
    undo: "nothing",
    timeout: "1 second",
    retry: { times: 4, from: "100 millis", factor: 3, max: "1 second" },
  })
  const driver = drive(patient.logic)
  driver.start(order)
  const pauses: number[] = []
  while (driver.ended() === undefined) {
    driver.reply(reserve, faulted())
    const [timer] = driver.timers.values()
    if (timer === undefined) break
    pauses.push(timer.dueMs - driver.nowMs)
    driver.fire(reserve)
  }
  for (const [n, longest] of [100, 300, 900, 1_000].entries()) {
    const pauseMs = pauses[n] ?? 0
    assert.ok(pauseMs >= longest * 0.75 && pauseMs <= longest, `pause ${n}: ${pauseMs} ms`)
  }
  assert.deepEqual(driver.sent.map(({ attempt }) => attempt), [1, 2, 3, 4, 5])
  assert.equal(driver.ended()?.outcome, "compensated")
})

test("a pause of 0 ms has its timer too, and a timeout in it is not mistaken for another", () => {
  const eager = saga("eager", { input: OrderSchema, version: 1 }).step("reserve", {
    run: () => inventory.reserve("P11", { orderId: "o", quantity: 1 }),
    undo: "nothing",
    retry: { times: 1, from: 0 },
  })
  const driver = drive(eager.logic)
  driver.start(order)
  driver.fire(reserve)
  assert.equal(driver.timers.size, 1)
  driver.fire(reserve)
  assert.deepEqual(driver.news(), ["do inventory.reserve/P11", "do inventory.reserve/P11 #2"])
  driver.fire(reserve)
  assert.equal(driver.ended()?.reason, "STEP_TIMEOUT")
})

test("without retries the first timeout settles the step", () => {
  const hasty = saga("hasty", { input: OrderSchema, version: 1 }).step("reserve", {
    run: () => inventory.reserve("P11", { orderId: "o", quantity: 1 }),
    undo: () => inventory.release("P11"),
    timeout: 50,
    retry: { times: 0 },
  })
  const driver = drive(hasty.logic)
  driver.start(order)
  driver.fire(reserve)
  assert.equal(driver.nowMs, 1_000_050)
  assert.deepEqual(driver.news(), ["do inventory.reserve/P11", "undo inventory.release/P11"])
})

test("a step waits 30 seconds and is tried three more times unless it says otherwise", () => {
  const [step] = saga("plain", { input: OrderSchema, version: 1 })
    .step("reserve", { run: () => inventory.reserve("P11", { orderId: "o", quantity: 1 }), undo: "nothing" })
    .definition.body
  assert.ok(step?.type === "step")
  const policy = { timeoutMs: 30_000, retry: { times: 3, fromMs: 200, factor: 2, maxMs: 30_000 } }
  assert.deepEqual([step.policy, step.undoPolicy], [policy, policy])
})

test("the row does not grow with tries and resumptions", () => {
  const driver = drive(placeOrder.logic)
  driver.start({ ...order, lines: [] })
  driver.reply("payment.charge/c-1", done({ id: "pay-1" }))
  const sizes = new Set<number>()
  for (let round = 0; round < 50; round++) {
    while (driver.row().parked === undefined) driver.fire("shipping.book/o-1")
    // Pauses, and with them times, differ by some digits.
    sizes.add(JSON.stringify({ ...driver.row(), orders: [] }).length)
    driver.resume()
  }
  assert.equal(driver.sent.length, 1 + 50 * 4 + 1)
  assert.equal(sizes.size, 1)
})
