// A service whose actors are a statechart: `machineService(name, { machine, events })`. Its commands are the events of the
// machine: what its state takes is done, what it does not take is refused with "not-now".
import { InvalidInput } from "../../runtime/kernel/fault.ts"
import type { HandlerContext } from "../../runtime/actor/handler-context.ts"
import type { ActorLogic } from "../../runtime/actor/logic.ts"
import { done, refused, type Result } from "../../runtime/actor/result.ts"
import { service } from "../../runtime/actor/service.ts"
import { timer, type TimerChange } from "../../runtime/actor/timer.ts"
import type { ServiceDefinition } from "../../runtime/actor/definition.ts"
import type { Command } from "../../runtime/message/contract.ts"
import type { Json } from "../../runtime/message/json.ts"
import type { Schema } from "../../runtime/message/schema.ts"
import type { AnyStateMachine } from "../machine/raw-activity.ts"
import { factOf, type Told } from "../machine/raw-advance.ts"
import { checkMachine } from "../machine/raw-lint.ts"
import { type History, type Moved, rawMachine, type RawMachine } from "../machine/raw-machine.ts"
import type { StateValue } from "../machine/transition.ts"
import { type AnyEventContract, awaitedFacts, linted, type ReactsTo, toContract } from "./machine-parts.ts"

export interface MachineServiceOptions<Payloads extends Readonly<Record<string, unknown>>, Undo = Record<never, never>> {
  /** Of `setup(...).createMachine(...)`. It invokes nothing; its input is `{ key }`. */
  readonly machine: AnyStateMachine
  /** Its commands: events of the machine, with the schemas of their payloads. The machine gets `{ type, payload }`. */
  readonly events: { readonly [Name in keyof Payloads]: Schema<Payloads[Name]> }
  /** Which event takes back what which other one did: for sagas. The machine gets the payload of the one that it takes back. */
  readonly undo?: Undo
  /** Facts that it reacts to, in states that take them. */
  readonly on?: readonly (AnyEventContract | ReactsTo)[]
  /** Facts that it may `emit({ type: name, ...payload })`. */
  readonly emits?: readonly AnyEventContract[]
  /** Raise it, and say how old states are read, when states are renamed or the context has another shape. Default 1. */
  readonly version?: number
  readonly migrate?: Readonly<Record<number, (old: Json) => Json>>
}

/** What is stored of one actor. */
export type MachineServiceState = {
  readonly value: StateValue
  readonly context: Json
  readonly history?: History
  /** Events that it has taken. */
  readonly seq: number
}

export type MachineService<Payloads, Undo = Record<never, never>> = {
  readonly definition: ServiceDefinition
  readonly logic: ActorLogic
} & { readonly [Name in keyof Payloads & string]: (key: string, payload: Payloads[Name]) => Command<Json> } & {
  readonly [Name in keyof Undo & string]: (key: string) => Command<null>
}

type State = MachineServiceState | null

/** An event that the machine sends itself later. */
const delayedEvent: Schema<Json> = {
  "~standard": { version: 1, vendor: "troupe", validate: (value) => ({ value: value as Json }) }, // cast: it was stored as JSON
}
const Delayed = timer("delayed", delayedEvent)

/** Throws InvalidInput with everything that is wrong with the machine: see `lintMachine`. */
export function machineService<
  const Payloads extends Readonly<Record<string, unknown>>,
  const Undo extends Readonly<Record<string, keyof Payloads & string>> = Record<never, never>,
>(
  name: string,
  options: MachineServiceOptions<Payloads, Undo>,
): MachineService<Payloads, Undo> {
  const { events, undo = {}, on = [], emits = [], version = 1, migrate = {} } = options
  const facts = awaitedFacts(on)
  const told = [...Object.keys(events), ...Object.keys(undo), ...facts.map(({ contract }) => contract.eventName)]
  checkMachine(`service ${name}`, options.machine, linted("service", {}, told, emits))
  const machine = rawMachine(options.machine)
  const declared = { emits }
  const take = (type: string) => (state: State, payload: unknown, context: HandlerContext) =>
    carryOut(machine, emits, state, { type, payload }, context)
  let built = service(name, { state: (): State => null, version, migrate }).timer(Delayed, (state, event, context) => {
    return orUnchanged(state, carryOut(machine, emits, state, event as Told, context)) // cast: what `timersOf` has stored
  }, declared)
  for (const [event, schema] of Object.entries<Schema<unknown>>(events))
    built = built.command(event, schema, take(event), declared)
  for (const [event, undoes] of Object.entries<string>(undo)) {
    const back = take(event)
    const takeBack = (state: State, payload: unknown, context: HandlerContext): Result<State, null> => {
      const result = back(state, payload, context)
      return result.type === "done" ? { ...result, value: null } : result
    }
    built = built.undo(event, undoes as never, takeBack, declared) // cast: the builder checks the name
  }
  for (const { contract, keyOf } of facts) {
    const react = take(contract.eventName)
    built = built.on(contract, keyOf, (state, payload, context) => orUnchanged(state, react(state, payload, context)), declared)
  }
  return built as unknown as MachineService<Payloads, Undo> // cast: one command for each name, as the loops above made them
}

function carryOut(
  machine: RawMachine,
  emits: readonly AnyEventContract[],
  state: State,
  event: Told,
  { key, nowMs }: HandlerContext,
): Result<State, Json> {
  // An actor that nobody has spoken to yet begins with the first event that it takes.
  const begun = state === null ? machine.begin({ key }) : undefined
  const from = begun ?? state
  if (from === null) throw new InvalidInput("a machine begins somewhere")
  const moved = machine.take(from, event)
  if (!moved.isAccepted) return refused("not-now", { state: from.value, event: event.type })
  const { value, context, history } = moved
  const seq = (state?.seq ?? 0) + 1
  const requests = [...(begun?.requests ?? []), ...moved.requests]
  const facts = requests.flatMap((one) => (one.type === "emit" ? [factOf({ emits: emits.map(toContract) }, one.event)] : []))
  const next: MachineServiceState = { value, context, ...(history === undefined ? {} : { history }), seq }
  return done<State, Json>(next, value, { emits: facts, timers: timersOf(requests, seq, nowMs) })
}

/** A delay of each id is one timer; one without an id cannot be cancelled, and has a name of its own. */
function timersOf(requests: Moved["requests"], seq: number, nowMs: number): readonly TimerChange[] {
  const last = new Map<string, TimerChange>()
  for (const [n, request] of requests.entries()) {
    if (request.type === "cancel") last.set(request.id, Delayed.cancel(request.id))
    if (request.type !== "delay") continue
    const id = request.id ?? `${seq}.${n}`
    last.set(id, Delayed.at(nowMs + request.delayMs, { ...request.event }, id))
  }
  return [...last.values()]
}

/** Nobody is there to be refused. */
function orUnchanged(state: State, result: Result<State, Json>): Result<State, null> {
  return result.type === "done" ? { ...result, value: null } : done(state)
}
