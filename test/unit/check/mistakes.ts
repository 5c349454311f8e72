// Sagas with a mistake that their author might make: what it breaks, and how many moves a shortest path to it has.
import * as Schema from "effect/Schema"
import type { Command } from "../../../runtime/index.ts"
import { event } from "../../../runtime/index.ts"
import type { CheckSagaOptions, Saga, SagaProperty } from "../../../sagas/index.ts"
import { inventory, order, OrderConfirmed, payment } from "../sagas/shop.ts"
import { charge, oneTry, trip } from "./every-verb.ts"

export interface Mistake {
  readonly saga: Pick<Saga<never>, "definition">
  readonly property: SagaProperty
  readonly moves: number
  readonly message: RegExp
  readonly options?: Partial<CheckSagaOptions>
}

const Text = Schema.toStandardSchemaV1(Schema.Struct({ text: Schema.String }))
const Anything = Schema.toStandardSchemaV1(Schema.Unknown)
const Paid = event("Paid", Anything)
const after = { run: () => payment.charge("z", { orderId: "o", cents: 1 }), undo: "nothing", ...oneTry } as const
const chargeFor = (cents: number) => payment.charge("a", { orderId: "o", cents })
const counter = () => {
  let count = 0
  return () => (count += 1)
}
const plain = (payload: unknown): Command =>
  // cast: what somebody could write by hand in JavaScript
  ({ service: "payment", key: "a", name: "charge", payload }) as unknown as Command

const [drawn, listed, aimed] = [counter(), counter(), counter()]

