// The types by which the compiler knows what a step may use: the saga's input and the results of the steps before it.
// `Place` is "after" once the pivot is declared: from there on nothing is undone, so `undo` is no longer accepted.
import type { Command, Event } from "../../runtime/message/contract.ts"
import type { PolicyOptions } from "../../runtime/actor/policy.ts"

/** What `run`, `undo` and a list function are given: the input, the saga's key, and earlier results by step name. */
export type StepContext<Input, Results extends object> = { readonly input: Input; readonly sagaId: string } & Results

/** A step's name, refused by the compiler if an earlier step has it. */
export type NewName<Name extends string, Results extends object> = Name & (Name extends keyof Results ? never : unknown)

/** `undo` is due before the pivot and impossible from the pivot on. `"nothing"` says that there is nothing to take back. */
type UndoOption<Undo, Place, Pivot> = Place extends "after"
  ? { readonly undo?: never }
  : Pivot extends true
    ? { readonly undo?: never }
    : { readonly undo: Undo | "nothing" }

type Run<Arguments extends readonly unknown[], Value> = (...args: Arguments) => Command<Value>

/** One command. `undo` gets what `run` got, never the step's own result: it must work although the reply was lost. */
export type SingleStep<Context, Value, Place, Pivot extends boolean> = PolicyOptions & {
  readonly run: Run<[context: Context], Value>
  /** The point of no return: once it has succeeded the saga only goes forward. */
  readonly pivot?: Place extends "after" ? never : Pivot
} & UndoOption<Run<[context: Context], unknown>, Place, Pivot>

/** One command per item, all sent at once. Undone one at a time, the last item first. */
export type EachStep<Context, Item, Value, Place> = PolicyOptions & {
  readonly run: Run<[item: Item, context: Context], Value>
} & UndoOption<Run<[item: Item, context: Context], unknown>, Place, false>

type Facts = Event | readonly Event[]

/** The facts that a saga's end makes known. `reason` is the code of the refusal or fault that turned it back. */
export interface EndEvents<Input, Results extends object> {
  readonly completed?: (context: StepContext<Input, Results>) => Facts
  readonly compensated?: (context: { readonly input: Input; readonly sagaId: string; readonly reason: string }) => Facts
}
