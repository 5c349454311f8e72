// given / when / then for one actor of a service: its pure handlers, reactions and timers, with no engine around them.
import { InvalidInput } from "../kernel/fault.ts"
import type { Handler } from "../actor/definition.ts"
import type { ActorLogic, Decision, OutgoingEvent } from "../actor/logic.ts"
import type { TimerContract } from "../actor/timer.ts"
import type { Command, Event } from "../message/contract.ts"
import type { Json } from "../message/json.ts"
import type { Message } from "../message/message.ts"
import { assertFacts, textOf } from "./difference.ts"
import { startOfTimeMs, type TimePasses } from "./time-passes.ts"

/** A service, by its builder. */
export interface GivenService<State> {
  readonly logic: ActorLogic
  /** Where the compiler finds the type of the state. */
  timer<Payload>(contract: TimerContract<Payload>, handler: Handler<State, Payload, null>): unknown
}

export interface ServiceOptions<State> {
  /** Default: the key of the first command or event. */
  readonly key?: string
  /** Default: that of a key that was never seen. */
  readonly state?: State
  /** When it begins, in ms since 1970. */
  readonly nowMs?: number
}

/** What is expected; what is left out is not looked at. Events and timers: since the last `then`. */
export interface ExpectedOfService<State> {
  readonly state?: State
  /** What the last command was answered. */
  readonly answer?: unknown
  /** The code by which the last command was refused. Left out: it was not. */
  readonly refused?: string
  readonly detail?: Json
  /** Events, or their names alone. */
  readonly events?: readonly (Event | string)[]
  /** Names of the timers that are set now. */
  readonly timers?: readonly string[]
}

export interface AfterGiven<State> {
  /** A command to the actor, an event that it may react to, or time that passes. */
  when(happening: Command | Event | TimePasses): AfterWhen<State>
}

export interface AfterWhen<State> extends AfterGiven<State> {
  /** Throws AssertionError with a difference in lines. */
  then(expected: ExpectedOfService<State>): AfterGiven<State>
}

/** Starts a test of a service: `given(inventory, { state }).when(inventory.reserve("P1", { ... })).then({ state, answer })`. */
export function givenService<State>(service: GivenService<State>, options: ServiceOptions<State> = {}): AfterGiven<State> {
  const run = new ServiceRun(service.logic, options)
  const given: AfterGiven<State> = {
    when(happening) {
      run.take(happening)
      return when
    },
  }
  const when: AfterWhen<State> = {
    ...given,
    // oxlint-disable-next-line unicorn/no-thenable -- the third word of given / when / then; awaited by mistake it says so
    then(expected) {
      run.check(expected)
      return given
    },
  }
  return given
}

class ServiceRun {
  readonly #logic: ActorLogic
  #key: string | undefined
  #state: Json | undefined
  #nowMs: number
  #count = 0
  #last: Decision | undefined
  #ignored = false
  readonly #timers = new Map<string, { readonly dueMs: number; readonly payload: Json }>()
  readonly #did = new Map<string, { readonly effect: string; readonly payload: Json; readonly value: Json }>()
  #events: OutgoingEvent[] = []

  constructor(logic: ActorLogic, { key, state, nowMs = startOfTimeMs }: ServiceOptions<unknown>) {
    this.#logic = logic
    this.#key = key
    this.#state = state === undefined ? undefined : throughJson(state as Json) // cast: checked by going through JSON
    this.#nowMs = nowMs
  }

  take(happening: Command | Event | TimePasses): void {
    this.#last = undefined
    this.#ignored = false
    this.#count += 1
    if ("ms" in happening) this.#pass(happening.ms)
    else if ("service" in happening) this.#command(happening)
    else this.#event(happening)
  }

