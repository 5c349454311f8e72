// A definition as the checker runs it: conditions answer as the checker wants, so that both ways are seen whatever the
// data say, and tries and rounds are few, because more of the same bring nothing new.
import type { Json } from "../../runtime/message/json.ts"
import type { FunctionContext, SagaDefinition, SagaNode, StepNode, StepPolicy, WaitNode } from "../definition/definition.ts"
import { type Bounds, UnusableSample } from "./samples.ts"

/** A condition, and how it was answered. `said`: by the data. */
export interface Asked {
  readonly name: string
  readonly answer: boolean
  readonly said: boolean
}

/** Answers conditions in the order in which they are asked within one decision. */
export class Oracle {
  #answers: readonly boolean[] = []
  #otherwise: () => boolean = () => false
  #asked: Asked[] = []
  #missing: UnusableSample | undefined

  /** What is to be answered, and what beyond it. */
  plan(answers: readonly boolean[], otherwise: () => boolean = () => false): void {
    this.#answers = answers
    this.#otherwise = otherwise
    this.#asked = []
  }

  /** What was answered since the plan was made. */
  get asked(): readonly Asked[] {
    return this.#asked
  }

  ask(name: string, said: boolean): boolean {
    const answer = this.#answers[this.#asked.length] ?? this.#otherwise()
    this.#asked.push({ name, answer, said })
    return answer
  }

  /** A sample that a function of the definition read, and that is not there. */
  get missing(): UnusableSample | undefined {
    return this.#missing
  }

  lacks(sample: UnusableSample): never {
    this.#missing ??= sample
    throw sample
  }
}

export type Clipping = Pick<Bounds, "retriesMax" | "roundsMax" | "conditions">

interface Lens extends Clipping {
  readonly saga: string
  readonly oracle: Oracle
  /** Steps whose answers are not known. */
  readonly unknown: readonly string[]
}

export function abstractDefinition(
  definition: SagaDefinition,
  oracle: Oracle,
  unknown: readonly string[],
  clipping: Clipping,
): SagaDefinition {
  const lens: Lens = { ...clipping, saga: definition.name, oracle, unknown }
  const { completed, compensated, result } = definition
  return {
    ...definition,
    body: definition.body.map((node) => abstractNode(node, lens)),
    completed: (context) => completed(seen(context, lens)),
    compensated: (context) => compensated(seen(context, lens)),
    ...(result === undefined ? {} : { result: (context: FunctionContext) => result(seen(context, lens)) }),
    updates: Object.fromEntries(
      Object.entries(definition.updates).map(([name, { schema, check }]) => [
        name,
        { schema, check: (payload: unknown, context: FunctionContext) => check(payload, seen(context, lens)) },
      ]),
    ),
  }
}

function abstractNode(node: SagaNode, lens: Lens): SagaNode {
  const inside = (body: readonly SagaNode[]) => body.map((inner) => abstractNode(inner, lens))
  switch (node.type) {
    case "step":
      return abstractStep(node, lens)
    case "wait":
      return abstractWait(node, lens)
    case "choice": {
      const test = condition(node.name, (context) => node.test(context), lens)
      return { ...node, test, yes: inside(node.yes), no: inside(node.no) }
    }
    case "parallel":
      return { ...node, branches: node.branches.map(({ name, body }) => ({ name, body: inside(body) })) }
    case "loop": {
      const until = condition(node.name, (context) => node.until(context), lens)
      return { ...node, until, roundsMax: Math.min(node.roundsMax, lens.roundsMax), body: inside(node.body) }
    }
  }
}

/** The user's condition is asked all the same: it may throw, or give what is no answer. */
function condition(name: string, ask: (context: FunctionContext) => boolean, lens: Lens) {
  return (context: FunctionContext): boolean => {
    const said: unknown = ask(seen(context, lens))
    if (lens.conditions === "as data say" || typeof said !== "boolean") return said as boolean // cast: the core refuses others
    return lens.oracle.ask(name, said)
  }
}

function abstractStep(node: StepNode, lens: Lens): StepNode {
  const { list, run, undo, policy, undoPolicy } = node
  const few = (given: StepPolicy): StepPolicy => {
    return { ...given, retry: { ...given.retry, times: Math.min(given.retry.times, lens.retriesMax) } }
  }
  return {
    ...node,
    list: (context) => list(seen(context, lens)),
    run: (item, context) => run(item, seen(context, lens)),
    undo: undo === "nothing" ? undo : (item, context) => undo(item, seen(context, lens)),
    policy: few(policy),
    undoPolicy: few(undoPolicy),
  }
}

function abstractWait(node: WaitNode, lens: Lens): WaitNode {
  const { untilMs, event } = node
  return {
    ...node,
    ...(untilMs && { untilMs: (context, nowMs) => untilMs(seen(context, lens), nowMs) }),
    ...(event && { event: { ...event, when: (payload, context) => event.when(payload, seen(context, lens)) } }),
  }
}

const markName = "~unknown"

/** Stands for an answer that is not known, in rows. */
export function unknownAnswer(step: string): Json {
  return { [markName]: step }
}

/** A context in which reading of an answer that is not known is noticed. */
function seen(context: FunctionContext, { saga, oracle, unknown }: Lens): FunctionContext {
  if (unknown.length === 0) return context
  const shown: Record<string, unknown> = { ...context }
  for (const step of unknown) {
    const value = context[step]
    if (Array.isArray(value)) shown[step] = value.map((one: unknown) => (isMark(one) ? blank(saga, step, oracle) : one))
    else if (isMark(value)) shown[step] = blank(saga, step, oracle)
  }
  return shown as FunctionContext // cast: the same names as before
}

function isMark(value: unknown): boolean {
  return typeof value === "object" && value !== null && markName in value
}

function blank(saga: string, step: string, oracle: Oracle): object {
  const lacks = (what: string) =>
    oracle.lacks(
      new UnusableSample(`saga ${saga}: a function read ${what} of the answer of step ${step}: give a sample, answers.${step}`),
    )
  return new Proxy({}, {
    get: (_, name) => lacks(`"${String(name)}"`),
    has: (_, name) => lacks(`"${String(name)}"`),
    ownKeys: () => lacks("all"),
  })
}
