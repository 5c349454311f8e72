// What a user of the package writes, as texts: one program in JavaScript to run, one in TypeScript to check.
// Their schemas are written by hand, so that they need no package besides this one.

const quantitySchema = `{
  "~standard": {
    version: 1,
    vendor: "hand-made",
    validate: (value) =>
      typeof value?.quantity === "number" ? { value: { quantity: value.quantity } } : { issues: [{ message: "no quantity" }] },
  },
}`

const orderSchema = `{
  "~standard": {
    version: 1,
    vendor: "hand-made",
    validate: (value) => (typeof value?.orderId === "string" ? { value } : { issues: [{ message: "needs an orderId" }] }),
  },
}`

export const consumerProgram = `
import { done, event, refused, service } from "troupe"
import { saga } from "troupe/sagas"
import { coverage, given, refuse, start } from "troupe/sagas/testing"
import * as testing from "troupe/testing"

const quantity = ${quantitySchema}
const order = ${orderSchema}

const inventory = service("inventory", { state: () => ({ stock: 10 }) })
  .command("reserve", quantity, (state, { quantity }) =>
    quantity > state.stock ? refused("out-of-stock") : done({ stock: state.stock - quantity }))
  .undo("release", "reserve", (state, did) => done({ stock: state.stock + did.quantity }))

const OrderPlaced = event("OrderPlaced", order)

const placeOrder = saga("place-order", { input: order, version: 1 })
  .step("reserve", {
    run: ({ input }) => inventory.reserve(input.orderId, { quantity: 1 }),
    undo: ({ input }) => inventory.release(input.orderId),
  })
  .emits(({ input }) => OrderPlaced({ orderId: input.orderId }))

function nameOfFault(work) {
  try {
    work()
    return undefined
  } catch (fault) {
    return fault._tag
  }
}

function covered() {
  given(placeOrder, { key: "o-1", input: { orderId: "o-1" } })
    .participants({ "inventory.reserve": refuse("out-of-stock") })
    .when(start())
    .then({ ended: "compensated", reason: "out-of-stock", commands: ["do inventory.reserve/o-1"] })
  testing.given(inventory).when(inventory.reserve("P11", { quantity: 2 })).then({ state: { stock: 8 } })
  return coverage(placeOrder).covered
}

console.log(JSON.stringify({
  command: inventory.reserve("P11", { quantity: 2 }),
  fact: OrderPlaced({ orderId: "o-1" }),
  refusal: refused("out-of-stock"),
  start: placeOrder.start("o-1", { orderId: "o-1" }),
  wrongPayload: nameOfFault(() => inventory.reserve("P11", {})),
  testing: Object.keys(testing).length > 0,
  covered: covered(),
}))
`

export const consumerCheck = `
import { done, service } from "troupe"
import { saga } from "troupe/sagas"

const inventory = service("inventory", { state: () => ({ stock: 10 }) })
  .command("reserve", ${quantitySchema}, (state) => done(state))
  .undo("release", "reserve", (state) => done(state))

const placeOrder = saga("place-order", { input: ${orderSchema}, version: 1 })
  .step("reserve", {
    run: ({ input }) => inventory.reserve(input.orderId, { quantity: 1 }),
    undo: ({ input }) => inventory.release(input.orderId),
  })

export const check = [{ saga: placeOrder, input: { orderId: "o-1" } }]
`

export const consumerTypes = `
import { done, event, refused, service } from "troupe"
import { saga } from "troupe/sagas"
import { given, start } from "troupe/sagas/testing"
import type * as testing from "troupe/testing"

interface Schema<T> {
  readonly "~standard": {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => { readonly value: T } | { readonly issues: readonly { readonly message: string }[] }
    readonly types?: { readonly input: T; readonly output: T }
  }
}

declare const quantity: Schema<{ readonly quantity: number }>
declare const order: Schema<{ readonly orderId: string }>
export type Testing = typeof testing

const inventory = service("inventory", { state: () => ({ stock: 10 }) })
  .command("reserve", quantity, (state, { quantity }) =>
    quantity > state.stock ? refused("out-of-stock") : done({ stock: state.stock - quantity }, { left: state.stock }))
  .undo("release", "reserve", (state, did) => done({ stock: state.stock + did.quantity }))

const OrderPlaced = event("OrderPlaced", order)

export const placeOrder = saga("place-order", { input: order, version: 1 })
  .step("reserve", {
    run: ({ input }) => inventory.reserve(input.orderId, { quantity: 1 }),
    undo: ({ input }) => inventory.release(input.orderId),
  })
  .emits(({ input, reserve }) => OrderPlaced({ orderId: input.orderId + reserve.left.toFixed() }))

given(placeOrder, { key: "o-1", input: { orderId: "o-1" } }).when(start()).then({ ended: "completed" })
given(inventory, { state: { stock: 1 } }).when(inventory.reserve("P11", { quantity: 1 })).then({ answer: { left: 1 } })

// @ts-expect-error an input of the wrong shape
given(placeOrder, { key: "o-1", input: { id: "o-1" } })
// @ts-expect-error a state of the wrong shape
given(inventory, { state: { left: 1 } })
// @ts-expect-error a payload of the wrong shape
inventory.reserve("P11", { quantity: "two" })
// @ts-expect-error a command that the service does not have
inventory.restock("P11", { quantity: 2 })
// @ts-expect-error an input of the wrong shape
placeOrder.start("o-1", { id: "o-1" })
`
