// The life of a saga with a raw machine: delays, signals, facts, parking, operators, states that are left and entered anew.
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Schema from "effect/Schema"
import { assign, raise, setup } from "xstate"
import { limits } from "../../../runtime/kernel/limits.ts"
import { event } from "../../../runtime/message/contract.ts"
import { activity, commandFailure, machineSaga, type SagaInput } from "../../../sagas/index.ts"
import type { RawRow } from "../../../sagas/machine/raw-row.ts"
import { done, drive, type Driver, faulted, refused } from "./driver.ts"
import { builtOrder, rawOrder } from "./machine-order.ts"
import { order, OrderSchema, payment, shipping } from "./shop.ts"

type Order = typeof order & { readonly gift?: boolean }

const Approval = Schema.toStandardSchemaV1(Schema.Struct({ by: Schema.String }))
const Parcel = event("ParcelSeen", Schema.toStandardSchemaV1(Schema.Struct({ orderId: Schema.String })), {
  key: ({ orderId }) => orderId,
})

const machine = setup({
  types: {
    context: {} as { order: Order; by: string; fails: boolean; reason: string }, // cast: XState reads only the types
    input: {} as SagaInput<Order>, // cast: likewise
    // cast: likewise
    events: {} as
      | { type: "approve"; payload: { by: string } }
      | { type: "again"; payload: object }
      | { type: "ParcelSeen"; payload: { orderId: string } }
      | { type: "cancel"; code: string }
      | { type: "remind" },
  },
  actors: {
    charge: activity<{ customerId: string }, { id: string }>(),
    refund: activity<{ customerId: string }, null>(),
    book: activity<{ orderId: string }, { tracking: string }>(),
  },
  guards: {
    isHonest: ({ context }) => {
      if (context.fails) throw new RangeError("boom")
      return true
    },
  },
}).createMachine({
  id: "life",
  initial: "approving",
  context: ({ input }) => ({ order: input.input, by: "", fails: input.input.gift === true, reason: "" }),
  output: ({ context }) => ({ by: context.by }),
  states: {
    approving: {
      entry: raise({ type: "remind" }, { delay: 1_000, id: "reminder" }),
      after: { 60_000: "compensated" },
      on: {
        remind: {},
        approve: { target: "charging", guard: "isHonest", actions: assign({ by: ({ event }) => event.payload.by }) },
        cancel: "compensated",
      },
    },
    charging: {
      invoke: {
        id: "charge",
        src: "charge",
        input: ({ context }) => ({ customerId: context.order.customerId }),
        onDone: "shipping",
        onError: { target: "stuck", actions: assign({ reason: ({ event }) => commandFailure(event).code }) },
      },
      after: { 5_000: "refunding" },
      on: { again: { target: "charging", reenter: true } },
    },
    stuck: { tags: "parked", on: { again: "charging", cancel: "refunding" } },
    shipping: {
      type: "parallel",
      onDone: "completed",
      states: {
        booking: {
          initial: "booking",
          states: {
            booking: {
              invoke: { id: "book", src: "book", input: { orderId: "o-1" }, onDone: "booked", onError: "#life.refunding" },
            },
            booked: { type: "final" },
          },
        },
        parcel: { initial: "unseen", states: { unseen: { on: { ParcelSeen: "seen" } }, seen: { type: "final" } } },
      },
    },
    refunding: {
      invoke: { id: "refund", src: "refund", input: { customerId: "c-1" }, onDone: "compensated", onError: "stuck" },
    },
    completed: { type: "final" },
    compensated: { type: "final" },
  },
})

const life = machineSaga("life", {
  machine,
  input: OrderSchema,
  version: 1,
  commands: {
    charge: {
      run: ({ input, sagaId }) => payment.charge(input.customerId, { orderId: sagaId, cents: 1 }),
      timeout: "none",
      retry: { times: 1, from: "1 second" },
    },
    refund: ({ input }) => payment.refund(input.customerId),
    book: ({ input }) => shipping.book(input.orderId, { paymentId: "p" }),
  },
  signals: { approve: Approval, again: Schema.toStandardSchemaV1(Schema.Struct({})) },
  events: [Parcel],
})

const charge = "payment.charge/c-1"
const by = { by: "ann", why: "test" }
const requester = { subject: "_INBOX.a", request: "a" }
const approve = (driver: Driver) => driver.ask(life.signal("o-1", "approve", { by: "ann" }))
const seen = (driver: Driver, id: string) =>
  driver.take({
    type: "event", to: driver.self, name: "ParcelSeen", payload: { orderId: "o-1" }, id, source: "s", subject: "o-1", timeMs: 0,
  })
const stateOf = (driver: Driver) => driver.row().value

