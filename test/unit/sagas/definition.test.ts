// What is no saga is refused where it is written.
import assert from "node:assert/strict"
import { test } from "node:test"
import { InvalidInput } from "../../../runtime/kernel/fault.ts"
import { limits } from "../../../runtime/kernel/limits.ts"
import { type PolicyOptions, saga } from "../../../sagas/index.ts"
import { inventory, OrderSchema, payment, placeOrder } from "./shop.ts"

const empty = () => saga("s", { input: OrderSchema, version: 1 })
const run = () => inventory.reserve("P11", { orderId: "o", quantity: 1 })

/** The builder as plain JavaScript sees it: without the compiler's rules. */
interface Untyped {
  readonly logic: unknown
  readonly machine: unknown
  step(name: string, options: object): Untyped
  forEach(name: string, list: unknown, options: object): Untyped
}
// cast: on purpose, to get past the compiler
const untyped = (builder: unknown) => builder as Untyped

function assertRefused(act: () => unknown, reason: RegExp): void {
  assert.throws(act, (error: unknown) => {
    assert.ok(error instanceof InvalidInput)
    assert.match(error.message, reason)
    return true
  })
}

test("a step's name is new, and neither reserved nor one that every object has", () => {
  const names: readonly (readonly [string, RegExp])[] = [
    ["input", /reserved/], ["sagaId", /reserved/], ["reason", /reserved/], ["completed", /reserved/], ["parked", /reserved/],
    ["new", /reserved/], ["unwinding", /reserved/], ["a.b", /must start with a letter/],
    ["", /must start with a letter/],
    ["__proto__", /must start with a letter/], ["constructor", /reserved/], ["first", /another step has that name/],
  ]
  const one = untyped(empty().step("first", { run, undo: "nothing" }))
  for (const [name, reason] of names) assertRefused(() => one.step(name, { run, undo: "nothing" }), reason)
})

test("a step before the pivot needs an undo, and from the pivot on there is none", () => {
  assertRefused(() => untyped(empty()).step("a", { run }), /saga s, step "a": a step before the pivot needs an undo/)
  assertRefused(() => untyped(empty()).step("a", { run, pivot: true, undo: "nothing" }), /from the pivot on there is no undo/)
  const pivoted = untyped(empty().step("a", { run, pivot: true }))
  assertRefused(() => pivoted.step("b", { run, undo: () => payment.refund("c") }), /from the pivot on there is no undo/)
  assertRefused(() => pivoted.step("b", { run, pivot: true }), /has one pivot/)
  assert.ok(pivoted.step("b", { run }).machine)
})

test("a pivot is one command, not a fan-out", () => {
  assertRefused(() => untyped(empty()).forEach("a", () => [1], { run, pivot: true }), /not a fan-out/)
})

test("a step needs its functions", () => {
  assertRefused(() => untyped(empty()).forEach("a", [1], { run, undo: "nothing" }), /not a function/)
  assertRefused(() => untyped(empty()).step("a", { run, undo: "later" }), /needs an undo/)
})

test("a policy that cannot be is refused", () => {
  const policies: readonly (readonly [PolicyOptions, RegExp])[] = [
    [{ timeout: 0 }, /longer than 0/],
    [{ retry: { times: -1 } }, /retry\.times -1/],
    [{ retry: { times: 0.5 } }, /retry\.times 0\.5/],
    [{ retry: { times: limits.retriesPerCommandMax + 1 } }, /retry\.times 1001/],
    [{ retry: { factor: 0.5 } }, /retry\.factor 0\.5/],
    [{ retry: { from: -1 } }, /duration -1/],
  ]
  for (const [policy, reason] of policies) assertRefused(() => empty().step("a", { run, undo: "nothing", ...policy }), reason)
})

test("a saga needs a name, a version and a step", () => {
  assertRefused(() => saga("no good", { input: OrderSchema, version: 1 }), /saga name "no good"/)
  assertRefused(() => saga("s", { input: OrderSchema, version: 0 }), /version 0/)
  assertRefused(() => saga("s", { input: OrderSchema, version: 1.5 }), /version 1\.5/)
  assertRefused(() => empty().machine, /has no steps/)
  assertRefused(() => empty().logic, /has no steps/)
})

test("steps are bounded", () => {
  let builder = untyped(empty())
  for (let n = 0; n < limits.sagaStepsMax; n++) builder = builder.step(`step${n}`, { run, undo: "nothing" })
  assertRefused(() => builder.step("more", { run, undo: "nothing" }), /at most 64 steps/)
})

test("a builder is a value: what is added to one is not in the other", () => {
  const start = empty().step("a", { run, undo: "nothing" })
  const longer = start.step("b", { run, undo: "nothing" })
  assert.deepEqual([start.definition.body.length, longer.definition.body.length], [1, 2])
})

test("the definition is plain data that tools can read", () => {
  const { name, version, definition } = placeOrder
  assert.deepEqual([name, version], ["place-order", 1])
  const shapes = definition.body.map((step) => step.type === "step" && [step.name, step.kind, step.place, typeof step.undo])
  assert.deepEqual(shapes, [
    ["reserve", "each", "before", "function"],
    ["charge", "single", "before", "function"],
    ["ship", "single", "pivot", "string"],
  ])
})
