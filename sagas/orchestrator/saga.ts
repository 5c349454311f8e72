// How a team writes a saga: `saga(name, { input, version })` and its steps, in the order of business. Every call gives
// a new value, so a half-built saga can be shared. The same value is what is deployed, started, drawn and checked.
import { type Duration, durationMs } from "../../runtime/kernel/duration.ts"
import { InvalidInput } from "../../runtime/kernel/fault.ts"
import { limits } from "../../runtime/kernel/limits.ts"
import type { ActorLogic } from "../../runtime/actor/logic.ts"
import type { Command, EventContract, EventName } from "../../runtime/message/contract.ts"
import { checkName } from "../../runtime/message/key.ts"
import type { Schema } from "../../runtime/message/schema.ts"
import type { SagaDefinition } from "../definition/definition.ts"
import type {
  Awaited,
  ChildOptions,
  ChildrenOptions,
  EachStep,
  EndEvents,
  EventWaitOptions,
  InnerStep,
  NewName,
  Perhaps,
  SingleStep,
  StepContext,
  WaitOptions,
} from "../definition/options.ts"
import type { SagaMachine } from "../machine/compile.ts"
import type { Ended } from "../machine/row.ts"
import { SagaBuild } from "./saga-build.ts"
import type { OrderedBy } from "./order-commands.ts"

/** What a caller of `start` is told when the saga has ended; a parked saga answers with a fault instead. */
export type SagaResult<Result = unknown> = Ended & { readonly result?: Result }

type Signals = Readonly<Record<string, unknown>>

/** A saga that is deployed, started and spoken to. `Sent` are its signals, `Result` what a completed one gives. */
export interface Saga<Input, Sent extends Signals = Record<never, never>, Result = null> {
  readonly name: string
  readonly version: number
  readonly definition: SagaDefinition
  /** The XState machine that it is compiled to. */
  readonly machine: SagaMachine
  /** The saga as an actor, for the engine. */
  readonly logic: ActorLogic
  /** The command that starts the saga `key`; starting it again only waits for the same end. Throws SchemaMismatch. */
  start(key: string, input: Input): Command<SagaResult<Result>>
  /** Ends the wait for that signal, or is kept until it begins. Refused when the saga has ended or was never started. */
  signal<const Name extends keyof Sent & string>(key: string, name: Name, payload: Sent[Name]): Command<null>
  /** Asks for a change; answered when it is accepted or refused. */
  update(key: string, name: string, payload: unknown): Command<null>
  /** Turns the saga back: what was done is undone. Refused with "past-pivot" from the pivot on. */
  cancel(key: string, author?: OrderedBy): Command<null>
  /** Ends the saga where it stands; nothing is undone, and its end says what it leaves. */
  kill(key: string, author: OrderedBy): Command<null>
  /** Lets it stand still until it is resumed. */
  pause(key: string, author: OrderedBy): Command<null>
  /** Lets a parked or a paused saga go on: what is open is sent again under the same effect keys. */
  resume(key: string, author?: OrderedBy): Command<null>
  /** Ends the pauses before further tries. */
  retryNow(key: string, author?: OrderedBy): Command<null>
  /** Counts a step that is under way or has failed as done, with this answer. */
  skipStep(key: string, step: string, value: unknown, author: OrderedBy): Command<null>
  /** Undoes what can be undone, also from the pivot on. */
  compensate(key: string, author: OrderedBy): Command<null>
  /** Gives up the undo that is under way or has failed, and goes on with the next one. */
  abandonUndo(key: string, author: OrderedBy): Command<null>
  /** Takes a child saga back: the undo of its start. */
  revert(key: string): Command<null>
}

type Inside<Input, R extends object, P extends Place, S extends Signals> = Steps<"branch", Input, R, P, S>
type Branch<Input, R extends object, P extends Place, S extends Signals, R2 extends object, S2 extends Signals> = (
  branch: Inside<Input, R, P, S>,
) => Inside<Input, R2, P, S2>
type Place = "before" | "after"
type Level = "saga" | "branch"

/** What the builder is after a node more: a saga, or, inside a branch, a branch. */
type Grown<L extends Level, Input, R extends object, P extends Place, S extends Signals> = L extends "saga"
  ? SagaBuilder<Input, R, P, S>
  : Inside<Input, R, P, S>

/** The steps of a saga or of a branch. `R` are the results so far, `P` where the next step stands, `S` the signals. */
export interface Steps<L extends Level, Input, R extends object, P extends Place, S extends Signals> {
  /** For the compiler only: what the steps so far give, and take. */
  readonly "~results"?: R
  readonly "~signals"?: S

