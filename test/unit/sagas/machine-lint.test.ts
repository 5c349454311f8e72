// Every breach of a machine is named when it is registered, with its state and its mend.
import assert from "node:assert/strict"
import { test } from "node:test"
import {
  type AnyStateMachine, assign, createMachine, enqueueActions, fromCallback, log, raise, sendTo, setup, spawnChild,
} from "xstate"
import { InvalidInput } from "../../../runtime/kernel/fault.ts"
import { activity, lintMachine, machineSaga } from "../../../sagas/index.ts"
import { orderMachine } from "./machine-order.ts"
import { OrderSchema, payment } from "./shop.ts"

const actors = { charge: activity<object, { id: string }>(), refund: activity<object, null>() }

/** `rule state` of each breach. */
function breaches(machine: AnyStateMachine, given: Partial<Parameters<typeof lintMachine>[1]> = {}): readonly string[] {
  const found = lintMachine(machine, { commands: {}, events: [], emits: [], as: "saga", ...given })
  return found.map(({ rule, state }) => `${rule} ${state}`)
}

const charge = { id: "charge", src: "charge", onDone: "completed", onError: "compensated" } as const
const ends = { completed: { type: "final" }, compensated: { type: "final" } } as const

/** A machine whose first state is the given one. */
function beginningWith(first: object, more: object = {}, given: object = {}): AnyStateMachine {
  const config = { id: "m", initial: "first", ...given, states: { first, ...more, ...ends } }
  // cast: what plain JavaScript could hand over
  return setup({ actors }).createMachine(config as never) as unknown as AnyStateMachine
}

const first = { commands: { charge: { hasTimeout: true } } }

test("a machine that can run has no breach", () => {
  const known = ["inventory.reserve", "inventory.release", "payment.charge", "payment.refund", "shipping.book"]
  const all = Object.fromEntries(known.map((src) => [src, { hasTimeout: true }]))
  assert.deepEqual(breaches(orderMachine, { commands: all, emits: ["OrderConfirmed", "OrderCancelled"] }), [])
  assert.deepEqual(breaches(beginningWith({ invoke: charge }), first), [])
})

const invokes: readonly (readonly [invoke: object, expected: readonly string[]])[] = [
  [{ ...charge, src: "other" }, ["command-never-invoked (root)", "unknown-command first", "unknown-actor first"]],
  [{ ...charge, onError: undefined }, ["no-on-error first"]],
  [{ ...charge, onError: { guard: () => true, target: "compensated" } }, ["error-unhandled first"]],
  [{ ...charge, onDone: undefined }, ["no-on-done first"]],
  [{ ...charge, id: undefined }, ["invoke-without-id first"]],
  [{ ...charge, id: "a.b" }, ["invoke-id first"]],
  [{ ...charge, systemId: "charge" }, ["system-id first"]],
  [{ ...charge, onSnapshot: {} }, ["on-snapshot first"]],
  [{ ...charge, src: fromCallback(() => undefined) }, ["command-never-invoked (root)", "invoke-of-code first"]],
]

for (const [invoke, expected] of invokes) {
  test(`an invoke is refused: ${expected.join(", ")}`, () => {
    assert.deepEqual(breaches(beginningWith({ invoke }), first), expected)
  })
}

test("a command without a time limit needs an after in its state, or around it", () => {
  const patient = { commands: { charge: { hasTimeout: false } } }
  assert.deepEqual(breaches(beginningWith({ invoke: charge }), patient), ["no-time-limit first"])
  assert.deepEqual(breaches(beginningWith({ invoke: charge, after: { 1_000: "compensated" } }), patient), [])
  assert.deepEqual(breaches(beginningWith({ invoke: charge }, {}, { after: { 1_000: ".compensated" } }), patient), [])
})

test("two states that can be at once invoke nothing under the same id, and two that cannot may", () => {
  const region = { initial: "on", states: { on: { invoke: { ...charge, onDone: "#m.completed", onError: "#m.compensated" } } } }
  const regions = { type: "parallel", states: { a: region, b: region } }
  assert.deepEqual(breaches(beginningWith(regions), first), ["invoke-id-twice first.b.on"])
  assert.deepEqual(breaches(beginningWith({ invoke: [charge, charge] }), first), ["invoke-id-twice first"])
  const again = { invoke: { ...charge, onError: "second" } }
  assert.deepEqual(breaches(beginningWith(again, { second: { invoke: charge } }), first), [])
})

function nameOf(action: unknown): string {
  if (typeof action !== "function") return JSON.stringify(action)
  return "type" in action ? String(action.type) : "a function"
}

const actions: readonly (readonly [action: unknown, expected: string])[] = [
  [() => undefined, "inline-action"],
  ["notify", "custom-action"],
  [log("hello"), "action"],
  [sendTo("charge", { type: "hurry" }), "action"],
  [spawnChild("charge"), "action"],
  [spawnChild("charge", { systemId: "x" }), "system-id"],
  // cast: what plain JavaScript could hand over
  [raise({ type: "later" }, { delay: "soon" as never }), "unknown-delay"],
  [{ type: "xstate.emit", event: { type: "Unknown" } }, "custom-action"],
]