  check(expected: ExpectedOfService<unknown>): void {
    if (typeof expected !== "object") throw new InvalidInput("given(...).when(...) was awaited; it needs then({ ... })")
    const outcome = this.#last?.outcome
    const refused = outcome?.type === "refused" ? outcome.code : "no"
    const names = expected.events?.map((event) => typeof event === "string")
    const actual = {
      state: this.#state ?? (expected.state === undefined ? undefined : "never seen"),
      answer: outcome?.type === "done" ? outcome.value : `none, it was ${outcome?.type ?? "no command"}`,
      refused,
      detail: outcome?.type === "refused" ? outcome.detail : undefined,
      events: this.#events.map((event, index) => (names?.[index] === true ? event.name : event)),
      timers: [...this.#timers.keys()].toSorted(),
    }
    const what = `${this.#logic.service}/${this.#key ?? "?"}${this.#ignored ? ", which does not react to this event" : ""}`
    const timers = expected.timers === undefined ? {} : { timers: expected.timers.toSorted() }
    const wanted = { ...expected, ...timers, ...(outcome === undefined ? {} : { refused: expected.refused ?? "no" }) }
    assertFacts(what, wanted, actual, [])
    this.#events = []
  }

  #command({ service, key, name, payload, version, undoes }: Command): void {
    const to = this.#self(service, key)
    const did = undoes === undefined ? undefined : this.#did.get(undoes)
    // Nothing of it is known here, so there is nothing to take back: the engine answers that by itself.
    if (undoes !== undefined && did === undefined) {
      this.#last = { state: this.#state, outcome: { type: "done", value: null } }
      return
    }
    const effect = `effect-${this.#count}`
    const direction = undoes === undefined ? "do" : "undo"
    const message = { type: "command", to, name, payload, effect, direction, attempt: 1 } as const
    const of = { ...(version === undefined ? {} : { version }), ...(did === undefined ? {} : { undoes: did.effect }) }
    const { outcome } = this.#decide({ ...message, ...of }, did)
    if (undoes !== undefined) this.#did.delete(undoes)
    else if (outcome?.type === "done") this.#did.set(name, { effect, payload, value: outcome.value })
  }

  #event({ name, payload, key: about, version }: Event): void {
    const subject = about ?? this.#key ?? name
    const json = throughJson(payload as Json) // cast: checked by going through JSON
    const keyOf = this.#logic.reactions.get(name)
    if (keyOf === undefined) throw new InvalidInput(`service ${this.#logic.service} does not react to ${name}`)
    const key = keyOf(json, subject, version)
    this.#ignored = key === undefined
    if (key === undefined) return
    const to = this.#self(this.#logic.service, key)
    const place = { id: `event-${this.#count}`, source: "test", subject, timeMs: this.#nowMs }
    this.#decide({ type: "event", to, name, payload: json, ...place, ...(version === undefined ? {} : { version }) })
  }

  #pass(ms: number): void {
    const untilMs = this.#nowMs + ms
    for (let next = this.#dueTimer(untilMs); next !== undefined; next = this.#dueTimer(untilMs)) {
      const [name, timer] = next
      this.#timers.delete(name)
      this.#nowMs = Math.max(this.#nowMs, timer.dueMs)
      this.#decide({ type: "timer", to: this.#self(this.#logic.service, this.#key ?? ""), name, ...timer })
    }
    this.#nowMs = untilMs
    this.#last = undefined
  }

  #dueTimer(untilMs: number) {
    const due = [...this.#timers].filter(([, { dueMs }]) => dueMs <= untilMs)
    return due.toSorted(([, a], [, b]) => a.dueMs - b.dueMs)[0]
  }

  #decide(message: Message, did?: { readonly payload: Json; readonly value: Json }): Decision {
    if (this.#logic.io?.policy(message) !== undefined)
      throw new InvalidInput(`${this.#logic.service}: ${textOf(message)} takes I/O; test its handler on an app in memory`)
    const context = { self: message.to, nowMs: this.#nowMs, ...(did === undefined ? {} : { did }) }
    const decision = throughJson(this.#logic.decide(this.#state, message, context))
    this.#last = decision
    this.#state = decision.state
    for (const change of decision.timers ?? []) {
      if (change.type === "set") this.#timers.set(change.name, { dueMs: change.dueMs, payload: change.payload })
      else this.#timers.delete(change.name)
    }
    this.#events.push(...(decision.emit ?? []))
    return decision
  }

  #self(service: string, key: string): Message["to"] {
    const own = this.#logic.service
    if (service !== own || key !== (this.#key ??= key))
      throw new InvalidInput(`the test is of ${own}/${this.#key}, and this is for ${service}/${key}`)
    return { service, key }
  }
}

function throughJson<Value>(value: Value): Value {
  return JSON.parse(JSON.stringify(value)) as Value // cast: states, events and decisions are JSON
}
