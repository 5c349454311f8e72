// How instances stand in their pictures, as their rows say.
import assert from "node:assert/strict"
import { test } from "node:test"
import { marksOf } from "../../../../sagas/draw/marks.ts"
import { nested, trip, withChild } from "../../../support/drawn-sagas.ts"
import { drive } from "../driver.ts"
import { placeOrder } from "../shop.ts"
import { type Drawn, instances, journey, rowOf } from "./instances.ts"

function marks({ saga, instance }: Drawn) {
  assert.ok(instance)
  const { of, news } = marksOf(saga.definition, instance)
  return { news, of: (name: string) => of.get(name)?.lines.join("; "), standing: (name: string) => of.get(name)?.standing }
}

function drawn(name: string) {
  const found = instances.find((instance) => instance.name === name)
  assert.ok(found)
  return marks(found)
}

test("an order that has completed has done every step, and tells when it ended", () => {
  const { of, news } = drawn("order-completed")
  assert.deepEqual(["reserve", "charge", "ship", "completed"].map(of), ["✓ done", "✓ done", "✓ done", "✓ it ended here"])
  assert.deepEqual(news, ["o-1: started 10:00:00Z, ended after 3 s", "completed"])
})

test("an order in the middle of its way back tells which undo is under way, what is undone, and what turned it back", () => {
  const { of, news, standing } = drawn("order-compensating")
  assert.equal(of("reserve"), "↶ undoing, attempt 2 of 6; since 10:00:01Z; 2 done, 1 undone")
  assert.equal(of("charge"), "✗ refused: payment-declined")
  assert.deepEqual([standing("ship"), of("ship")], ["out", "not run"])
  assert.equal(news.at(-1), "turned back: payment-declined at charge (payment.charge/c-1)")
})

test("a step whose try has failed tells why, and when the next try comes", () => {
  const { of, standing } = drawn("order-retrying")
  assert.equal(standing("charge"), "running")
  assert.match(of("charge") ?? "", /^► attempt 1 of 4; failed: POISON; next try in \d+ ms$/)
})

test("a parked order tells where and why", () => {
  const { of, news } = drawn("order-parked")
  assert.equal(of("ship"), "■ parked: PIVOT_UNKNOWN")
  assert.equal(news.at(-1), "parked: PIVOT_UNKNOWN at ship (shipping.book/dhl), until an operator resumes it")
})

test("what is under way while a saga is paused stands still", () => {
  const driver = drive(trip.logic)
  driver.start(journey)
  driver.ask(trip.pause("o-1", { by: "me", why: "lunch" }))
  const { of, news } = marks({ name: "", saga: trip, instance: { row: rowOf(driver), nowMs: driver.nowMs, key: "o-1" } })
  assert.equal(of("stops"), "■ stands still; 2 pending")
  assert.equal(news.at(-1), "paused by an operator, until it is resumed")
})

test("a wait tells until when; a choice which way it went; a race who won; a loop its round", () => {
  const { of, standing } = drawn("trip-waiting")
  assert.equal(of("approval"), "◷ waiting until 2026-01-04 10:06:00Z")
  assert.deepEqual([of("insured:yes"), of("insured:no"), of("insure")], ["not taken", "✓ taken", "not run"])
  assert.deepEqual([of("train"), of("taxi"), of("cab"), of("ticket")], ["✓ won", "lost", "↶ undone", "✓ done"])
  assert.deepEqual([standing("poll"), of("poll")], ["done", "round 1 of 5"])
  assert.deepEqual([of("passport"), of("pay"), of("far:yes")], [undefined, undefined, undefined])
})

test("a saga that is turned back runs nothing that it has not begun, and waits for what is under way", () => {
  const { of, standing } = drawn("nested-turned-back")
  assert.deepEqual([of("l"), of("rr"), of("closing")], ["✓ done", "not run", "not run"])
  assert.equal(standing("r"), "running")
})

test("a child saga that is told to turn back while it is under way is being undone", () => {
  const driver = drive(withChild.logic)
  driver.start(journey)
  driver.ask(withChild.cancel("o-1"))
  const { standing } = marks({ name: "", saga: withChild, instance: { row: rowOf(driver), nowMs: driver.nowMs, key: "o-1" } })
  assert.deepEqual(driver.news(), ["do parcel.start/o-1-p", "undo parcel.revert/o-1-p"])
  assert.equal(standing("papers"), "undoing")
})

test("an operator's word, an undo that was given up and an outcome that is unknown are shown as what they are", () => {
  const driver = drive(nested.logic)
  driver.start(journey)
  driver.ask(nested.skipStep("o-1", "l", null, { by: "me", why: "seen" }))
  const instance = () => ({ name: "", saga: nested, instance: { row: rowOf(driver), nowMs: driver.nowMs, key: "o-1" } })
  assert.equal(marks(instance()).of("l"), "» counted as done")
  for (let attempt = 0; attempt < 7; attempt += 1) driver.fire("bookings.book/r")
  assert.equal(marks(instance()).of("r"), "? unknown: STEP_TIMEOUT")
  driver.reply("bookings.book/odd", { type: "done", value: null })
  driver.ask(nested.abandonUndo("o-1", { by: "me", why: "gone" }))
  assert.equal(marks(instance()).standing("odd-and-so-on-and-so-on-and-so-on-and-so-on-and-so-on-and-so-on"), "done")
  assert.ok(["r", "l"].some((name) => marks(instance()).standing(name) === "abandoned"))
})

test("a killed saga tells what it leaves; one that was compensated, why", () => {
  const driver = drive(trip.logic)
  driver.start(journey)
  driver.ask(trip.kill("o-1", { by: "me", why: "test" }))
  const { news } = marks({ name: "", saga: trip, instance: { row: rowOf(driver), nowMs: driver.nowMs, key: "o-1" } })
  const left = "it leaves bookings.book/rome, bookings.book/oslo"
  assert.deepEqual(news.slice(1), ["killed", left, "which steps it had come to is not kept"])
  assert.equal(drawn("order-compensated").news[1], "compensated: payment-declined")
})

test("a row of another definition is drawn with a warning", () => {
  const { instance } = instances.find(({ name }) => name === "order-retrying") ?? {}
  assert.ok(instance)
  const { news } = marksOf(trip.definition, instance)
  assert.ok(news.includes("drawn on another definition: place-order, version 1 started it"))
  assert.equal(marksOf(placeOrder.definition, instance).news.length, 1)
})
