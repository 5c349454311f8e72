// What the linter cannot see of a raw machine is refused when it runs, and everything that it keeps is bounded.
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Schema from "effect/Schema"
import { type AnyStateMachine, assign, enqueueActions, raise, setup } from "xstate"
import { limits } from "../../../runtime/kernel/limits.ts"
import type { Message } from "../../../runtime/message/message.ts"
import type { RawRow } from "../../../sagas/machine/raw-row.ts"
import { activity, machineSaga } from "../../../sagas/index.ts"
import { done, drive, type Driver } from "./driver.ts"
import { order, OrderSchema, payment } from "./shop.ts"

const Nothing = Schema.toStandardSchemaV1(Schema.Struct({}))
const actors = { charge: activity<object, { id: string }>() }
const charge = { id: "charge", src: "charge", input: {}, onDone: "completed", onError: "compensated" } as const
const ends = { completed: { type: "final" }, compensated: { type: "final" } } as const

function sagaOf(first: object, more: object = {}, signals: readonly string[] = [], calls = true) {
  // cast: pieces of a machine, as plain JavaScript could put them together
  const config = { id: "m", initial: "first", context: { n: 0 }, states: { first, ...more, ...ends } } as never
  const machine = setup({ actors }).createMachine(config) as unknown as AnyStateMachine // cast: likewise
  const commands = calls ? { charge: () => payment.charge("c-1", { orderId: "o", cents: 1 }) } : {}
  const accepted = Object.fromEntries(signals.map((name) => [name, Nothing]))
  return machineSaga("m", { machine, input: OrderSchema, version: 1, commands, signals: accepted })
}

/** A saga of which one state is given, under way. */
function started(...pieces: Parameters<typeof sagaOf>): Driver {
  const driver = drive(sagaOf(...pieces).logic)
  driver.start(order)
  return driver
}

/** The row and what was sent when the saga parks itself, after so many messages. Without the driver's checks of each step. */
function untilParked({ logic }: ReturnType<typeof sagaOf>, next: () => Message) {
  const at = { self, nowMs: 1_000 }
  let { state, send = [], parked } = logic.decide(undefined, { ...asked, name: "start", payload: order }, at)
  let sent = send.length
  for (let n = 0; parked === undefined; n += 1) {
    assert.ok(n <= limits.machineCommandsMax, "it parks")
    const effect = send[0]?.effect ?? ""
    const message = next()
    ;({ state, send = [], parked } = logic.decide(state, message.type === "reply" ? { ...message, effect } : message, at))
    sent += send.length
  }
  return { row: state as RawRow, sent, message: parked.message } // cast: a row of a raw machine under way
}

const self = { service: "m", key: "o-1" }
const asked = { type: "command", to: self, effect: "e", direction: "do", attempt: 1 } as const
const signal = (name: string) => ({ ...self, name: "signal", payload: { name, payload: {} } })

test("actions that a function adds are held to the same rules when they run", () => {
  const good = enqueueActions(({ enqueue }) => {
    enqueue.assign({ n: 7 })
    enqueue.raise({ type: "go" })
  })
  assert.equal(started({ invoke: charge, entry: good, on: { go: "completed" } }).ended()?.outcome, "completed")
  const bad = enqueueActions(({ enqueue }) => enqueue(() => undefined))
  const driver = started({ invoke: charge, entry: bad })
  assert.match(driver.row().parked?.message ?? "", /it may assign, raise, emit and cancel, and nothing else/)
})

test("what an assign spawns parks the saga", () => {
  const spawns = assign(({ spawn }) => {
    spawn("charge" as never, { id: "extra" } as never) // cast: the machine's actors are not known here
    return {}
  })
  assert.match(started({ invoke: charge, entry: spawns }).row().parked?.message ?? "", /it spawns "extra"/)
})

test("a loop behind a guard that always holds parks the saga instead of hanging the process", () => {
  const loop = { always: { guard: () => true, target: "second" } }
  const second = { always: { guard: () => true, target: "first" }, on: { cancel: "completed" } }
  const { parked } = started(loop, { second }, [], false).row()
  assert.match(parked?.message ?? "", /Infinite loop detected/)
})

test("a saga sends only so many commands", () => {
  const again = { ...charge, onDone: { target: "first", reenter: true } }
  const outcome = done({ id: "p" })
  const { sent, message } = untilParked(sagaOf({ invoke: again }), () => ({ type: "reply", to: self, effect: "", outcome }))
  assert.equal(sent, limits.machineCommandsMax)
  assert.match(message, /it has sent 1000 commands, and may send no more/)
})

test("only so many delays are open at once", () => {
  const on = { again: { target: "first", reenter: true }, later: {} }
  const saga = sagaOf({ invoke: charge, entry: raise({ type: "later" }, { delay: 1_000 }), on }, {}, ["again"])
  const { name, payload } = signal("again")
  const { row, message } = untilParked(saga, () => ({ ...asked, name, payload }))
  assert.equal(Object.keys(row.open).length, limits.machineOpenMax)
  assert.match(message, /more than 512 commands and delays are open at once/)
})

test("a history state remembers across JSON where the machine was", () => {
  const states = { a: { on: { next: "b" } }, b: {}, back: { type: "history" } }
  const inside = { initial: "a", states, on: { leave: "outside" } }
  const outside = { on: { enter: "first.back", cancel: "completed" } }
  const driver = started(inside, { outside }, ["next", "leave", "enter"], false)
  for (const name of ["next", "leave", "enter"]) driver.ask(signal(name))
  assert.deepEqual(driver.row().value, { first: "b" })
})

test("a command that goes elsewhere when it is sent again parks the saga", () => {
  let key = "c-1"
  const machine = setup({ actors }).createMachine({ initial: "first", states: { first: { invoke: charge }, ...ends } })
  const run = () => payment.charge(key, { orderId: "o", cents: 1 })
  const saga = machineSaga("m", { machine, input: OrderSchema, version: 1, commands: { charge: run } })
  const driver = drive(saga.logic)
  driver.start(order)
  driver.fire("payment.charge/c-1")
  key = "c-2"
  driver.fire("payment.charge/c-1")
  const { parked } = driver.row()
  assert.match(parked?.message ?? "", /its command went to payment.charge\/c-1, and now to payment.charge\/c-2/)
})
