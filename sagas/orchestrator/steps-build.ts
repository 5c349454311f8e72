// The builder's verbs as they work, with types erased: each adds a node to a draft. `SagaBuild` is a whole saga, a branch
// is a draft alone.
import { type Duration, durationMs } from "../../runtime/kernel/duration.ts"
import { InvalidInput } from "../../runtime/kernel/fault.ts"
import { policy, type PolicyOptions } from "../../runtime/actor/policy.ts"
import type { Command, EventContract } from "../../runtime/message/contract.ts"
import type { Schema } from "../../runtime/message/schema.ts"
import { addNode, addStep, type Draft, emptyDraft, type StepOffer } from "../definition/building.ts"
import type { FunctionContext, StepNode, WaitNode } from "../definition/definition.ts"

export interface ErasedStep extends PolicyOptions {
  readonly run: (...args: readonly unknown[]) => Command
  readonly undo?: "nothing" | ((...args: readonly unknown[]) => Command)
  readonly undoPolicy?: PolicyOptions
  readonly giveUpOn?: readonly string[]
  readonly pivot?: boolean
}

type BranchFunction = (branch: BranchBuild) => unknown

interface ErasedWait {
  readonly timeout?: Duration
  readonly onTimeout?: WaitNode["onTimeout"]
}

interface ErasedEventWait extends ErasedWait {
  readonly key?: (payload: unknown, subject: string) => string
  readonly when?: (payload: unknown, context: FunctionContext) => boolean
}

interface ErasedChild {
  readonly key: (context: FunctionContext) => string
  readonly input: (context: FunctionContext) => unknown
  readonly onUndo: "revert" | "leave"
  readonly timeout?: Duration
}

interface ErasedChildren extends Pick<ErasedChild, "onUndo" | "timeout"> {
  readonly key: (item: unknown, context: FunctionContext) => string
  readonly input: (item: unknown, context: FunctionContext) => unknown
}

interface ErasedSaga {
  readonly name: string
  start(key: string, input: unknown): Command
  revert(key: string): Command
}

export abstract class StepsBuild<Self> {
  readonly draft: Draft

  constructor(draft: Draft) {
    this.draft = draft
  }

  /** How a node is named in an error. */
  protected abstract where(name: string): string
  protected abstract grown(draft: Draft, where: string): Self

