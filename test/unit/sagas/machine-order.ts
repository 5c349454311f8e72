// The order saga twice: built step by step, and as a raw machine. Reserve, charge, ship (the pivot); undone latest first.
import { assign, emit, setup } from "xstate"
import {
  activity, commandFailure, isOutcomeUnknown, machineSaga, saga, type SagaInput,
} from "../../../sagas/index.ts"
import { inventory, OrderCancelled, OrderConfirmed, type order, OrderSchema, payment, shipping } from "./shop.ts"

type Order = typeof order
type Payment = { readonly id: string }

interface Context {
  readonly sagaId: string
  readonly order: Order
  readonly paymentId: string
  readonly tracking: string
  readonly reason: string
}

const patience = { timeout: "10 seconds", retry: { times: 1, from: "1 second" } } as const

export const builtOrder = saga("place-order", { input: OrderSchema, version: 1 })
  .step("reserve", {
    run: ({ input, sagaId }) => inventory.reserve("P11", { orderId: sagaId, quantity: input.lines.length }),
    undo: () => inventory.release("P11"),
    ...patience,
  })
  .step("charge", {
    run: ({ input, sagaId }) => payment.charge(input.customerId, { orderId: sagaId, cents: input.totalCents }),
    undo: ({ input }) => payment.refund(input.customerId),
    ...patience,
  })
  .step("ship", {
    run: ({ input, charge }) => shipping.book(input.orderId, { paymentId: charge.id }),
    pivot: true,
    ...patience,
  })
  .emits({
    completed: ({ input, ship }) => OrderConfirmed({ orderId: input.orderId, tracking: ship.tracking }),
    compensated: ({ input, reason }) => OrderCancelled({ orderId: input.orderId, reason }),
  })

export const orderMachine = setup({
  types: {
    context: {} as Context, // cast: XState reads only the types
    input: {} as SagaInput<Order>, // cast: likewise
    // cast: likewise
    emitted: {} as
      | { type: "OrderConfirmed"; orderId: string; tracking: string }
      | { type: "OrderCancelled"; orderId: string; reason: string },
    tags: {} as "parked", // cast: likewise
    events: {} as { type: "cancel" } | { type: "resume" }, // cast: likewise
  },
  actors: {
    "inventory.reserve": activity<{ sku: string; quantity: number }, { reserved: number }>(),
    "inventory.release": activity<{ sku: string }, null>(),
    "payment.charge": activity<{ customerId: string; cents: number }, Payment>(),
    "payment.refund": activity<{ customerId: string }, null>(),
    "shipping.book": activity<{ orderId: string; paymentId: string }, { tracking: string }>(),
  },
  guards: { isOutcomeUnknown },
  actions: { because: assign({ reason: ({ context, event }) => context.reason || commandFailure(event).code }) },
}).createMachine({
  id: "order",
  initial: "reserving",
  context: ({ input: { sagaId, input } }) => ({ sagaId, order: input, paymentId: "", tracking: "", reason: "" }),
  states: {
    reserving: {
      invoke: {
        id: "reserve",
        src: "inventory.reserve",
        input: ({ context }) => ({ sku: "P11", quantity: context.order.lines.length }),
        onDone: "charging",
        onError: [
          { guard: "isOutcomeUnknown", actions: "because", target: "releasing" },
          { actions: "because", target: "compensated" },
        ],
      },
    },
    charging: {
      invoke: {
        id: "charge",
        src: "payment.charge",
        input: ({ context }) => ({ customerId: context.order.customerId, cents: context.order.totalCents }),
        onDone: { target: "shipping", actions: assign({ paymentId: ({ event }) => event.output.id }) },
        onError: [
          { guard: "isOutcomeUnknown", actions: "because", target: "refunding" },
          { actions: "because", target: "releasing" },
        ],
      },
      on: { cancel: { target: "refunding", actions: assign({ reason: "cancelled" }) } },
    },
    shipping: {
      invoke: {
        id: "ship",
        src: "shipping.book",
        input: ({ context }) => ({ orderId: context.order.orderId, paymentId: context.paymentId }),
        onDone: { target: "completed", actions: assign({ tracking: ({ event }) => event.output.tracking }) },
        onError: [
          { guard: "isOutcomeUnknown", target: "stuck" },
          { actions: "because", target: "refunding" },
        ],
      },
    },
    refunding: {
      invoke: {
        id: "refund",
        src: "payment.refund",
        input: ({ context }) => ({ customerId: context.order.customerId }),
        onDone: "releasing",
        onError: "stuck",
      },
    },
    releasing: {
      invoke: {
        id: "release",
        src: "inventory.release",
        input: { sku: "P11" },
        onDone: "compensated",
        onError: "stuck",
      },
    },
    stuck: { tags: "parked", on: { resume: "shipping" } },
    completed: {
      type: "final",
      entry: emit(({ context }) => {
        return { type: "OrderConfirmed" as const, orderId: context.order.orderId, tracking: context.tracking }
      }),
    },
    compensated: {
      type: "final",
      entry: emit(({ context }) => {
        return { type: "OrderCancelled" as const, orderId: context.order.orderId, reason: context.reason }
      }),
    },
  },
})

export const rawOrder = machineSaga("place-order", {
  machine: orderMachine,
  input: OrderSchema,
  version: 1,
  commands: {
    "inventory.reserve": {
      run: ({ input, sagaId }) => inventory.reserve(input.sku, { orderId: sagaId, quantity: input.quantity }),
      ...patience,
    },
    "inventory.release": { run: ({ input }) => inventory.release(input.sku), ...patience },
    "payment.charge": {
      run: ({ input, sagaId }) => payment.charge(input.customerId, { orderId: sagaId, cents: input.cents }),
      ...patience,
    },
    "payment.refund": { run: ({ input }) => payment.refund(input.customerId), ...patience },
    "shipping.book": {
      run: ({ input }) => shipping.book(input.orderId, { paymentId: input.paymentId }),
      ...patience,
    },
  },
  emits: [OrderConfirmed, OrderCancelled],
})