function started(input: Order = order): Driver {
  const driver = drive(life.logic)
  driver.start(input, requester)
  return driver
}

function charging(): Driver {
  const driver = started()
  approve(driver)
  driver.news()
  return driver
}

test("an after and a raise with a delay are durable timers, which leaving the state cancels", () => {
  const driver = started()
  assert.deepEqual([...driver.timers.values()].map(({ dueMs }) => dueMs - driver.nowMs), [1_000, 60_000])
  approve(driver)
  assert.deepEqual([...driver.timers.values()].map(({ dueMs }) => dueMs - driver.nowMs), [1_000, 5_000])
  driver.fire("reminder")
  assert.equal(stateOf(driver), "charging")
  driver.fire("xstate.after.5000.life.charging")
  assert.deepEqual(driver.news(), [`do ${charge}`, "undo payment.refund/c-1"])
})

test("a late timer of a state that was entered anew changes nothing", () => {
  const driver = charging()
  const [name = "", timer] = [...driver.timers].find(([, { dueMs }]) => dueMs === driver.nowMs + 5_000) ?? []
  assert.ok(timer)
  driver.ask(life.signal("o-1", "again", {}))
  const before = driver.state
  driver.take({ type: "timer", to: driver.self, name, ...timer })
  assert.equal(driver.state, before)
})

test("leaving a state withdraws its command: a late reply changes nothing, and its outcome may be undone", () => {
  const driver = charging()
  driver.fire("xstate.after.5000.life.charging")
  const before = driver.state
  driver.reply(charge, done({ id: "pay-1" }))
  driver.reply(charge, refused("no-money"))
  assert.equal(driver.state, before)
  const [did, undo] = driver.sent
  assert.deepEqual([undo?.direction, undo?.undoes], ["undo", did?.effect])
  assert.equal(driver.reply("payment.refund/c-1", done()).ended?.outcome, "compensated")
})

test("a state that is entered anew sends a new effect, and only that one is waited for", () => {
  const driver = charging()
  driver.ask(life.signal("o-1", "again", {}))
  const [first, second] = driver.sent
  assert.ok(first && second && first.effect !== second.effect)
  driver.reply(first.effect, done({ id: "pay-1" }))
  assert.equal(stateOf(driver), "charging")
  driver.reply(second.effect, done({ id: "pay-2" }))
  assert.deepEqual(stateOf(driver), { shipping: { booking: "booking", parcel: "unseen" } })
})

test("a signal is taken or refused, never kept; one with a payload of another shape is refused", () => {
  const driver = started()
  const { outcome } = driver.ask(life.signal("o-1", "again", {}))
  assert.deepEqual(outcome, refused("not-now", 'its state approving takes no "again"'))
  // cast: what plain JavaScript could hand over
  const wrong = life.signal("o-1", "approve", { by: 1 as unknown as string })
  assert.partialDeepStrictEqual(driver.ask(wrong).outcome, { code: "invalid-payload" })
  assert.deepEqual(approve(driver).outcome, done())
  assert.equal(stateOf(driver), "charging")
})

test("a fact that comes before its state is kept, and taken when the state is reached", () => {
  const driver = charging()
  seen(driver, "1")
  assert.deepEqual(driver.row().early, { ParcelSeen: [{ orderId: "o-1" }] })
  driver.reply(charge, done({ id: "pay-1" }))
  assert.deepEqual(stateOf(driver), { shipping: { booking: "booking", parcel: "seen" } })
  const { ended, answer } = driver.reply("shipping.book/o-1", done({ tracking: "T" }))
  assert.equal(ended?.outcome, "completed")
  assert.partialDeepStrictEqual(answer?.[0]?.outcome, { value: { outcome: "completed", result: { by: "ann" } } })
})

test("of facts that come early only so many are kept", () => {
  const driver = charging()
  for (let n = 0; n < limits.earlyArrivalsMax + 5; n += 1) seen(driver, `${n}`)
  assert.equal(driver.row().early?.["ParcelSeen"]?.length, limits.earlyArrivalsMax)
})

test("a state with the tag parked parks the saga: it takes no reply, no timer and no fact until an operator speaks", () => {
  const driver = charging()
  const { parked, answer } = driver.reply(charge, refused("no-money"))
  assert.equal(parked?.code, "MACHINE_PARKED")
  assert.match(parked.message, /saga life\/o-1 in state stuck: its machine waits for an operator/)
  assert.equal(answer?.[0]?.outcome.type, "faulted")
  seen(driver, "1")
  assert.deepEqual([stateOf(driver), driver.timers.size], ["stuck", 0])
  assert.partialDeepStrictEqual(driver.resume().outcome, { code: "not-now" })
  const { resumed } = driver.ask(life.signal("o-1", "again", {}))
  assert.deepEqual([resumed, stateOf(driver), driver.row().parked], [true, "charging", undefined])
  assert.deepEqual([...driver.timers.values()].map(({ dueMs }) => dueMs - driver.nowMs), [1_000, 5_000])
})