  /**
   * One command. Its answer is there for later steps under the step's name. Refused: what was done is undone, latest
   * first. Unknown after all tries: this step is undone too.
   */
  step<const Name extends string, Value, const Pivot extends boolean = false>(
    name: NewName<Name, R>,
    options: L extends "saga"
      ? SingleStep<StepContext<Input, R>, Value, P, Pivot>
      : InnerStep<StepContext<Input, R>, Value, P>,
  ): Grown<L, Input, R & { readonly [K in Name]: Value }, Pivot extends true ? "after" : P, S>

  /** One command for each item of a list, all at once; the answers are a list in the same order. */
  forEach<const Name extends string, Item, Value>(
    name: NewName<Name, R>,
    list: (context: StepContext<Input, R>) => readonly Item[],
    options: EachStep<StepContext<Input, R>, Item, Value, P>,
  ): Grown<L, Input, R & { readonly [K in Name]: readonly Value[] }, P, S>

  /** Goes one way or the other. What a branch gives is there afterwards if it was taken. */
  when<const Name extends string, R1 extends object, S1 extends Signals, R2 extends object = R, S2 extends Signals = S>(
    name: NewName<Name, R>,
    test: (context: StepContext<Input, R>) => boolean,
    then: Branch<Input, R, P, S, R1, S1>,
    otherwise?: Branch<Input, R, P, S, R2, S2>,
  ): Grown<L, Input, R & Perhaps<R1, R> & Perhaps<R2, R>, P, S & S1 & S2>

  /** Goes both ways at once, and on when both have come to their end. One that fails turns the saga back. */
  parallel<const Name extends string, Branches extends BranchesOf<Input, R, P, S>>(
    name: NewName<Name, R>,
    branches: Branches,
  ): Grown<L, Input, R & AllResults<Branches>, P, S & AllSignals<Branches>>

  /** Goes several ways at once; the first that comes to its end wins, and what the others did is undone. */
  race<const Name extends string, Branches extends BranchesOf<Input, R, P, S>>(
    name: NewName<Name, R>,
    branches: Branches,
  ): Grown<
    L,
    Input,
    R & { readonly [K in Name]: keyof Branches & string } & Perhaps<AllResults<Branches>, R>,
    P,
    S & AllSignals<Branches>
  >

  /** Does its steps again until a condition holds, at most `max` times; then it fails with LOOP_EXHAUSTED. */
  repeat<const Name extends string, R1 extends object, S1 extends Signals>(
    name: NewName<Name, R>,
    body: Branch<Input, R, P, S, R1, S1>,
    options: { readonly until: (context: StepContext<Input, R & R1>) => boolean; readonly max: number },
  ): Grown<L, Input, R & R1, P, S & S1>

  /** Waits for `saga.signal(key, name, payload)`. */
  awaitSignal<const Name extends string, Payload, const OnTimeout extends "fail" | "go on" = "fail">(
    name: NewName<Name, R>,
    schema: Schema<Payload>,
    options?: WaitOptions<OnTimeout>,
  ): Grown<L, Input, R & { readonly [K in Name]: Awaited<Payload, OnTimeout> }, P, S & { readonly [K in Name]: Payload }>

  /** Waits for a fact about this saga. */
  awaitEvent<const Name extends string, Payload, const OnTimeout extends "fail" | "go on" = "fail">(
    name: NewName<Name, R>,
    event: EventContract<Payload>,
    options?: EventWaitOptions<StepContext<Input, R>, Payload, OnTimeout>,
  ): Grown<L, Input, R & { readonly [K in Name]: Awaited<Payload, OnTimeout> }, P, S>

  /** Waits until somebody outside completes the token `context.token(name)`: `completeToken(token, payload)`. */
  awaitToken<const Name extends string, Payload, const OnTimeout extends "fail" | "go on" = "fail">(
    name: NewName<Name, R>,
    schema: Schema<Payload>,
    options?: WaitOptions<OnTimeout>,
  ): Grown<L, Input, R & { readonly [K in Name]: Awaited<Payload, OnTimeout> }, P, S>

  /** Waits for so long. */
  sleep<const Name extends string>(
    name: NewName<Name, R>,
    duration: Duration | ((context: StepContext<Input, R>) => Duration),
  ): Grown<L, Input, R, P, S>

  /** Waits until a time, in ms since 1970. */
  sleepUntil<const Name extends string>(
    name: NewName<Name, R>,
    timeMs: (context: StepContext<Input, R>) => number,
  ): Grown<L, Input, R, P, S>

