// The test kit for services: one actor's handlers, reactions and timers, with no engine around them.
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Schema from "effect/Schema"
import { done, effectful, event, refused, service, timer } from "../../../runtime/index.ts"
import { after, given } from "../../../runtime/testing/index.ts"

const schema = Schema.toStandardSchemaV1
const Units = schema(Schema.Struct({ units: Schema.Int }))
const Low = event("Low", schema(Schema.Struct({ sku: Schema.String, left: Schema.Int })), { key: ({ sku }) => sku })
const Delivered = event("Delivered", schema(Schema.Struct({ sku: Schema.String, units: Schema.Int })))
const Recount = timer("recount", schema(Schema.Struct({ by: Schema.String })))

const shelf = service("shelf", { state: () => ({ left: 3, counted: "never" }) })
  .command("take", Units, (state, { units }, { key, nowMs }) => {
    if (units > state.left) return refused("empty", { left: state.left })
    const left = state.left - units
    const emits = left === 0 ? [Low({ sku: key, left })] : []
    return done({ ...state, left }, { took: units }, { emits, timers: [Recount.at(nowMs + 60_000, { by: "Ann" })] })
  })
  .undo("putBack", "take", (state, { units }) => done({ ...state, left: state.left + units }))
  .on(Delivered, ({ sku }) => sku, (state, { units }) => done({ ...state, left: state.left + units }), {
    when: ({ units }) => units > 0,
  })
  .timer(Recount, (state, { by }) => done({ ...state, counted: by }))
  .command("weigh", Units, effectful(async () => done({ left: 0, counted: "" }, { kg: 1 })))

test("a command gives a state, an answer, events and timers; a refusal changes nothing", () => {
  given(shelf, { key: "P1", state: { left: 2, counted: "never" } })
    .when(shelf.take("P1", { units: 2 }))
    .then({ state: { left: 0, counted: "never" }, answer: { took: 2 } })
    .when(shelf.take("P1", { units: 1 }))
    .then({ refused: "empty", detail: { left: 0 }, state: { left: 0, counted: "never" }, events: [] })
  given(shelf)
    .when(shelf.take("P1", { units: 3 }))
    .then({ events: [Low({ sku: "P1", left: 0 })], timers: ["recount"] })
  given(shelf).when(shelf.take("P1", { units: 9 })).then({ refused: "empty", state: { left: 3, counted: "never" } })
})

test("an undo is told what it takes back; without that there is nothing to take back", () => {
  given(shelf)
    .when(shelf.putBack("P1"))
    .then({ answer: null })
    .when(shelf.take("P1", { units: 2 }))
    .then({ state: { left: 1, counted: "never" } })
    .when(shelf.putBack("P1"))
    .when(shelf.putBack("P1"))
    .then({ state: { left: 3, counted: "never" } })
})

test("reactions and timers", () => {
  given(shelf)
    .when(Delivered({ sku: "P1", units: 2 }))
    .then({ state: { left: 5, counted: "never" } })
    .when(shelf.take("P1", { units: 1 }))
    .when(after("59 seconds"))
    .then({ timers: ["recount"] })
    .when(after("1 second"))
    .then({ timers: [], state: { left: 4, counted: "Ann" } })
    .when(Delivered({ sku: "P1", units: 0 }))
    .then({ state: { left: 4, counted: "Ann" } })
})

test("what is not as expected is shown; a refusal that is not expected is not overlooked", () => {
  const taking = given(shelf, { key: "P1" })
  assert.throws(() => taking.when(shelf.take("P1", { units: 9 })).then({ state: { left: 3, counted: "never" } }), {
    message: [
      "shelf/P1: not as expected", "- expected", "+ actual", "", '  state: {"counted":"never","left":3}', "- refused: no",
      "+ refused: empty",
    ].join("\n"),
  })
  const ignored = given(shelf).when(Delivered({ sku: "P1", units: 0 }))
  assert.throws(() => ignored.then({ events: ["Low"] }), /does not react to this event/)
})

test("another actor, an event of no interest and a handler that takes I/O are told", () => {
  assert.throws(() => given(shelf, { key: "P1" }).when(shelf.take("P2", { units: 1 })), /the test is of shelf\/P1/)
  assert.throws(() => given(shelf).when(Low({ sku: "P1", left: 1 })), /does not react to Low/)
  assert.throws(() => given(shelf).when(shelf.weigh("P1", { units: 1 })), /takes I\/O/)
  // @ts-expect-error a state of another shape
  assert.ok(given(shelf, { state: { left: "two" } }))
})
