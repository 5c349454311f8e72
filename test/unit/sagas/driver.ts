// Drives one saga by hand, as the engine would: message in, decision out, nothing else. Between two messages the row
// goes through JSON and is frozen; each message is decided twice, which must give the same.
import assert from "node:assert/strict"
import type { ActorLogic, Decision, OutgoingCommand, OutgoingEvent } from "../../../runtime/actor/logic.ts"
import type { Command } from "../../../runtime/message/contract.ts"
import type { Json } from "../../../runtime/message/json.ts"
import type { Address, Message, Requester } from "../../../runtime/message/message.ts"
import type { Outcome } from "../../../runtime/message/outcome.ts"
import type { EndedRow, SagaRow } from "../../../sagas/index.ts"
import { openByEffect } from "../../../sagas/machine/slots.ts"

export const done = (value: Json = null): Outcome => ({ type: "done", value })
export const refused = (code: string, detail: Json = null): Outcome => ({ type: "refused", code, detail })
export const faulted = (message = "it broke"): Outcome => ({ type: "faulted", code: "POISON", message })

export interface Timer {
  readonly dueMs: number
  readonly payload: Json
}

export interface Driver {
  readonly self: Address
  nowMs: number
  /** Timers that are set; one that fires is taken out. */
  readonly timers: Map<string, Timer>
  readonly sent: OutgoingCommand[]
  readonly emitted: OutgoingEvent[]
  readonly state: Json | undefined
  start(input: Json, replyTo?: Address | Requester): Decision
  resume(): Decision
  /** Any other command to it, as its contract makes it. */
  ask(command: Command): Decision
  /** Replies to the last command sent under that target, as in `inventory.reserve/P11`, or to that effect key. */
  reply(target: string, outcome: Outcome): Decision
  /** Fires the timer of that target's command, or of the wait of that name, at its due time. */
  fire(target: string): Decision
  take(message: Message): Decision
  /** Takes over the saga of another driver, as another process with another definition would. */
  adopt(other: Driver): void
  /** Has this state from now on; its timers stay. */
  become(state: Json): void
  /** The row of a saga under way; fails if it has ended. */
  row(): SagaRow
  ended(): EndedRow["ended"] | undefined
  /** Commands sent since the last call, as `do inventory.reserve/P11`, with ` #2` on a second attempt. */
  news(): string[]
}

export function drive(logic: ActorLogic, key = "o-1"): Driver {
  let state: Json | undefined
  let read = 0
  const self = { service: logic.service, key }
  const effectNamed = (target: string) =>
    driver.sent.findLast((command) => targetOf(command) === target)?.effect ?? waitOf(state, target, self) ?? target
  const command = (name: string, payload: Json, replyTo?: Address | Requester): Message => {
    const message = { type: "command", to: self, name, payload, effect: `start-${key}`, direction: "do", attempt: 1 } as const
    return replyTo === undefined ? message : { ...message, replyTo }
  }
  const driver: Driver = {
    self,
    nowMs: 1_000_000,
    timers: new Map(),
    sent: [],
    emitted: [],
    get state() {
      return state
    },
    start: (input, replyTo) => driver.take(command("start", input, replyTo)),
    resume: () => driver.take(command("resume", null)),
    ask: ({ name, payload }) => driver.take(command(name, payload)),
    reply: (target, outcome) => driver.take({ type: "reply", to: self, effect: effectNamed(target), outcome }),
    fire(target) {
      const name = effectNamed(target)
      const timer = driver.timers.get(name)
      assert.ok(timer, `no timer is set for ${target}`)
      driver.timers.delete(name)
      driver.nowMs = Math.max(driver.nowMs, timer.dueMs)
      return driver.take({ type: "timer", to: self, name, ...timer })
    },
    take(message) {
      const decision = decide(logic, state, message, driver)
      if (decision.state !== state) state = frozenJson(decision.state)
      apply(driver, decision)
      return decision
    },
    adopt(other) {
      state = other.state
      driver.nowMs = other.nowMs
      driver.timers.clear()
      for (const [name, timer] of other.timers) driver.timers.set(name, timer)
    },
    become: (next) => void (state = frozenJson(next)),
    row() {
      // cast: the state of a saga; the next line checks that it is the kind under way
      const row = state as SagaRow
      assert.ok(row !== undefined && !("ended" in row), "the saga is under way")
      return row
    },
    // cast: the state of a saga that has started
    ended: () => (state as EndedRow | undefined)?.ended,
    news() {
      const fresh = driver.sent.slice(read).map(describe)
      read = driver.sent.length
      return fresh
    },
  }
  return driver
}

/** The effect key of an open wait. */
function waitOf(state: Json | undefined, name: string, self: Address): string | undefined {
  const row = state as SagaRow | EndedRow | undefined // cast: the state of a saga
  if (row === undefined || "ended" in row) return undefined
  return openByEffect(row, self).find(([, { step }]) => step === name)?.[0]
}

function decide(logic: ActorLogic, state: Json | undefined, message: Message, { self, nowMs }: Driver): Decision {
  const decision = logic.decide(state, message, { self, nowMs })
  assert.deepEqual(logic.decide(state, message, { self, nowMs }), decision, "deciding is deterministic")
  assert.deepEqual(JSON.parse(JSON.stringify(decision)), withoutUndefined(decision), "a decision survives JSON")
  return decision
}

function apply(driver: Driver, decision: Decision): void {
  driver.sent.push(...(decision.send ?? []))
  driver.emitted.push(...(decision.emit ?? []))
  for (const change of decision.timers ?? []) {
    if (change.type === "set") driver.timers.set(change.name, { dueMs: change.dueMs, payload: change.payload })
    else assert.ok(driver.timers.delete(change.name), `the timer ${change.name} that is cancelled is set`)
  }
}

export function targetOf({ to, name }: OutgoingCommand): string {
  return `${to.service}.${name}/${to.key}`
}

function describe(command: OutgoingCommand): string {
  return `${command.direction} ${targetOf(command)}${command.attempt === 1 ? "" : ` #${command.attempt}`}`
}

/** What JSON cannot say is allowed in one place only: a state that is undefined. */
function withoutUndefined({ state, ...rest }: Decision): object {
  return state === undefined ? rest : { state, ...rest }
}

function frozenJson(value: Json | undefined): Json | undefined {
  return value === undefined ? undefined : freeze(JSON.parse(JSON.stringify(value)))
}

function freeze(value: Json): Json {
  if (typeof value === "object" && value !== null) for (const part of Object.values(Object.freeze(value))) freeze(part ?? null)
  return value
}
