// A saga as plain data: a list of steps, each a list of items to send one command for. The builder makes it, the
// compiler turns it into a machine, the core runs it. Its functions are the user's: pure, and called again when a
// command is sent again, so they must answer the same for the same context.
import { InvalidInput } from "../../runtime/kernel/fault.ts"
import { limits } from "../../runtime/kernel/limits.ts"
import type { Command, Event } from "../../runtime/message/contract.ts"
import { checkName } from "../../runtime/message/key.ts"
import type { Schema } from "../../runtime/message/schema.ts"
import type { RetryPolicy } from "../../runtime/actor/policy.ts"

export interface SagaDefinition {
  readonly name: string
  readonly version: number
  readonly input: Schema<unknown>
  readonly steps: readonly StepDefinition[]
  /** For so long after its end a saga answers those who start it again; then its key is free. */
  readonly keptMs: number
  readonly completed: (context: FunctionContext) => Event | readonly Event[]
  readonly compensated: (context: FunctionContext) => Event | readonly Event[]
}

export interface StepDefinition {
  readonly name: string
  /** A single step has one item and shows its result bare; "each" shows a list of results. */
  readonly kind: "single" | "each"
  /** Where it stands relative to the pivot: only a step "before" it is ever undone. */
  readonly place: "before" | "pivot" | "after"
  readonly list: (context: FunctionContext) => readonly unknown[]
  readonly run: (item: unknown, context: FunctionContext) => Command
  readonly undo: "nothing" | ((item: unknown, context: FunctionContext) => Command)
  readonly timeoutMs: number
  readonly retry: RetryPolicy
}

/** What the user's functions see: `input`, `sagaId`, and the results of earlier steps by name. */
export interface FunctionContext {
  readonly input: unknown
  readonly sagaId: string
  readonly [name: string]: unknown
}

/** The prefix of the states that undo a step; no step's name begins with it. */
export const undoPrefix = "undo_"

const reserved = new Set([
  "input", "sagaId", "reason", "result", "outcome", "item", "new", "completed", "compensated", "parked",
])

/** A step as the builder was given it. */
export interface StepOffer extends Omit<StepDefinition, "place" | "undo"> {
  readonly undo: StepDefinition["undo"] | undefined
  readonly pivot: boolean
}

/** The definition with one more step at its end. Throws InvalidInput, naming `where`, if the step does not fit. */
export function addStep(definition: SagaDefinition, offer: StepOffer, where: string): SagaDefinition {
  const { pivot, undo, ...step } = offer
  checkStepName(definition, step.name, where)
  if (typeof step.run !== "function" || typeof step.list !== "function") throw new InvalidInput(`${where}: run is not a function`)
  const afterPivot = definition.steps.some((earlier) => earlier.place !== "before")
  if (pivot && afterPivot) throw new InvalidInput(`${where}: a saga has one pivot`)
  if (pivot && step.kind === "each") throw new InvalidInput(`${where}: a pivot is one command, not a fan-out`)
  const place = pivot ? "pivot" : afterPivot ? "after" : "before"
  if (place === "before" && typeof undo !== "function" && undo !== "nothing") {
    throw new InvalidInput(`${where}: a step before the pivot needs an undo, or undo: "nothing"`)
  }
  if (place !== "before" && undo !== undefined) throw new InvalidInput(`${where}: from the pivot on there is no undo`)
  return { ...definition, steps: [...definition.steps, { ...step, place, undo: undo ?? "nothing" }] }
}

function checkStepName(definition: SagaDefinition, name: string, where: string): void {
  checkName("step", name)
  if (reserved.has(name)) throw new InvalidInput(`${where}: the name is reserved`)
  if (name.startsWith(undoPrefix)) throw new InvalidInput(`${where}: names that begin with "${undoPrefix}" are reserved`)
  if (definition.steps.some((step) => step.name === name)) throw new InvalidInput(`${where}: another step has that name`)
  if (definition.steps.length >= limits.sagaStepsMax) {
    throw new InvalidInput(`${where}: a saga has at most ${limits.sagaStepsMax} steps`)
  }
}

/** The step of that name. A definition only ever names its own steps. */
export function stepNamed(definition: SagaDefinition, name: string): StepDefinition {
  const step = definition.steps.find((candidate) => candidate.name === name)
  if (step === undefined) throw new InvalidInput(`saga ${definition.name} has no step "${name}"`)
  return step
}