export const mistakes: readonly Mistake[] = [
  {
    saga: trip("undo-elsewhere").step("pay", { ...charge("a"), undo: () => payment.refund("b") }),
    property: "functions-answer",
    moves: 2,
    message: /undo goes to payment\/b, its run went to payment\/a/,
  },
  {
    saga: trip("undo-of-another").step("pay", {
      ...charge("a"),
      undo: () => ({ ...inventory.release("a"), service: "payment" }),
    }),
    property: "functions-answer",
    moves: 2,
    message: /release undoes reserve, its run sent charge/,
  },
  {
    saga: trip("undo-that-does").step("pay", { ...charge("a"), undo: () => chargeFor(-1) }),
    property: "functions-answer",
    moves: 2,
    message: /charge undoes nothing/,
  },
  {
    saga: trip("run-that-undoes").step("pay", { run: () => payment.refund("a"), undo: "nothing" }),
    property: "functions-answer",
    moves: 1,
    message: /run returned refund, which is the undo of charge/,
  },
  {
    saga: trip("drawn-payload").step("pay", { ...charge("a"), run: () => chargeFor(drawn()) }),
    property: "same-again",
    moves: 1,
    message: /taken again, is another one/,
  },
  {
    saga: trip("wandering").step("pay", {
      run: () => payment.charge(`a${Math.floor(aimed() / 3)}`, { orderId: "o", cents: 1 }),
      undo: "nothing",
    }),
    property: "functions-answer",
    moves: 3,
    message: /run answered payment.charge\/a\d and now payment.charge\/a\d; it must not change/,
  },
  {
    saga: trip("list-that-grows").forEach("pay", () => Array.from({ length: listed() }), { ...after }),
    property: "functions-answer",
    moves: 1,
    message: /its list had \d items and now has \d; it must not change/,
  },
  {
    saga: trip("result-of-a-loser")
      .race("by", { slow: (b) => b.step("truck", charge("t")), fast: (b) => b.step("plane", charge("p")) })
      .step("tell", { ...after, run: ({ truck }) => payment.charge(String(truck?.id.length), { orderId: "o", cents: 1 }) })
      .emits(({ truck, input }) => OrderConfirmed({ orderId: input.orderId, tracking: truck === undefined ? "x" : truck.id })),
    property: "functions-answer",
    moves: 4,
    message: /emits completed threw: Cannot read properties of null/,
    options: { answers: { truck: { id: "t" }, plane: { id: "p" } } },
  },
  {
    saga: trip("way-not-taken")
      .when("insured", ({ input }) => input.totalCents > 1, (yes) => yes.step("insure", charge("i")))
      .step("tell", { ...after, run: ({ insure }) => payment.charge(insure!.id, { orderId: "o", cents: 1 }) }),
    property: "functions-answer",
    moves: 1,
    message: /step tell: run threw/,
    options: { answers: { insure: { id: "i" } } },
  },
  {
    saga: trip("reason-not-foreseen")
      .step("pay", charge("a"))
      .step("then", charge("b"))
      .emits({
        compensated: ({ input, reason }) => {
          if (reason === "STEP_TIMEOUT") throw new Error("no words for it")
          return OrderConfirmed({ orderId: input.orderId, tracking: reason })
        },
      }),
    property: "functions-answer",
    moves: 3,
    message: /emits compensated threw: no words for it/,
  },
  {
    saga: trip("not-declared").step("pay", after).emits(({ input }) => Paid({ input }), [OrderConfirmed]),
    property: "functions-answer",
    moves: 2,
    message: /emits "Paid" at its end and does not declare it/,
  },
  {
    // cast: past the compiler, as in plain JavaScript
    saga: trip("no-answer").when("large", ({ input }) => input.totalCents as unknown as boolean, (b) => b.step("pay", after)),
    property: "functions-answer",
    moves: 1,
    message: /returned 47238, not true or false/,
  },
  {
    saga: trip("never-enough").repeat("again", (b) => b.step("pay", after), {
      until: ({ pay }) => Object(pay).missing as boolean, // cast: likewise
      max: 2,
    }),
    property: "functions-answer",
    moves: 2,
    message: /returned undefined, not true or false/,
    options: { answers: { pay: {} } },
  },
  {
    saga: trip("promised").step("pay", { run: async () => chargeFor(1), undo: "nothing" } as unknown as typeof after), // cast: so
    property: "functions-answer",
    moves: 1,
    message: /returned no command/,
  },
  {
    // cast: likewise
    saga: trip("adding").step("pay", { ...after, run: ({ input }) => chargeFor((input.lines as unknown[]).push(1)) }),
    property: "functions-answer",
    moves: 1,
    message: /run threw: Cannot add property 3, object is not extensible/,
  },
  {
    saga: trip("dated").step("pay", { run: () => plain(new Date(0)), undo: "nothing" }),
    property: "survives-json",
    moves: 1,
    message: /is a Date, which JSON cannot carry/,
  },
  {
    saga: trip("dated-result").step("pay", after).returns(() => ({ at: new Date(0) })),
    property: "survives-json",
    moves: 2,
    message: /the row at "ended.result.at" is a Date/,
  },
  {
    saga: trip("no-lines").step("pay", after).forEach("wrap", ({ input }) => input.lines, { ...after }),
    property: "all-reached",
    moves: 0,
    message: /step "wrap" sends no command/,
    options: { input: { ...order, lines: [] } },
  },
  {
    saga: trip("never-large")
      .step("pay", after)
      .when("large", ({ input }) => input.totalCents < 0, (yes) => yes.step("check", charge("l"))),
    property: "all-reached",
    moves: 0,
    message: /step "check" sends no command/,
    options: { bounds: { conditions: "as data say" } },
  },
  {
    saga: trip("never-found").repeat("again", (b) => b.step("look", after), { until: () => false, max: 2 }),
    property: "all-reached",
    moves: 0,
    message: /it completes on no path/,
    options: { bounds: { conditions: "as data say" } },
  },
  {
    saga: trip("no-time").step("pay", after).sleepUntil("then", () => Date.parse("soon")),
    property: "functions-answer",
    moves: 2,
    message: /NaN is no time in whole milliseconds/,
  },
  {
    // cast: it is none
    saga: trip("unseen").awaitEvent("paid", Paid, { when: (payload) => (payload as { id: string }).id.length > 0 }),
    property: "functions-answer",
    moves: 2,
    message: /wait paid: when threw/,
    options: { arrivals: { paid: {} } },
  },
  {
    saga: trip("early-change")
      .step("pay", charge("a"))
      .accepts("address", Text, (_, { pay }) => (pay!.id === "p" ? undefined : "no")),
    property: "functions-answer",
    moves: 2,
    message: /update address threw/,
    options: { updates: { address: { text: "here" } }, answers: { pay: { id: "p" } } },
  },
]