for (const [action, expected] of actions) {
  test(`an action is refused as ${expected}: ${nameOf(action)}`, () => {
    for (const at of ["entry", "exit"]) {
      assert.deepEqual(breaches(beginningWith({ invoke: charge, [at]: action }), first), [`${expected} first`])
    }
    const onDone = { target: "completed", actions: action }
    assert.deepEqual(breaches(beginningWith({ invoke: { ...charge, onDone } }), first), [`${expected} first`])
  })
}

test("assign, raise, cancel and enqueued actions are what a machine may do", () => {
  const entry = [assign({ n: 1 }), raise({ type: "go" }), enqueueActions(() => undefined)]
  assert.deepEqual(breaches(beginningWith({ invoke: charge, entry, on: { go: "completed" } }), first), [])
})

test("a guard that setup does not have is refused, also inside another one", () => {
  const onError = [{ guard: "isOdd", target: "completed" }, "compensated"]
  assert.deepEqual(breaches(beginningWith({ invoke: { ...charge, onError } }), first), ["unknown-guard first"])
})

test("an actor that is code is refused: it is never run", () => {
  const machine = setup({ actors: { listen: fromCallback(() => undefined) } }).createMachine({
    initial: "completed",
    states: { completed: { type: "final" } },
  })
  assert.deepEqual(breaches(machine), ["actor-with-code (root)"])
})

test("a context that JSON cannot carry is refused", () => {
  const since = (context: object) => breaches(beginningWith({ invoke: charge }, {}, { context }), first)
  assert.deepEqual(since({ since: new Date(0) }), ["context-not-json (root)"])
  assert.deepEqual(since({ since: 0 }), [])
})

test("transitions that never come to rest are refused, and guarded ones are not", () => {
  const loop = { a: { always: "b" }, b: { always: "a" } }
  const found = breaches(beginningWith({ invoke: { ...charge, onDone: "a" } }, loop), first)
  assert.deepEqual(found, ["endless-always a", "dead-end a", "dead-end b"])
  const guarded = { a: { always: "b" }, b: { always: [{ guard: () => false, target: "a" }, { target: "completed" }] } }
  assert.deepEqual(breaches(beginningWith({ invoke: { ...charge, onDone: "a" } }, guarded), first), [])
})

test("a machine without an end, an end without a meaning, and a state without a way out are refused", () => {
  const endless = createMachine({ initial: "a", states: { a: { on: { cancel: "b" } }, b: { on: { cancel: "a" } } } })
  assert.deepEqual(breaches(endless), ["no-end (root)"])
  const over = createMachine({ initial: "a", states: { a: { on: { cancel: "over" } }, over: { type: "final" } } })
  assert.deepEqual(breaches(over), ["end-without-meaning over"])
  const states = { a: { on: { cancel: "over" } }, over: { type: "final", tags: "compensated" } } as const
  const tagged = createMachine({ initial: "a", states })
  assert.deepEqual(breaches(tagged), [])
  const stuckIn = (stuck: object) => breaches(beginningWith({ invoke: { ...charge, onError: "stuck" } }, { stuck }), first)
  assert.deepEqual(stuckIn({}), ["dead-end stuck"])
  assert.deepEqual(stuckIn({ tags: "parked" }), [])
  const region = { initial: "on", states: { on: { on: { cancel: "off" } }, off: { type: "final" } } } as const
  const x = { type: "parallel", states: { a: region, b: region }, onDone: "completed" }
  const inner = { initial: "x", states: { x, completed: ends.completed } }
  assert.deepEqual(breaches(createMachine(inner as never)), []) // cast: plain data
})

test("a parked state invokes nothing", () => {
  const stuck = { tags: "parked", invoke: { ...charge, id: "again" } }
  const found = breaches(beginningWith({ invoke: { ...charge, onError: "stuck" } }, { stuck }), first)
  assert.deepEqual(found, ["parked-state-invokes stuck"])
})

test("an event that nobody can send, and one that no state takes, are refused", () => {
  const machine = beginningWith({ invoke: charge, on: { approve: "completed" } })
  assert.deepEqual(breaches(machine, first), ["event-nobody-sends (root)"])
  assert.deepEqual(breaches(machine, { ...first, events: ["approve", "reject"] }), ["event-never-taken (root)"])
  assert.deepEqual(breaches(machine, { ...first, events: ["approve"] }), [])
})

test("one message names all breaches when the saga is made, each with its mend", () => {
  const machine = setup({ actors }).createMachine({
    id: "bad",
    initial: "paying",
    states: {
      paying: { invoke: { src: "charge", input: {}, onDone: "over" }, entry: log("paying") },
      over: { type: "final" },
    },
  })
  const make = () => {
    const commands = { charge: () => payment.charge("c", { orderId: "o", cents: 1 }), refund: () => payment.refund("c") }
    return machineSaga("bad", { machine, input: OrderSchema, version: 1, commands })
  }
  assert.throws(make, (error: InvalidInput) => {
    assert.ok(error instanceof InvalidInput)
    assert.deepEqual(error.message.split("\n"), [
      "saga bad: its machine cannot run:",
      '- (root): no state invokes the command "refund"; take it out of `commands` (command-never-invoked)',
      '- paying: its invoke of "charge" has no id; give it an id (invoke-without-id)',
      '- paying: invoke "0.bad.paying": a refusal would stop the machine for ever; give it onError (no-on-error)',
      '- paying: it does "xstate.log"; take it out: the journal has every decision (action)',
      '- over: it ends the saga, and says not how; tag it "completed" or "compensated", or name it so (end-without-meaning)',
    ])
    return true
  })
})
