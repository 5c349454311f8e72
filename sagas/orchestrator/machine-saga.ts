// How a team runs an XState machine of its own as a saga: `machineSaga(name, { machine, input, version, commands })`. What
// the machine invokes are commands; the rest of a saga's life is that of any other.
import { type Duration, durationMs } from "../../runtime/kernel/duration.ts"
import { InvalidInput } from "../../runtime/kernel/fault.ts"
import { limits } from "../../runtime/kernel/limits.ts"
import type { ActorLogic } from "../../runtime/actor/logic.ts"
import type { PolicyOptions } from "../../runtime/actor/policy.ts"
import type { Command } from "../../runtime/message/contract.ts"
import { checkName } from "../../runtime/message/key.ts"
import type { Json } from "../../runtime/message/json.ts"
import type { Schema } from "../../runtime/message/schema.ts"
import type { SagaDefinition } from "../definition/definition.ts"
import type {
  ActivityInput, ActivityOutput, AnyStateMachine, MachineOutput, SourceOf,
} from "../machine/raw-activity.ts"
import { createRawCore } from "../machine/raw-core.ts"
import type { RawDefinition } from "../machine/raw-definition.ts"
import { checkMachine } from "../machine/raw-lint.ts"
import { rawMachine } from "../machine/raw-machine.ts"
import {
  type AnyEventContract, awaitedFacts, commandsOf, linted, type MachineCommand, outlineOfMachine, type ReactsTo, toContract,
} from "./machine-parts.ts"
import { sagaActor } from "./saga-actor.ts"
import type { OrderedBy } from "./order-commands.ts"
import type { SagaResult } from "./saga.ts"
import { SagaBuild } from "./saga-build.ts"

/** What makes the command of an invoke: from the invoke's input, and the saga's key. Pure, and called again for each try. */
type Run<Input, Output> = (call: { readonly input: Input; readonly sagaId: string }) => Command<Output>

/** One command: how it is made, or that with its policy. */
export type CommandOf<Machine, Source> =
  | Run<ActivityInput<Machine, Source>, ActivityOutput<Machine, Source>>
  | (Omit<PolicyOptions, "timeout"> & {
      readonly run: Run<ActivityInput<Machine, Source>, ActivityOutput<Machine, Source>>
      /** How long one try may take. Default 30 seconds. "none": the machine's `after` looks after it. */
      readonly timeout?: Duration | "none"
      /** Codes of faults that no further try would mend. */
      readonly giveUpOn?: readonly string[]
    })

type Signals = Readonly<Record<string, unknown>>

export interface MachineSagaOptions<Machine extends AnyStateMachine, Input, Sent extends Signals> {
  /** Of `setup(...).createMachine(...)`; its input is `{ sagaId, input }`. */
  readonly machine: Machine
  /** Any Standard Schema. */
  readonly input: Schema<Input>
  /** Raise it with every change of states, transitions or invokes. */
  readonly version: number
  /** By the `src` of what the machine invokes. A command that undoes another takes back what this saga did there last. */
  readonly commands: { readonly [Source in SourceOf<Machine>]: CommandOf<Machine, Source> }
  /** Events that callers may send it, with the schemas of their payloads. The machine gets `{ type, payload }`. */
  readonly signals?: { readonly [Name in keyof Sent]: Schema<Sent[Name]> }
  /** Facts that it reacts to; `key` tells the saga's key. Default: what the fact is about. */
  readonly events?: readonly (AnyEventContract | ReactsTo)[]
  /** Facts that it may `emit({ type: name, ...payload })`. */
  readonly emits?: readonly AnyEventContract[]
  /** How long, at least, an ended saga answers those who start it again. Default: `limits.endedSagaKeptDays`. */
  readonly keep?: Duration
}

