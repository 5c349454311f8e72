// A saga as plain data: a tree of steps, waits, choices, parallel branches and loops. The builder makes it, the compiler
// turns it into a machine, the core runs it, the checker walks it, and tools draw it. Its functions are the user's: pure,
// and called again when a command is sent again, so they must answer the same for the same context.
import type { Duration } from "../../runtime/kernel/duration.ts"
import type { Command, Event, EventContract } from "../../runtime/message/contract.ts"
import type { Schema } from "../../runtime/message/schema.ts"
import type { Policy } from "../../runtime/actor/policy.ts"

export interface SagaDefinition {
  readonly name: string
  readonly version: number
  readonly input: Schema<unknown>
  readonly body: readonly SagaNode[]
  /** For so long after its end a saga answers those who start it again; then its key is free. */
  readonly keptMs: number
  /** A saga that is under way for longer is turned back, if its pivot was not reached. */
  readonly maxMs?: number
  readonly completed: (context: FunctionContext) => Event | readonly Event[]
  readonly compensated: (context: FunctionContext) => Event | readonly Event[]
  /** Names of the events that its end may give; undefined: not declared. */
  readonly emits: readonly string[] | undefined
  /** What those who wait for a completed saga are told. */
  readonly result?: (context: FunctionContext) => unknown
  /** What a saga may be told to change while it is under way. */
  readonly updates: Readonly<Record<string, UpdateHandler>>
  /** What a saga is found by. */
  readonly attributes?: (context: FunctionContext) => Readonly<Record<string, string | number | boolean>>
}

export type SagaNode = StepNode | WaitNode | ChoiceNode | ParallelNode | LoopNode

/** Where a step or a wait stands relative to the pivot: only what is "before" it is ever undone. */
export type PivotPlace = "before" | "pivot" | "after"

export interface StepNode {
  readonly type: "step"
  readonly name: string
  /** A single step has one item and shows its result bare; "each" shows a list of results. */
  readonly kind: "single" | "each"
  readonly place: PivotPlace
  readonly list: (context: FunctionContext) => readonly unknown[]
  readonly run: (item: unknown, context: FunctionContext) => Command
  readonly undo: "nothing" | ((item: unknown, context: FunctionContext) => Command)
  /** `timeoutMs` undefined: its command waits for ever, as one that starts a child saga does. */
  readonly policy: StepPolicy
  readonly undoPolicy: StepPolicy
  /** Codes of faults after which it is not tried again. */
  readonly giveUpOn: readonly string[]
  /** The saga that it starts. */
  readonly child?: string
}

export interface StepPolicy extends Omit<Policy, "timeoutMs"> {
  readonly timeoutMs: number | undefined
}

/** Waits for somebody, or for a time. What it is told is its result. */
export interface WaitNode {
  readonly type: "wait"
  readonly name: string
  readonly place: PivotPlace
  readonly for: "signal" | "event" | "token" | "time"
  /** Of what it is told; absent for a time. */
  readonly schema?: Schema<unknown>
  readonly event?: AwaitedEvent
  /** For a time: when it is over, in ms since 1970. */
  readonly untilMs?: (context: FunctionContext, nowMs: number) => number
  /** Undefined: it waits for ever. */
  readonly timeoutMs: number | undefined
  readonly onTimeout: "fail" | "go on"
}

export interface AwaitedEvent {
  readonly contract: EventContract<unknown>
  /** The key of the saga that an event is for. */
  readonly keyOf: (payload: unknown, subject: string) => string
  readonly when: (payload: unknown, context: FunctionContext) => boolean
}

/** Goes one of two ways. */
export interface ChoiceNode {
  readonly type: "choice"
  readonly name: string
  readonly test: (context: FunctionContext) => boolean
  readonly yes: readonly SagaNode[]
  readonly no: readonly SagaNode[]
}

/** Goes several ways at once: until all have come to their end, or the first has. */
export interface ParallelNode {
  readonly type: "parallel"
  readonly name: string
  readonly until: "all" | "first"
  readonly branches: readonly Branch[]
  readonly place: PivotPlace
}

export interface Branch {
  readonly name: string
  readonly body: readonly SagaNode[]
}

/** Does its body again until a condition holds. */
export interface LoopNode {
  readonly type: "loop"
  readonly name: string
  readonly until: (context: FunctionContext) => boolean
  readonly roundsMax: number
  readonly place: PivotPlace
  readonly body: readonly SagaNode[]
}

/** Accepts a change, which later functions see under `updates`, or refuses it by a code. */
export interface UpdateHandler {
  readonly schema: Schema<unknown>
  readonly check: (payload: unknown, context: FunctionContext) => string | undefined
}

/** What the user's functions see: `input`, `sagaId`, `updates`, `token`, and the results of earlier steps by name. */
export interface FunctionContext {
  readonly input: unknown
  readonly sagaId: string
  /** The last accepted update of each name. */
  readonly updates: Readonly<Record<string, unknown>>
  /** The token of a wait for one: whoever has it may complete the wait. */
  readonly token: (wait: string) => string
  readonly [name: string]: unknown
}

export type { Duration }