test("cancel is an event of the machine, also when it is parked, and is refused where no state takes it", () => {
  assert.equal(started().ask(life.cancel("o-1")).ended?.outcome, "compensated")
  const driver = charging()
  assert.partialDeepStrictEqual(driver.ask(life.cancel("o-1")).outcome, { code: "not-now" })
  driver.reply(charge, refused("no-money"))
  driver.ask(life.cancel("o-1"))
  assert.deepEqual(driver.news(), ["undo payment.refund/c-1"])
  const { ended } = driver.reply("payment.refund/c-1", done())
  assert.deepEqual(ended, { outcome: "compensated", startedMs: 1_000_000, reason: "no-money" })
})

test("a guard that throws parks the saga with its row as it was, and so does a context that cannot begin", () => {
  const driver = started({ ...order, gift: true })
  const { value, context, open, seq } = driver.row() as RawRow // cast: of a raw machine
  const { parked } = approve(driver)
  assert.equal(parked?.code, "POISON")
  assert.match(parked.message, /in state approving: .*boom/s)
  assert.partialDeepStrictEqual(driver.row(), { value, context, open, seq })
  assert.partialDeepStrictEqual(approve(driver).outcome, { code: "parked" })
  assert.equal(driver.resume().resumed, true)
})

test("pause, and resume sends what is open again under the same effect key", () => {
  const driver = charging()
  driver.ask(life.pause("o-1", by))
  assert.partialDeepStrictEqual(approve(driver).outcome, { code: "parked" })
  driver.reply(charge, done({ id: "pay-1" }))
  driver.resume()
  assert.deepEqual(driver.news(), [`do ${charge}`])
  assert.equal(driver.sent[0]?.effect, driver.sent[1]?.effect)
  driver.reply(charge, done({ id: "pay-1" }))
  assert.partialDeepStrictEqual(stateOf(driver), { shipping: {} })
})

test("a faulted try is followed by another one, retryNow ends its pause, and after the last one the outcome is unknown", () => {
  const driver = charging()
  assert.partialDeepStrictEqual(driver.ask(life.retryNow("o-1", by)).outcome, { code: "not-pausing" })
  driver.reply(charge, faulted())
  driver.ask(life.retryNow("o-1", by))
  assert.deepEqual(driver.news(), [`do ${charge} #2`])
  assert.equal(driver.reply(charge, faulted()).parked?.code, "MACHINE_PARKED")
  assert.partialDeepStrictEqual(driver.row(), { context: { reason: "POISON" }, items: { charge: ["unknown"] } })
})

test("an operator says how a command went, or gives an undo up, or kills it and is told what it leaves", () => {
  const driver = charging()
  assert.partialDeepStrictEqual(driver.ask(life.skipStep("o-1", "book", null, by)).outcome, { code: "not-open" })
  driver.ask(life.skipStep("o-1", "charge", { id: "pay-9" }, by))
  assert.partialDeepStrictEqual(stateOf(driver), { shipping: {} })
  driver.reply("shipping.book/o-1", refused("no"))
  assert.equal(driver.ask(life.abandonUndo("o-1", by)).ended?.outcome, "compensated")
  const killed = charging()
  killed.ask(life.kill("o-1", by))
  assert.deepEqual(killed.ended()?.leaves, [charge])
})

test("a machine of another shape, or a built saga, parks the rows of this one and can give them back", () => {
  const driver = drive(rawOrder.logic)
  driver.start(order)
  const other = drive(builtOrder.logic)
  other.adopt(driver)
  assert.equal(other.reply("place-order/o-1:1:0", done()).parked?.code, "DEFINITION_CHANGED")
  driver.adopt(other)
  driver.resume()
  assert.equal(driver.reply("inventory.reserve/P11", refused("out-of-stock")).ended?.outcome, "compensated")
})

test("an undo of what was never sent parks the saga", () => {
  const hasty = setup({ actors: { refund: activity<object, null>() } }).createMachine({
    initial: "refunding",
    states: {
      refunding: { invoke: { id: "refund", src: "refund", input: {}, onDone: "compensated", onError: "compensated" } },
      compensated: { type: "final" },
    },
  })
  const commands = { refund: () => payment.refund("c-1") }
  const driver = drive(machineSaga("hasty", { machine: hasty, input: OrderSchema, version: 1, commands }).logic)
  const { parked } = driver.start(order)
  assert.match(parked?.message ?? "", /invoke refund: refund undoes payment.charge\/c-1, which this saga has not sent/)
})
