// The picture of a saga.
import assert from "node:assert/strict"
import { test } from "node:test"
import { mermaid, saga } from "../../../sagas/index.ts"
import { inventory, OrderSchema, placeOrder } from "./shop.ts"

test("the diagram shows the steps, the way back, and the ends", () => {
  assert.equal(mermaid(placeOrder), `stateDiagram-v2
  [*] --> reserve
  reserve --> unwinding: refused or unknown
  reserve --> charge: all done
  charge --> ship: done
  charge --> unwinding: refused
  charge --> unwinding: unknown
  ship --> completed: done
  ship --> unwinding: refused
  ship --> parked: unknown
  unwinding --> unwinding: next undo
  unwinding --> parked: undo failed
  unwinding --> compensated: all undone
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
