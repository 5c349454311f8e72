// What a saga declares that it emits.
import assert from "node:assert/strict"
import { test } from "node:test"
import { app } from "../../../runtime/index.ts"
import { askInMemory, newWorld, startInMemory } from "../../../runtime/testing/index.ts"
import { saga } from "../../../sagas/index.ts"
import { inventory, OrderCancelled, OrderConfirmed, OrderSchema } from "./shop.ts"

const order = { orderId: "o-1", customerId: "c", lines: [], totalCents: 1 }
const steps = saga("empty", { input: OrderSchema, version: 1 }).forEach("reserve", ({ input }) => input.lines, {
  run: (line) => inventory.reserve(line.sku, { orderId: "o", quantity: line.quantity }),
  undo: "nothing",
})
const confirm = ({ input }: { readonly input: { readonly orderId: string } }) =>
  OrderConfirmed({ orderId: input.orderId, tracking: "t" })

const cases = [
  ["an end whose event is declared completes the saga", [OrderConfirmed, OrderCancelled], "done"],
  ["an end whose event is not declared parks the saga", [OrderCancelled], "faulted"],
] as const

for (const [promise, declared, outcome] of cases) {
  test(promise, async (t) => {
    const emitting = steps.emits(confirm, declared)
    const shape = app("shop", { namespace: "test", services: [inventory, emitting] })
    const world = newWorld()
    const process = await startInMemory(shape, world)
    t.after(() => process.kill())
    const ended = await askInMemory(shape, world, emitting.start("o-1", order))
    assert.equal(ended.type, outcome)
    const told = process.engine.parked().map(({ message }) => message).join()
    assert.equal(told.includes('emits "OrderConfirmed" at its end and does not declare it'), outcome === "faulted")
  })
}
