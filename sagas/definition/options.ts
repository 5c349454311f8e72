// The types by which the compiler knows what a step may use: the saga's input and the results of the steps before it.
// `Place` is "after" once the pivot is declared: from there on nothing is undone, so `undo` is no longer accepted.
import type { Duration } from "../../runtime/kernel/duration.ts"
import type { Command, Event } from "../../runtime/message/contract.ts"
import type { PolicyOptions } from "../../runtime/actor/policy.ts"

/** What `run`, `undo` and a list function are given: the input, the saga's key, and earlier results by step name. */
export type StepContext<Input, Results extends object> = {
  readonly input: Input
  readonly sagaId: string
  /** The last accepted update of each name. */
  readonly updates: Readonly<Record<string, unknown>>
  /** What somebody outside must show to complete a wait for a token: hand it on with a command. */
  readonly token: (wait: string) => string
} & Results

/** A step's name, refused by the compiler if an earlier step has it. */
export type NewName<Name extends string, Results extends object> = Name & (Name extends keyof Results ? never : unknown)

/** `undo` is due before the pivot and impossible from the pivot on. `"nothing"` says that there is nothing to take back. */
type UndoOption<Undo, Place, Pivot> = Place extends "after"
  ? { readonly undo?: never; readonly undoPolicy?: never }
  : Pivot extends true
    ? { readonly undo?: never; readonly undoPolicy?: never }
    : {
        readonly undo: Undo | "nothing"
        /** Timeout and retries of the undo. Default: those of the step. */
        readonly undoPolicy?: PolicyOptions
      }

type Run<Arguments extends readonly unknown[], Value> = (...args: Arguments) => Command<Value>

interface StepOptions extends PolicyOptions {
  /** Codes of faults that no further try would mend: the outcome is unknown at once. A refusal is never tried again. */
  readonly giveUpOn?: readonly string[]
}

/** One command. `undo` gets what `run` got, never the step's own result: it must work although the reply was lost. */
export type SingleStep<Context, Value, Place, Pivot extends boolean> = StepOptions & {
  readonly run: Run<[context: Context], Value>
  /** The point of no return: once it has succeeded the saga only goes forward. */
  readonly pivot?: Place extends "after" ? never : Pivot
} & UndoOption<Run<[context: Context], unknown>, Place, Pivot>

/** A step inside a branch or a loop, where no pivot may stand. */
export type InnerStep<Context, Value, Place> = StepOptions & {
  readonly run: Run<[context: Context], Value>
  readonly pivot?: never
} & UndoOption<Run<[context: Context], unknown>, Place, false>

/** One command per item, all sent at once. Undone one at a time, the last item first. */
export type EachStep<Context, Item, Value, Place> = StepOptions & {
  readonly run: Run<[item: Item, context: Context], Value>
} & UndoOption<Run<[item: Item, context: Context], unknown>, Place, false>

/** How long a wait may take, and what then: the saga fails with WAIT_TIMEOUT, or goes on with null. */
export interface WaitOptions<OnTimeout extends "fail" | "go on"> {
  readonly timeout?: Duration
  readonly onTimeout?: OnTimeout
}

export interface EventWaitOptions<Context, Payload, OnTimeout extends "fail" | "go on"> extends WaitOptions<OnTimeout> {
  /** The key of the saga that an event is for. Default: what the event is about. */
  readonly key?: (payload: Payload, subject: string) => string
  /** Only an event of which this is true ends the wait. */
  readonly when?: (payload: Payload, context: Context) => boolean
}

/** What a wait gives: null when it may go on without. */
export type Awaited<Value, OnTimeout> = OnTimeout extends "go on" ? Value | null : Value

export interface ChildOptions<Context, Input> {
  readonly key: (context: Context) => string
  readonly input: (context: Context) => Input
  /**
   * What becomes of the child when this saga is turned back: "revert" turns it back too, also if it has completed, as long
   * as it has no pivot; "leave" lets it be.
   */
  readonly onUndo: "revert" | "leave"
  /** How long the child may take. Default: as long as it does. */
  readonly timeout?: Duration
}

/** Likewise, for each item of a list. */
export interface ChildrenOptions<Context, Item, Input> extends Pick<ChildOptions<Context, Input>, "onUndo" | "timeout"> {
  readonly key: (item: Item, context: Context) => string
  readonly input: (item: Item, context: Context) => Input
}

type Facts = Event | readonly Event[]

/** The facts that a saga's end makes known. `reason` is the code of the refusal or fault that turned it back. */
export interface EndEvents<Input, Results extends object> {
  readonly completed?: (context: StepContext<Input, Results>) => Facts
  readonly compensated?: (context: { readonly input: Input; readonly sagaId: string; readonly reason: string }) => Facts
}

/** What may be there: the steps of a branch that was perhaps not taken. */
export type Perhaps<Results extends object, Before extends object> = {
  readonly [K in Exclude<keyof Results, keyof Before>]?: Results[K]
}