export interface MachineSaga<Input, Sent extends Signals = Record<never, never>, Result = Json> {
  readonly name: string
  readonly version: number
  readonly machine: AnyStateMachine
  /** The saga as an actor, for an app's `services`. */
  readonly logic: ActorLogic
  /** The command that starts the saga `key`; starting it again only waits for the same end. Throws SchemaMismatch. */
  start(key: string, input: Input): Command<SagaResult<Result>>
  /** Sends the machine that event. Refused with "not-now" in a state that does not take it. */
  signal<const Name extends keyof Sent & string>(key: string, name: Name, payload: Sent[Name]): Command<null>
  /** Sends the machine `{ type: "cancel", code, detail }`; refused with "not-now" in a state that does not take it. */
  cancel(key: string, author?: OrderedBy): Command<null>
  /** Sends the machine `{ type: "compensate" }`. */
  compensate(key: string, author: OrderedBy): Command<null>
  /** Ends the saga where it stands; its end says what it leaves. */
  kill(key: string, author: OrderedBy): Command<null>
  pause(key: string, author: OrderedBy): Command<null>
  /** Lets it go on: what is open is sent again. In a state with the tag "parked" the machine is sent `{ type: "resume" }`. */
  resume(key: string, author?: OrderedBy): Command<null>
  /** Ends the pauses before further tries. */
  retryNow(key: string, author?: OrderedBy): Command<null>
  /** Counts the open command of that invoke as done, with this answer. */
  skipStep(key: string, invoke: string, value: unknown, author: OrderedBy): Command<null>
  /** Counts the open undo as done. */
  abandonUndo(key: string, author: OrderedBy): Command<null>
  /** The undo of its start: cancels it. */
  revert(key: string): Command<null>
}

/** Throws InvalidInput with everything that is wrong with the machine: see `lintMachine`. */
export function machineSaga<
  Machine extends AnyStateMachine,
  Input,
  const Sent extends Signals = Record<never, never>,
>(name: string, options: MachineSagaOptions<Machine, Input, Sent>): MachineSaga<Input, Sent, MachineOutput<Machine>> {
  checkName("saga", name)
  const { machine, input, version, signals = {}, events = [], emits = [], keep = `${limits.endedSagaKeptDays} days` } = options
  if (!Number.isSafeInteger(version) || version < 1)
    throw new InvalidInput(`saga ${name}: version ${version} is not a whole number from 1 up`)
  const where = `saga ${name}`
  // cast: by the types above; the builder of each command checks what it is given
  const commands = commandsOf(options.commands as Readonly<Record<string, MachineCommand>>, where)
  const facts = awaitedFacts(events)
  const outline = outlineOfMachine(name, signals, facts)
  checkMachine(where, machine, linted("saga", commands, [...outline.names], emits))
  const raw: RawDefinition = {
    name,
    version,
    machine: rawMachine(machine),
    commands,
    emits: emits.map(toContract),
    outline,
  }
  const nothing = () => []
  const definition: SagaDefinition = {
    name,
    version,
    input,
    body: [],
    keptMs: durationMs(keep),
    completed: nothing,
    compensated: nothing,
    emits: emits.map(({ eventName }) => eventName),
    updates: {},
  }
  return facade(definition, machine, sagaActor(definition, createRawCore(raw)))
}

/** Its commands are those of any saga. */
function facade<Input, Sent extends Signals, Result>(
  definition: SagaDefinition,
  machine: AnyStateMachine,
  logic: ActorLogic,
): MachineSaga<Input, Sent, Result> {
  const asked = new SagaBuild(definition)
  const { name, version } = definition
  const commands = {
    name,
    version,
    machine,
    logic,
    start: (key: string, input: Input) => asked.start(key, input),
    signal: (key: string, signal: string, payload: Json) => asked.signal(key, signal, payload),
    cancel: (key: string, author?: OrderedBy) => asked.cancel(key, author),
    compensate: (key: string, author: OrderedBy) => asked.compensate(key, author),
    kill: (key: string, author: OrderedBy) => asked.kill(key, author),
    pause: (key: string, author: OrderedBy) => asked.pause(key, author),
    resume: (key: string, author?: OrderedBy) => asked.resume(key, author),
    retryNow: (key: string, author?: OrderedBy) => asked.retryNow(key, author),
    skipStep: (key: string, invoke: string, value: Json, author: OrderedBy) => asked.skipStep(key, invoke, value, author),
    abandonUndo: (key: string, author: OrderedBy) => asked.abandonUndo(key, author),
    revert: (key: string) => asked.revert(key),
  }
  return commands as unknown as MachineSaga<Input, Sent, Result> // cast: the types of payloads and answers exist there only
}
