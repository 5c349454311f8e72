// Child sagas and races from the parent's side: what is under way is turned back at once, and what fails inside a race
// stays there.
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Schema from "effect/Schema"
import { saga } from "../../../sagas/index.ts"
import { cancel, coverage, given, hang, refuse, signal, start, succeed } from "../../../sagas/testing/index.ts"
import { order, OrderSchema, payment } from "./shop.ts"

const Text = Schema.toStandardSchemaV1(Schema.Struct({ text: Schema.String }))
const empty = saga("parent", { input: OrderSchema, version: 1 })
const charge = (key: string) => ({
  run: () => payment.charge(key, { orderId: "o", cents: 1 }),
  undo: () => payment.refund(key),
  retry: { times: 0 },
})

test("a loop or a race that fails inside a race has lost that race, and nothing more", () => {
  const nested = empty
    .race("outer", {
      polls: (branch) =>
        branch.repeat("poll", (body) => body.step("look", charge("look")), { until: () => false, max: 2 }),
      races: (branch) =>
        branch.race("inner", { a: (one) => one.step("x", charge("x")), b: (one) => one.step("y", charge("y")) }),
      waits: (branch) => branch.awaitSignal("approval", Text),
    })
    .step("last", charge("z"))
  given(nested, { key: "p-1", input: order })
    .participants({ "*": succeed({ id: "p" }), "payment.charge/x": refuse("no"), "payment.charge/y": refuse("no") })
    .when(start())
    .then({ ended: "not yet", waiting: ["approval"] })
    .when(signal("approval", { text: "yes" }))
    .then({
      ended: "completed",
      commands: ["undo payment.refund/look", "undo payment.refund/look", "do payment.charge/z"],
    })
  assert.ok(coverage(nested).covered.includes("poll: exhausted"))
})

const packing = saga("packing", { input: Text, version: 1 })
  .step("box", charge("box"))
  .awaitSignal("picked", Text)
  .returns(({ picked }) => ({ parcel: picked.text }))
const child = (key: string) =>
  ({ key: ({ sagaId }: { sagaId: string }) => `${sagaId}-${key}`, input: () => ({ text: key }), onUndo: "revert" }) as const
const both = empty
  .parallel("pack", {
    north: (branch) => branch.child("fromNorth", packing, child("n")),
    south: (branch) => branch.child("fromSouth", packing, child("s")),
  })
  .step("last", charge("z"))

test("a child saga that is under way is turned back at once when its parent is, and its end is waited for", () => {
  given(both, { key: "p-1", input: order })
    .participants({ "packing.start/p-1-n": hang(), "packing.start/p-1-s": refuse("no-stock") })
    .when(start())
    .then({
      ended: "compensated",
      reason: "no-stock",
      commands: ["do packing.start/p-1-n", "do packing.start/p-1-s", "undo packing.revert/p-1-n"],
    })
  given(both, { key: "p-2", input: order })
    .participants({ "packing.start/p-2-n": hang(), "packing.start/p-2-s": succeed({ parcel: "7" }) })
    .when(start())
    .then({ ended: "not yet" })
    .when(cancel())
    .then({ reason: "cancelled", commands: ["undo packing.revert/p-2-s", "undo packing.revert/p-2-n"] })
})

const each = empty
  .children("pack", ({ input }) => input.lines, packing, {
    key: ({ sku }, { sagaId }) => `${sagaId}-${sku}`,
    input: ({ sku }) => ({ text: sku }),
    onUndo: "revert",
  })
  .step("last", {
    run: ({ pack }) => payment.charge(pack.map(({ parcel }) => parcel).join("+"), { orderId: "o", cents: 1 }),
    undo: "nothing",
  })

test("a child saga for each item of a list: their results are a list, and what one refuses turns the others back", () => {
  const parcels = { "packing.start": ({ key }: { key: string }) => succeed({ parcel: key.slice(4) }) }
  given(each, { key: "p-1", input: order })
    .participants({ ...parcels, "payment.charge": succeed() })
    .when(start())
    .then({
      ended: "completed",
      commands: [
        "do packing.start/p-1-P11", "do packing.start/p-1-P42", "do packing.start/p-1-P72", "do payment.charge/P11+P42+P72",
      ],
    })
  given(each, { key: "p-2", input: order })
    .participants({ ...parcels, "packing.start/p-2-P42": refuse("no-stock"), "packing.start/p-2-P72": hang() })
    .when(start())
    .then({ ended: "compensated", reason: "no-stock" })
    .when(cancel())
    .then({ refused: "ended" })
  const undos = ["P72", "P42", "P11"].map((sku) => `undo packing.revert/p-3-${sku}`)
  given(each, { key: "p-3", input: order })
    .participants({ ...parcels, "packing.start/p-3-P42": hang(), "packing.start/p-3-P72": hang() })
    .when(start())
    .then({ ended: "not yet" })
    .when(cancel())
    .then({ reason: "cancelled", commands: undos })
})
