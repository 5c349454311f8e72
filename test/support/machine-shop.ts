// A shop in which statecharts do the work: a saga that is a raw machine, and parcels that are one each.
import * as Schema from "effect/Schema"
import { emit, setup } from "xstate"
import { done, event, refused, service } from "../../runtime/index.ts"
import { activity, isOutcomeUnknown, machineSaga, machineService, type SagaInput } from "../../sagas/index.ts"

const Quantity = Schema.toStandardSchemaV1(Schema.Struct({ quantity: Schema.Int }))
const Nothing = Schema.toStandardSchemaV1(Schema.Struct({}))

export const stock = service("stock", { state: () => ({ left: 1_000 }) })
  .command("take", Quantity, (state, { quantity }) =>
    quantity > state.left ? refused("out-of-stock") : done({ left: state.left - quantity }, null),
  )
  .undo("putBack", "take", (state, { quantity }) => done({ left: state.left + quantity }, null))

/** One of five cards has no money. */
export const card = service("card", { state: () => ({ charged: 0 }) })
  .command("charge", Quantity, (state, { quantity }, { key }) =>
    key === "card-4" ? refused("declined") : done({ charged: state.charged + quantity }, null),
  )
  .undo("refund", "charge", (state, { quantity }) => done({ charged: state.charged - quantity }, null))

const ParcelDelivered = event("ParcelDelivered", Schema.toStandardSchemaV1(Schema.Struct({ order: Schema.String })), {
  key: ({ order }) => order,
})

const parcelMachine = setup({
  types: {
    context: {} as { key: string }, // cast: XState reads only the types
    input: {} as { key: string }, // cast: likewise
    emitted: {} as { type: "ParcelDelivered"; order: string }, // cast: likewise
  },
}).createMachine({
  id: "parcel",
  initial: "packed",
  context: ({ input }) => ({ key: input.key }),
  states: {
    packed: { on: { dispatch: "travelling" } },
    travelling: { after: { 20: "delivered" } },
    delivered: { entry: emit(({ context }) => ({ type: "ParcelDelivered", order: context.key })) },
  },
})

export const parcel = machineService("parcel", {
  machine: parcelMachine,
  events: { dispatch: Nothing },
  emits: [ParcelDelivered],
})

const buyMachine = setup({
  types: {
    context: {} as { id: string; quantity: number }, // cast: XState reads only the types
    input: {} as SagaInput<{ readonly quantity: number }>, // cast: likewise
    events: {} as { type: "ParcelDelivered" } | { type: "resume" }, // cast: likewise
  },
  actors: {
    take: activity<{ quantity: number }, null>(),
    putBack: activity<object, null>(),
    charge: activity<{ quantity: number }, null>(),
    refund: activity<object, null>(),
    dispatch: activity<object>(),
  },
  guards: { isOutcomeUnknown },
}).createMachine({
  id: "buy",
  initial: "taking",
  context: ({ input }) => ({ id: input.sagaId, quantity: input.input.quantity }),
  states: {
    taking: {
      invoke: {
        id: "take", src: "take", input: ({ context: { quantity } }) => ({ quantity }), onDone: "charging",
        onError: [{ guard: "isOutcomeUnknown", target: "puttingBack" }, "compensated"],
      },
    },
    charging: {
      invoke: {
        id: "charge", src: "charge", input: ({ context: { quantity } }) => ({ quantity }), onDone: "dispatching",
        onError: [{ guard: "isOutcomeUnknown", target: "refunding" }, "puttingBack"],
      },
    },
    dispatching: { invoke: { id: "dispatch", src: "dispatch", input: {}, onDone: "waiting", onError: "stuck" } },
    waiting: { on: { ParcelDelivered: "completed" }, after: { 60_000: "stuck" } },
    refunding: { invoke: { id: "refund", src: "refund", input: {}, onDone: "puttingBack", onError: "stuck" } },
    puttingBack: { invoke: { id: "putBack", src: "putBack", input: {}, onDone: "compensated", onError: "stuck" } },
    stuck: { tags: "parked", on: { resume: "waiting" } },
    completed: { type: "final" },
    compensated: { type: "final" },
  },
})

/** The card of the nth order. */
export const cardOf = (order: string) => `card-${Number(order.split("-")[1]) % 5}`

export const buy = machineSaga("buy", {
  machine: buyMachine,
  input: Quantity,
  version: 1,
  commands: {
    take: ({ input }) => stock.take("tea", input),
    putBack: () => stock.putBack("tea"),
    charge: ({ input, sagaId }) => card.charge(cardOf(sagaId), input),
    refund: ({ sagaId }) => card.refund(cardOf(sagaId)),
    dispatch: ({ sagaId }) => parcel.dispatch(sagaId, {}),
  },
  events: [ParcelDelivered],
})