  step(name: string, options: ErasedStep): Self {
    const { run, undo } = options
    return this.#addStep(name, options, {
      kind: "single",
      list: () => [null],
      run: (_item, context) => run(context),
      undo: typeof undo === "function" ? (_item, context) => undo(context) : undo,
    })
  }

  forEach(name: string, list: StepNode["list"], options: ErasedStep): Self {
    return this.#addStep(name, options, { kind: "each", list, run: options.run, undo: options.undo })
  }

  child(name: string, saga: ErasedSaga, { key, input, ...options }: ErasedChild): Self {
    const ofOne: ErasedChildren = { ...options, key: (_, context) => key(context), input: (_, context) => input(context) }
    return this.#addChildren(name, saga, ofOne, { kind: "single", list: () => [null] })
  }

  children(name: string, list: StepNode["list"], saga: ErasedSaga, options: ErasedChildren): Self {
    return this.#addChildren(name, saga, options, { kind: "each", list })
  }

  when(
    name: string,
    test: (context: FunctionContext) => boolean,
    then: BranchFunction,
    otherwise: BranchFunction = (b) => b,
  ): Self {
    const where = this.where(name)
    const node = {
      type: "choice",
      name,
      test,
      yes: this.#branch(then, where),
      no: this.#branch(otherwise, where),
    } as const
    return this.grown(addNode(this.draft, node, where), where)
  }

  parallel(name: string, branches: Readonly<Record<string, BranchFunction>>): Self {
    return this.#several(name, "all", branches)
  }

  race(name: string, branches: Readonly<Record<string, BranchFunction>>): Self {
    return this.#several(name, "first", branches)
  }

  repeat(name: string, body: BranchFunction, options: { until: (context: FunctionContext) => boolean; max: number }): Self {
    const where = this.where(name)
    const { until, max: roundsMax } = options
    const inner = this.#branch(body, where, true)
    const node = { type: "loop", name, until, roundsMax, body: inner, place: this.draft.place } as const
    return this.grown(addNode(this.draft, node, where), where)
  }

  awaitSignal(name: string, schema: Schema<unknown>, options: ErasedWait = {}): Self {
    return this.#wait(name, { for: "signal", schema, ...this.#waitPolicy(name, options) })
  }

  awaitToken(name: string, schema: Schema<unknown>, options: ErasedWait = {}): Self {
    return this.#wait(name, { for: "token", schema, ...this.#waitPolicy(name, options) })
  }

  awaitEvent(name: string, contract: EventContract<unknown>, options: ErasedEventWait = {}): Self {
    const { key: keyOf = (_, subject) => subject, when = () => true } = options
    const event = { contract, keyOf, when }
    return this.#wait(name, { for: "event", event, ...this.#waitPolicy(name, options) })
  }

  sleep(name: string, duration: Duration | ((context: FunctionContext) => Duration)): Self {
    const lasting = typeof duration === "function" ? duration : () => duration
    if (typeof duration !== "function") durationMs(duration)
    const untilMs = (context: FunctionContext, nowMs: number) => nowMs + durationMs(lasting(context))
    return this.#wait(name, { for: "time", untilMs, timeoutMs: undefined, onTimeout: "go on" })
  }

  sleepUntil(name: string, timeMs: (context: FunctionContext) => number): Self {
    return this.#wait(name, { for: "time", untilMs: (context) => timeMs(context), timeoutMs: undefined, onTimeout: "go on" })
  }

  #addStep(name: string, options: ErasedStep, shape: Pick<StepOffer, "kind" | "list" | "run" | "undo">): Self {
    const where = this.where(name)
    const { undoPolicy = options, giveUpOn = [], pivot = false } = options
    const policies = { policy: policy(options, where), undoPolicy: policy(undoPolicy, `${where}, undo`) }
    return this.grown(addStep(this.draft, { name, ...shape, ...policies, giveUpOn, pivot }, where), where)
  }

  #addChildren(name: string, saga: ErasedSaga, options: ErasedChildren, shape: Pick<StepOffer, "kind" | "list">): Self {
    const { key, input, onUndo, timeout } = options
    const where = this.where(name)
    const isBefore = this.draft.place === "before"
    if (onUndo !== "revert" && onUndo !== "leave") throw new InvalidInput(`${where}: onUndo is "revert" or "leave"`)
    const { retry } = policy({ retry: { times: 0 } }, where)
    const offer: StepOffer = {
      name,
      ...shape,
      run: (item, context) => saga.start(key(item, context), input(item, context)),
      undo: !isBefore ? undefined : onUndo === "leave" ? "nothing" : (item, context) => saga.revert(key(item, context)),
      policy: { timeoutMs: timeout === undefined ? undefined : durationMs(timeout), retry },
      undoPolicy: { timeoutMs: undefined, retry },
      giveUpOn: [],
      child: saga.name,
      pivot: false,
    }
    return this.grown(addStep(this.draft, offer, where), where)
  }

  #waitPolicy(name: string, { timeout, onTimeout = "fail" }: ErasedWait): Pick<WaitNode, "timeoutMs" | "onTimeout"> {
    if (onTimeout === "go on" && timeout === undefined)
      throw new InvalidInput(`${this.where(name)}: onTimeout needs a timeout`)
    return { timeoutMs: timeout === undefined ? undefined : durationMs(timeout), onTimeout }
  }

  #wait(name: string, wait: Omit<WaitNode, "type" | "name" | "place">): Self {
    const where = this.where(name)
    return this.grown(addNode(this.draft, { type: "wait", name, place: this.draft.place, ...wait }, where), where)
  }

  #several(name: string, until: "all" | "first", branches: Readonly<Record<string, BranchFunction>>): Self {
    const where = this.where(name)
    const bodies = Object.entries(branches).map(([branch, build]) => ({ name: branch, body: this.#branch(build, where) }))
    const node = { type: "parallel", name, until, branches: bodies, place: this.draft.place } as const
    return this.grown(addNode(this.draft, node, where), where)
  }

  #branch(build: BranchFunction, where: string, isLoop = false): Draft["body"] {
    const { place, isInLoop } = this.draft
    const built = build(new BranchBuild({ ...emptyDraft, place, isInner: true, isInLoop: isInLoop || isLoop }, where))
    if (built instanceof BranchBuild) return built.draft.body
    throw new InvalidInput(`${where}: a branch returns the branch that it was given, with its steps`)
  }
}

/** A branch of a choice, a parallel or a race, or the body of a loop. */
export class BranchBuild extends StepsBuild<BranchBuild> {
  readonly #where: string

  constructor(draft: Draft, where: string) {
    super(draft)
    this.#where = where
  }

  protected where(name: string): string {
    return `${this.#where}, step ${JSON.stringify(name)}`
  }

  protected grown(draft: Draft): BranchBuild {
    return new BranchBuild(draft, this.#where)
  }
}
