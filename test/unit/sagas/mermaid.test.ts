// The picture of a saga.
import assert from "node:assert/strict"
import { test } from "node:test"
import { mermaid, saga } from "../../../sagas/index.ts"
import { inventory, OrderSchema, placeOrder } from "./shop.ts"

test("the diagram shows the steps, the chain of undos, and the ends", () => {
  assert.equal(mermaid(placeOrder), `stateDiagram-v2
  [*] --> reserve
  reserve --> charge: all done
  reserve --> undo_reserve: refused or unknown
  charge --> ship: done
  charge --> undo_reserve: refused
  charge --> undo_charge: unknown
  ship --> completed: done
  ship --> undo_charge: refused
  ship --> parked: unknown
  undo_reserve --> undo_reserve: next item
  undo_reserve --> parked: undo failed
  undo_reserve --> compensated: all undone
  undo_charge --> undo_reserve: undone
  undo_charge --> parked: undo failed
  completed --> [*]
  compensated --> [*]
`)
})

test("names that Mermaid cannot use as they are get another id, never the same one twice", () => {
  const run = () => inventory.reserve("P11", { orderId: "o", quantity: 1 })
  const named = saga("named", { input: OrderSchema, version: 1 })
    .step("a-b", { run, undo: "nothing" })
    .step("a_b", { run, undo: "nothing" })
  const lines = mermaid(named).split("\n")
  assert.ok(lines.includes('  state "a-b" as a_b_'))
  assert.ok(lines.includes("  a_b_ --> a_b: done"))
  assert.ok(lines.includes("  a_b --> completed: done"))
})
