// How a team writes a saga: `saga(name, { input, version })` and its steps, in the order of business. Every call gives
// a new value, so a half-built saga can be shared. The same value is what is deployed, started, drawn and checked.
import { type Duration, durationMs } from "../../runtime/kernel/duration.ts"
import { InvalidInput } from "../../runtime/kernel/fault.ts"
import { limits } from "../../runtime/kernel/limits.ts"
import type { ActorLogic } from "../../runtime/actor/logic.ts"
import { type Command, makeCommand } from "../../runtime/message/contract.ts"
import { checkName } from "../../runtime/message/key.ts"
import type { Schema } from "../../runtime/message/schema.ts"
import { addStep, type SagaDefinition, type StepDefinition, type StepOffer } from "../definition/definition.ts"
import type { EachStep, EndEvents, NewName, SingleStep, StepContext } from "../definition/options.ts"
import { policy, type PolicyOptions } from "../../runtime/actor/policy.ts"
import { compile, type SagaMachine } from "../machine/compile.ts"
import { createCore } from "../machine/core.ts"
import type { Ended } from "../machine/row.ts"
import { sagaActor } from "./saga-actor.ts"

/** What a caller of `start` is told when the saga has ended; a parked saga answers with a fault instead. */
export type SagaResult = Ended

export interface Saga<Input> {
  readonly name: string
  readonly version: number
  readonly definition: SagaDefinition
  /** The XState machine that it is compiled to. */
  readonly machine: SagaMachine
  /** The saga as an actor, for the engine. */
  readonly logic: ActorLogic
  /** The command that starts the saga `key`; starting it again only waits for the same end. Throws SchemaMismatch. */
  start(key: string, input: Input): Command<SagaResult>
  /** The command that lets the parked saga `key` go on: what is open is sent again under the same effect keys. */
  resume(key: string): Command<null>
}

export interface SagaBuilder<Input, Results extends object, Place extends "before" | "after"> extends Saga<Input> {
  /**
   * One command. Its answer is there for later steps under the step's name. Refused: what was done is undone, latest
   * first. Unknown after all tries: this step is undone too.
   */
  step<const Name extends string, Value, const Pivot extends boolean = false>(
    name: NewName<Name, Results>,
    options: SingleStep<StepContext<Input, Results>, Value, Place, Pivot>,
  ): SagaBuilder<Input, Results & { readonly [K in Name]: Value }, Pivot extends true ? "after" : Place>

  /** One command for each item of a list, all at once; the answers are a list in the same order. */
  forEach<const Name extends string, Item, Value>(
    name: NewName<Name, Results>,
    list: (context: StepContext<Input, Results>) => readonly Item[],
    options: EachStep<StepContext<Input, Results>, Item, Value, Place>,
  ): SagaBuilder<Input, Results & { readonly [K in Name]: readonly Value[] }, Place>

  /** The facts that follow from the saga's end. A plain function stands for `{ completed }`. */
  emits(events: EndEvents<Input, Results> | NonNullable<EndEvents<Input, Results>["completed"]>): Saga<Input>
}

export interface SagaOptions<Input> {
  /** Any Standard Schema. */
  readonly input: Schema<Input>
  /** Raise it with every change of the steps. */
  readonly version: number
  /** How long, at least, an ended saga answers those who start it again. Default: `limits.endedSagaKeptDays`. */
  readonly keep?: Duration
}

/**
 * Starts a saga definition. `input` is any Standard Schema; raise `version` with every change of the steps, because a
 * saga under way is parked rather than continued by a definition that did not start it. Throws InvalidInput.
 */
export function saga<Input>(
  name: string,
  options: SagaOptions<Input>,
): SagaBuilder<Input, Record<never, never>, "before"> {
  checkName("saga", name)
  const { input, version } = options
  if (!Number.isSafeInteger(version) || version < 1) {
    throw new InvalidInput(`saga ${name}: version ${version} is not a whole number from 1 up`)
  }
  const keptMs = durationMs(options.keep ?? `${limits.endedSagaKeptDays} days`)
  const nothing = () => []
  // cast: the builder keeps functions with their types erased; its methods restore them to callers
  return new Builder({ name, version, input, steps: [], keptMs, completed: nothing, compensated: nothing }) as unknown as
    SagaBuilder<Input, Record<never, never>, "before">
}

interface ErasedStep extends PolicyOptions {
  readonly run: (...args: readonly unknown[]) => Command
  readonly undo?: "nothing" | ((...args: readonly unknown[]) => Command)
  readonly pivot?: boolean
}

/** Machine and logic are made when they are first asked for: a saga under construction has none yet. */
class Builder {
  readonly definition: SagaDefinition
  #machine: SagaMachine | undefined
  #logic: ActorLogic | undefined

  constructor(definition: SagaDefinition) {
    this.definition = definition
  }

  get name(): string {
    return this.definition.name
  }

  get version(): number {
    return this.definition.version
  }

  get machine(): SagaMachine {
    this.#machine ??= compile(this.definition)
    return this.#machine
  }

  get logic(): ActorLogic {
    this.#logic ??= sagaActor(this.definition, createCore(this.definition, this.machine))
    return this.#logic
  }

  start(key: string, input: unknown): Command {
    return makeCommand({ service: this.name, name: "start", schema: this.definition.input }, key, input)
  }

  resume(key: string): Command {
    return makeCommand({ service: this.name, name: "resume", schema: undefined }, key, undefined)
  }

  step(name: string, options: ErasedStep): Builder {
    const { run, undo } = options
    return this.#add(name, options, {
      kind: "single",
      list: () => [null],
      run: (_item, context) => run(context),
      undo: typeof undo === "function" ? (_item, context) => undo(context) : undo,
    })
  }

  forEach(name: string, list: StepDefinition["list"], options: ErasedStep): Builder {
    return this.#add(name, options, { kind: "each", list, run: options.run, undo: options.undo })
  }

  emits(events: Partial<Pick<SagaDefinition, "completed" | "compensated">> | SagaDefinition["completed"]): Builder {
    return new Builder({ ...this.definition, ...(typeof events === "function" ? { completed: events } : events) })
  }

  #add(name: string, options: ErasedStep, shape: Pick<StepOffer, "kind" | "list" | "run" | "undo">): Builder {
    const where = `saga ${this.name}, step ${JSON.stringify(name)}`
    const offer = { name, ...shape, ...policy(options, where), pivot: options.pivot === true }
    return new Builder(addStep(this.definition, offer, where))
  }
}
