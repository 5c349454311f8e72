// The names of commands in pictures: asked of the definition's functions with stand-ins, and left out where that fails.
import assert from "node:assert/strict"
import { test } from "node:test"
import type { Command } from "../../../../runtime/index.ts"
import { commandNames } from "../../../../sagas/draw/command-names.ts"
import { pictureOf } from "../../../../sagas/draw/picture.ts"
import type { StepNode } from "../../../../sagas/index.ts"
import { trip } from "../../../support/drawn-sagas.ts"
import { inventory, payment, placeOrder, shipping } from "../shop.ts"

type Context = Record<string, Record<string, Record<string, string>>>

function named(run: (item: never, context: never) => Command, undo: StepNode["undo"] = "nothing") {
  // cast: each function here reads what it likes, as those of a definition do
  return commandNames({ run: run as unknown as StepNode["run"], undo })
}

test("names are found through fields of items, of the input and of results, and behind numbers", () => {
  const one = { orderId: "o", quantity: 1 }
  assert.equal(named((line: { sku: string }) => inventory.reserve(line.sku, one)).run, "inventory.reserve")
  assert.equal(named((sku: string) => inventory.reserve(sku, one)).run, "inventory.reserve")
  const deep = (_: never, { input, charge }: { input: { who: { id: string } }; charge: { id: string } }) =>
    shipping.book(input.who.id, { paymentId: charge.id })
  assert.equal(named(deep).run, "shipping.book")
  const priced = (_: never, { input }: { input: { who: string; cents: number } }) =>
    payment.charge(input.who, { orderId: "o", cents: input.cents * 2 })
  assert.equal(named(priced).run, "payment.charge")
})

test("an undo names the command that it undoes too", () => {
  const run = (_: never, context: Context) => payment.charge(context["a"]?.["b"]?.["c"] ?? "", JSON.parse("no JSON"))
  const undo: StepNode["undo"] = () => payment.refund("k")
  assert.deepEqual(named(run, undo), { run: "payment.charge", undo: "payment.refund" })
})

test("a function that cannot be asked so leaves its command without a name, and the picture is drawn all the same", () => {
  const failing = () => {
    throw new Error("never")
  }
  assert.deepEqual(named(failing, failing), {})
  // cast: what plain JavaScript might return
  assert.deepEqual(named(() => undefined as unknown as Command), {})
  const [step] = placeOrder.definition.body
  assert.ok(step?.type === "step")
  const { before } = pictureOf({ ...placeOrder.definition, body: [{ ...step, run: failing, undo: failing }] })
  assert.deepEqual(before.map((part) => part.type === "box" && [part.lines, part.back]), [[["for each: a command"], "↶ undo"]])
})

test("the definition's functions are asked, and nothing is kept of it: pictures are the same every time", () => {
  assert.deepEqual(pictureOf(trip.definition), pictureOf(trip.definition))
})
