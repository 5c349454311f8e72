// A machine of the user's is checked by its core, with what its commands mean.
import assert from "node:assert/strict"
import { test } from "node:test"
import { checkSaga } from "../../../sagas/index.ts"
import { createRawCore } from "../../../sagas/machine/raw-core.ts"
import { rawMachine } from "../../../sagas/machine/raw-machine.ts"
import { commandsOf, outlineOfMachine, toContract } from "../../../sagas/orchestrator/machine-parts.ts"
import { orderMachine } from "../sagas/machine-order.ts"
import { inventory, order, OrderCancelled, OrderConfirmed, payment, shipping } from "../sagas/shop.ts"

const retry = { times: 1, from: "1 second" } as const

function check(machine: Parameters<typeof rawMachine>[0]) {
  const commands = commandsOf(
    {
      "inventory.reserve": { run: () => inventory.reserve("P11", { orderId: "o", quantity: 1 }), retry },
      "inventory.release": { run: () => inventory.release("P11"), retry },
      "payment.charge": { run: () => payment.charge("c", { orderId: "o", cents: 1 }), retry },
      "payment.refund": { run: () => payment.refund("c"), retry },
      "shipping.book": { run: () => shipping.book("s", { paymentId: "p" }), retry },
    },
    "saga raw",
  )
  const core = createRawCore({
    name: "raw",
    version: 1,
    machine: rawMachine(machine),
    commands,
    emits: [OrderConfirmed, OrderCancelled].map(toContract),
    outline: outlineOfMachine("raw", {}, []),
  })
  const meaning = { undone: ["reserve", "charge"], pivot: "ship" }
  return checkSaga({ name: "raw", core }, { input: order, answers: { charge: { id: "p" }, ship: { tracking: "t" } }, ...meaning })
}

test("an order as a raw machine keeps every property on every path", () => {
  const { violation, isExhaustive, ends } = check(orderMachine)
  assert.equal(violation, undefined, violation?.plain)
  assert.ok(isExhaustive && (ends["completed"] ?? 0) > 0 && (ends["compensated"] ?? 0) > 0)
})

test("a raw machine that takes an unknown outcome for a refusal leaves a charge behind", () => {
  const { violation } = check(orderMachine.provide({ guards: { isOutcomeUnknown: () => false } }))
  assert.deepEqual([violation?.property, violation?.isShortest], ["undo-complete", true])
})
