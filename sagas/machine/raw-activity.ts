// How a raw machine names the commands that it invokes, with their types: `setup({ actors: { charge: activity<...>() } })`.
import { type AnyEventObject, type AnyStateMachine, fromPromise, type PromiseActorLogic, type StateMachine } from "xstate"
import { InvalidInput } from "../../runtime/kernel/fault.ts"
import type { Json } from "../../runtime/message/json.ts"

/** What `onError` of a command is given as `event.error`; `commandFailure(event)` reads it. */
export interface CommandFailure {
  /** "refused": nothing happened. "unknown": all tries are used up, and whether it happened is not known. */
  readonly kind: "refused" | "unknown"
  /** Of the refusal; or `STEP_TIMEOUT`, or that of the last fault. */
  readonly code: string
  readonly detail: Json
}

/** What the machine of a saga is given as its input. */
export interface SagaInput<Input> {
  readonly sagaId: string
  readonly input: Input
}

const stubs = new WeakSet<object>()

/**
 * Stands for a command among the `actors` of `setup`: an invoke gives it `Input`, and `onDone` gets `Output` as
 * `event.output`. It holds no code; what is sent is made by the saga's `commands`.
 */
export function activity<Input, Output = Json>(): PromiseActorLogic<Output, Input & {}> {
  const stub = fromPromise<Output, Input & {}>(() => new Promise(() => undefined))
  stubs.add(stub)
  return stub
}

export function isActivity(logic: unknown): boolean {
  return typeof logic === "object" && logic !== null && stubs.has(logic)
}

/** Why a command that was invoked has failed. Throws InvalidInput on an event that tells of no failure. */
export function commandFailure(event: { readonly type: string }): CommandFailure {
  const error: unknown = "error" in event ? event.error : undefined
  if (typeof error !== "object" || error === null || !("kind" in error) || !("code" in error))
    throw new InvalidInput(`the event ${event.type} tells of no command that failed`)
  return error as CommandFailure // cast: the core makes no other errors
}

/** A guard for `onError`: whether the command happened is not known, so that it is to be undone too. */
export function isOutcomeUnknown({ event }: { readonly event: AnyEventObject }): boolean {
  return commandFailure(event).kind === "unknown"
}

/** The actors of a machine's `setup`, with their names. */
export type ActorOf<Machine> = Machine extends StateMachine<
  infer _C, infer _E, infer _Ch, infer Actor, infer _A, infer _G, infer _D, infer _V, infer _T, infer _I, infer _O, infer _Em,
  infer _M, infer _S, infer _TM
>
  ? Actor
  : never

/** The names of what a machine may invoke. */
export type SourceOf<Machine> = ActorOf<Machine>["src"]

type LogicOf<Machine, Source> = Extract<ActorOf<Machine>, { readonly src: Source }>["logic"]

export type ActivityInput<Machine, Source> = LogicOf<Machine, Source> extends PromiseActorLogic<infer _O, infer I> ? I : never
export type ActivityOutput<Machine, Source> = LogicOf<Machine, Source> extends PromiseActorLogic<infer O, infer _I> ? O : never

/** What a machine gives when it has come to its end. */
export type MachineOutput<Machine> = Machine extends StateMachine<
  infer _C, infer _E, infer _Ch, infer _Ac, infer _A, infer _G, infer _D, infer _V, infer _T, infer _I, infer Output, infer _Em,
  infer _M, infer _S, infer _TM
>
  ? Output
  : never

export type { AnyStateMachine }