  /** Starts another saga and waits for its end. Completed: its result is there. Compensated: the step was refused. */
  child<const Name extends string, ChildInput, ChildResult>(
    name: NewName<Name, R>,
    saga: Pick<Saga<ChildInput, never, ChildResult>, "name" | "start" | "revert">,
    options: ChildOptions<StepContext<Input, R>, ChildInput>,
  ): Grown<L, Input, R & { readonly [K in Name]: ChildResult }, P, S>

  /** Starts a saga for each item of a list, all at once, and waits for all their ends; the results are a list. */
  children<const Name extends string, Item, ChildInput, ChildResult>(
    name: NewName<Name, R>,
    list: (context: StepContext<Input, R>) => readonly Item[],
    saga: Pick<Saga<ChildInput, never, ChildResult>, "name" | "start" | "revert">,
    options: ChildrenOptions<StepContext<Input, R>, Item, ChildInput>,
  ): Grown<L, Input, R & { readonly [K in Name]: readonly ChildResult[] }, P, S>
}

type BranchesOf<Input, R extends object, P extends Place, S extends Signals> = Readonly<
  Record<string, (branch: Inside<Input, R, P, S>) => { readonly "~results"?: object; readonly "~signals"?: Signals }>
>

/** The results of all branches together. */
type AllResults<Branches> = Together<{
  [K in keyof Branches]: Branches[K] extends (branch: never) => { readonly "~results"?: infer R } ? R : never
}>
type AllSignals<Branches> = Together<{
  [K in keyof Branches]: Branches[K] extends (branch: never) => { readonly "~signals"?: infer S } ? S : never
}>
type Together<Parts> = (
  { [K in keyof Parts]: (part: Parts[K]) => void }[keyof Parts] extends (all: infer All) => void ? All : never
) extends infer All extends object
  ? All
  : never

export interface SagaBuilder<
  Input,
  R extends object,
  P extends Place,
  S extends Signals = Record<never, never>,
  Result = null,
>
  extends Saga<Input, S, Result>, Steps<"saga", Input, R, P, S> {
  /** What `check` refuses is refused with the code that it gives; what it accepts is under `context.updates`. */
  accepts<Payload>(
    name: string,
    schema: Schema<Payload>,
    check: (payload: Payload, context: StepContext<Input, Partial<R>>) => string | undefined,
  ): SagaBuilder<Input, R, P, S, Result>
  /** What a completed saga gives to those who wait for it. */
  returns<const Given>(result: (context: StepContext<Input, R>) => Given): SagaBuilder<Input, R, P, S, Given>
  /** What a saga is found by. */
  attributes(
    attributes: (context: StepContext<Input, Partial<R>>) => Readonly<Record<string, string | number | boolean>>,
  ): SagaBuilder<Input, R, P, S, Result>
  /**
   * The facts that follow from the saga's end. A plain function stands for `{ completed }`. With `declared` the flow graph
   * knows them, and any other parks the saga.
   */
  emits(
    events: EndEvents<Input, R> | NonNullable<EndEvents<Input, R>["completed"]>,
    declared?: readonly EventName[],
  ): Saga<Input, S, Result>
}

export interface SagaOptions<Input> {
  /** Any Standard Schema. */
  readonly input: Schema<Input>
  /** Raise it with every change of the steps. */
  readonly version: number
  /** How long, at least, an ended saga answers those who start it again. Default: `limits.endedSagaKeptDays`. */
  readonly keep?: Duration
  /** A saga that is under way for longer is turned back with SAGA_TIMEOUT, if its pivot was not reached. Default: no bound. */
  readonly maxDuration?: Duration
}

/**
 * Starts a saga definition. `input` is any Standard Schema; raise `version` with every change of the steps, because a
 * saga under way is parked rather than continued by a definition that did not start it. Throws InvalidInput.
 */
export function saga<Input>(name: string, options: SagaOptions<Input>): SagaBuilder<Input, Record<never, never>, "before"> {
  checkName("saga", name)
  const { input, version, maxDuration } = options
  if (!Number.isSafeInteger(version) || version < 1) {
    throw new InvalidInput(`saga ${name}: version ${version} is not a whole number from 1 up`)
  }
  const keptMs = durationMs(options.keep ?? `${limits.endedSagaKeptDays} days`)
  const nothing = () => []
  const maxMs = maxDuration === undefined ? {} : { maxMs: durationMs(maxDuration) }
  const definition = {
    name,
    version,
    input,
    body: [],
    keptMs,
    ...maxMs,
    completed: nothing,
    compensated: nothing,
    emits: [],
    updates: {},
  }
  // cast: the builder keeps functions with their types erased; its methods restore them to callers
  return new SagaBuild(definition) as unknown as SagaBuilder<Input, Record<never, never>, "before">
}
