// A service whose actors are a statechart: commands are its events, delays are timers, what it emits are facts.
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Schema from "effect/Schema"
import { assign, emit, raise, setup } from "xstate"
import type { ActorLogic, Decision } from "../../../runtime/actor/logic.ts"
import type { Json } from "../../../runtime/message/json.ts"
import type { Message } from "../../../runtime/message/message.ts"
import { InvalidInput } from "../../../runtime/kernel/fault.ts"
import { event } from "../../../runtime/message/contract.ts"
import { machineService } from "../../../sagas/index.ts"

const Nothing = Schema.toStandardSchemaV1(Schema.Struct({}))
const Code = Schema.toStandardSchemaV1(Schema.Struct({ code: Schema.String }))
const DoorOpened = event("DoorOpened", Schema.toStandardSchemaV1(Schema.Struct({ key: Schema.String, times: Schema.Finite })))
const FireAlarm = event("FireAlarm", Schema.toStandardSchemaV1(Schema.Struct({ house: Schema.String })))

type Events =
  | { type: "open"; payload: object }
  | { type: "close"; payload: object }
  | { type: "lock"; payload: { code: string } }
  | { type: "unlock"; payload: { code: string } }
  | { type: "FireAlarm"; payload: { house: string } }
  | { type: "beep" }

const machine = setup({
  types: {
    context: {} as { key: string; times: number; code: string; beeps: number }, // cast: XState reads only the types
    input: {} as { key: string }, // cast: likewise
    events: {} as Events, // cast: likewise
    emitted: {} as { type: "DoorOpened"; key: string; times: number }, // cast: likewise
  },
}).createMachine({
  id: "door",
  initial: "closed",
  context: ({ input: { key } }) => ({ key, times: 0, code: "", beeps: 0 }),
  states: {
    closed: {
      on: {
        open: { target: "open", actions: assign({ times: ({ context }) => context.times + 1 }) },
        lock: { target: "locked", actions: assign({ code: ({ event: { payload } }) => payload.code }) },
      },
    },
    open: {
      entry: [
        emit(({ context: { key, times } }) => ({ type: "DoorOpened", key, times })),
        raise({ type: "beep" }, { delay: 5_000 }),
      ],
      after: { 30_000: "closed" },
      on: { close: "closed", beep: { actions: assign({ beeps: ({ context }) => context.beeps + 1 }) } },
    },
    locked: {
      on: {
        unlock: { target: "closed", guard: ({ context, event: { payload } }) => payload.code === context.code },
        FireAlarm: "closed",
      },
    },
  },
})

const door = machineService("door", {
  machine,
  events: { open: Nothing, close: Nothing, lock: Code },
  undo: { unlock: "lock" },
  on: [{ event: FireAlarm, key: ({ house }: { house: string }) => `${house}-front` }],
  emits: [DoorOpened],
})

function driver(logic: ActorLogic) {
  const self = { service: "door", key: "d-1" }
  let state: Json | undefined
  let effects = 0
  const take = (message: Message, did?: { payload: Json; value: Json }): Decision => {
    const decision = logic.decide(state, message, { self, nowMs: 1_000, ...(did === undefined ? {} : { did }) })
    state = JSON.parse(JSON.stringify(decision.state))
    return decision
  }
  return {
    state: () => state,
    take,
    ask({ name, payload, undoes }: { name: string; payload: Json; undoes?: string }, did?: { payload: Json; value: Json }) {
      const direction = undoes === undefined ? "do" : "undo"
      effects += 1
      return take({ type: "command", to: self, name, payload, effect: `e${effects}`, direction, attempt: 1 }, did)
    },
    fire: (name: string, payload: Json) => take({ type: "timer", to: self, name, dueMs: 1_000, payload }),
  }
}

test("an event that its state takes is done, and one that it does not take is refused and changes nothing", () => {
  const one = driver(door.logic)
  assert.deepEqual(one.ask(door.close("d-1", {})).outcome, {
    type: "refused", code: "not-now", detail: { state: "closed", event: "close" },
  })
  assert.equal(one.state(), null)
  assert.deepEqual(one.ask(door.open("d-1", {})).outcome, { type: "done", value: "open" })
  assert.deepEqual(one.ask(door.close("d-1", {})).outcome, { type: "done", value: "closed" })
  assert.partialDeepStrictEqual(one.state(), { value: "closed", context: { key: "d-1", times: 1 }, seq: 2 })
})

test("what it emits are facts, and its delays are timers that leaving the state cancels", () => {
  const one = driver(door.logic)
  const { emit: facts, timers } = one.ask(door.open("d-1", {}))
  assert.deepEqual(facts, [{ name: "DoorOpened", payload: { key: "d-1", times: 1 } }])
  const after = "delayed:xstate.after.30000.door.open"
  assert.deepEqual(timers?.map((change) => [change.type, change.name]), [["set", "delayed:1.1"], ["set", after]])
  const due = timers?.map((change) => (change.type === "set" ? change.dueMs : 0))
  assert.deepEqual(due?.toSorted((a, b) => b - a), [31_000, 6_000])
  assert.deepEqual(one.ask(door.close("d-1", {})).timers, [{ type: "cancel", name: after }])
})

test("a delay that is over moves the machine, and one that its state does not take changes nothing", () => {
  const one = driver(door.logic)
  const timers = one.ask(door.open("d-1", {})).timers ?? []
  for (const change of timers) if (change.type === "set") one.fire(change.name, change.payload)
  assert.partialDeepStrictEqual(one.state(), { value: "closed", context: { beeps: 1 } })
  const before = one.state()
  for (const change of timers) if (change.type === "set") one.fire(change.name, change.payload)
  assert.deepEqual(one.state(), before)
})

test("an event that is the undo of another gets the payload of that one", () => {
  const one = driver(door.logic)
  one.ask(door.lock("d-1", { code: "1234" }))
  assert.deepEqual(door.unlock("d-1"), { service: "door", key: "d-1", name: "unlock", payload: null, undoes: "lock" })
  one.ask(door.unlock("d-1"), { payload: { code: "1234" }, value: null })
  assert.partialDeepStrictEqual(one.state(), { value: "closed" })
})

test("a fact that its state takes moves it, and any other is over", () => {
  const one = driver(door.logic)
  const alarm = { type: "event", to: { service: "door", key: "d-1" }, name: "FireAlarm", payload: { house: "h" } } as const
  const rest = { id: "1", source: "s", subject: "h", timeMs: 0 }
  one.ask(door.lock("d-1", { code: "1234" }))
  one.take({ ...alarm, ...rest })
  assert.partialDeepStrictEqual(one.state(), { value: "closed", seq: 2 })
  one.take({ ...alarm, ...rest })
  assert.partialDeepStrictEqual(one.state(), { value: "closed", seq: 2 })
  assert.equal(door.logic.reactions.get("FireAlarm")?.({ house: "h" }, "h"), "h-front")
})

test("a machine that invokes, or an event that is declared nowhere, is refused when the service is made", () => {
  assert.throws(() => machineService("door", { machine, events: { open: Nothing } }), (error: InvalidInput) => {
    assert.ok(error instanceof InvalidInput)
    assert.match(error.message, /service door: its machine cannot run:/)
    assert.match(error.message, /it waits for "close", which nobody can send; declare it, or take it out \(event-nobody-sends\)/)
    return true
  })
})
