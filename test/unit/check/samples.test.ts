// Samples that are missing or do not fit are told apart from what a saga does wrong, by the name of the sample.
import assert from "node:assert/strict"
import { test } from "node:test"
import { checkSaga, UnusableSample } from "../../../sagas/index.ts"
import { order, placeOrder } from "../sagas/shop.ts"
import { both, charge, trip, waiting } from "./every-verb.ts"

const refused = (saga: string, text: RegExp) => (error: unknown) => {
  assert.ok(error instanceof UnusableSample)
  assert.ok(error.message.startsWith(`saga ${saga}`), error.message)
  assert.match(error.message, text)
  return true
}

test("an input that is missing or wrong is asked for", () => {
  const untyped = { definition: placeOrder.definition }
  assert.throws(() => checkSaga(untyped, { input: undefined }), refused("place-order", /sample input is missing/))
  assert.throws(() => checkSaga(untyped, { input: { orderId: 1 } }), refused("place-order", /sample input does not fit/))
})

test("an answer that a function reads and nobody gave is asked for by the name of the step", () => {
  const asked = /read "id" of the answer of step charge: give a sample, answers.charge/
  assert.throws(() => checkSaga(placeOrder, { input: order }), refused("place-order", asked))
  assert.throws(() => checkSaga(both, { input: order, answers: { seat: { id: "s" } } }), refused("both", /answers.room/))
})

test("an answer that is handed on as a whole is asked for too, and one that nobody reads is not", () => {
  const handed = trip("handed").step("pay", charge("a")).step("ship", charge("b")).returns(({ pay }) => ({ pay }))
  assert.throws(() => checkSaga(handed, { input: order }), refused("handed", /answers.pay/))
  const unread = trip("unread").step("pay", charge("a")).step("ship", charge("b"))
  assert.equal(checkSaga(unread, { input: order, bounds: { walks: 0 } }).violation, undefined)
})

test("what comes for a wait is asked for by the name of the wait", () => {
  assert.throws(() => checkSaga(waiting, { input: order }), refused("waiting", /sample arrivals.approval is missing/))
  const arrivals = { approval: { text: "yes" }, paid: {}, form: { text: "x" } }
  assert.throws(() => checkSaga(waiting, { input: order, arrivals }), refused("waiting", /sample arrivals.paid does not fit/))
})

test("a sample for a step or a wait that the saga does not have is refused", () => {
  const check = (more: object) => () => checkSaga(placeOrder, { input: order, ...more })
  assert.throws(check({ answers: { change: null } }), refused("place-order", /no step "change"/))
  assert.throws(check({ arrivals: { charge: null } }), refused("place-order", /no wait "charge"/))
})
