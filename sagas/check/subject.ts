// What the checker needs to know of a saga, however it was written: its pure core, and what its commands mean.
import type { Json } from "../../runtime/message/json.ts"
import type { Address } from "../../runtime/message/message.ts"
import type { SagaDefinition, StepNode, WaitNode } from "../definition/definition.ts"
import { activitiesOf, instanceOf, type Outline, parseInstance, type Place, placeOf } from "../definition/outline.ts"
import { type Core, type CoreEvent, createCore } from "../machine/core.ts"
import { askTest, contextOf } from "../machine/functions.ts"
import { progressOf, type SagaRow } from "../machine/row.ts"
import type { Step } from "../machine/stop.ts"
import { abstractDefinition, type Clipping, Oracle, unknownAnswer } from "./abstraction.ts"
import { readSample, type Samples, UnusableSample } from "./samples.ts"

export interface Subject {
  readonly name: string
  readonly self: Address
  /** Answers the conditions of the saga. */
  readonly oracle: Oracle
  /** The row before the start. */
  create(): SagaRow
  decide(row: SagaRow, event: CoreEvent): Step
  /** What a command answers that was carried out. */
  answerOf(step: string): Json
  /** Waits that something may come for, and what comes. */
  readonly arrivals: ReadonlyMap<string, Json>
  /** Waits that may begin again. */
  readonly recurring: ReadonlySet<string>
  /** Asks the functions that an arrival is shown to before the core is; they may throw. */
  admit(row: SagaRow, wait: string): void
  readonly updates: Readonly<Record<string, Json>>
  /** Steps that send a command on some path, and waits that begin on one. */
  readonly activities: readonly string[]
  /** Whether what a step did must be taken back when the saga is. */
  mustBeUndone(step: string): boolean
  isPivot(step: string): boolean
  /** Whether it is a child saga that is turned back while it is under way: undos do not wait for its end. */
  isTurnedBack(step: string): boolean
  /** Tries that a command of the step may take; undefined: not known. */
  triesMax(step: string, direction: "do" | "undo"): number | undefined
  /** The branches of races that an instance of a step is in. */
  racesOf(instance: string): Place["races"]
  /** Instances of races that a step's branch has lost, because another has won. */
  lostBy(row: SagaRow, instance: string): readonly string[]
  /**
   * What a builder promises and a machine of the user's need not: it undoes strictly in reverse, begins nothing while it
   * does, and completes only if everything outside of races is done.
   */
  readonly isStrict: boolean
}

/** Time stands still: every timer that is set may fire at any moment, whatever its length. */
export const standstillMs = 1_000_000_000_000

export type CoreChange = (core: Core) => Pick<Core, "create" | "decide">

/** A saga that was built step by step. `change`: what is checked in the place of its core. */
export function builtSubject(
  definition: SagaDefinition,
  samples: Samples,
  clipping: Clipping,
  change: CoreChange = (core) => core,
): Subject {
  const { name } = definition
  const oracle = new Oracle()
  const { answers = {}, updates = {} } = samples
  const unknown = stepNames(definition).filter((step) => !Object.hasOwn(answers, step))
  const known = createCore(abstractDefinition(definition, oracle, unknown, clipping))
  const { outline } = known
  const core = change(known)
  const self = { service: name, key: "checked" }
  const input = readSample(definition.input, samples.input, name, "input")
  const arrivals = arrivalsOf(name, outline, samples)
  checkNames(name, outline, samples)
  const activities = activitiesOf(outline)
  const stepOf = (step: string) => activities.find((node): node is StepNode => node.type === "step" && node.name === step)
  const racesOf: Subject["racesOf"] = (instance) => {
    const { name: step, round } = parseInstance(instance)
    const races = outline.places.get(step)?.races ?? []
    return races.map(({ race, branch }) => ({ race: instanceOf(outline, race, round), branch }))
  }
  return {
    name,
    self,
    oracle,
    create: () => core.create(input, standstillMs, "secret"),
    decide: (row, event) => core.decide(row, event, { self, nowMs: standstillMs }),
    answerOf: (step) => (Object.hasOwn(answers, step) ? (answers[step] ?? null) : unknownAnswer(step)),
    arrivals,
    recurring: new Set(outline.names.filter((one) => placeOf(outline, one).loop !== undefined)),
    admit(row, wait) {
      const { node } = placeOf(outline, wait)
      const event = node.type === "wait" ? node.event : undefined
      const payload = arrivals.get(wait)
      if (event === undefined) return
      askTest(`wait ${wait}: when`, () => event.when(payload, contextOf(outline, progressOf(row, self))))
    },
    updates,
    activities: activities.map((node) => node.name),
    mustBeUndone: (step) => isUndone(stepOf(step)),
    isPivot: (step) => stepOf(step)?.place === "pivot",
    isTurnedBack: (step) => stepOf(step)?.child !== undefined && isUndone(stepOf(step)),
    triesMax: (step, direction) => {
      const node = stepOf(step)
      return node && (direction === "undo" ? node.undoPolicy : node.policy).retry.times + 1
    },
    racesOf,
    lostBy: (row, instance) =>
      racesOf(instance).flatMap(({ race, branch }) => {
        const winner = row.results[race]?.[0]
        return winner === undefined || winner === branch ? [] : [race]
      }),
    isStrict: true,
  }
}

function isUndone(node: StepNode | undefined): boolean {
  return node?.place === "before" && node.undo !== "nothing"
}

/** A saga by its core. */
export interface CoreOf {
  readonly name: string
  readonly core: Pick<Core, "create" | "decide">
}

/** Of a saga that is checked by its core: what its commands mean, by the names under which they are open in its row. */
export interface CommandMeaning {
  /** What must be undone when the saga is turned back. */
  readonly undone?: readonly string[]
  readonly pivot?: string
  /** What is to be reached on some path. Default: what is `undone`, and the pivot. */
  readonly steps?: readonly string[]
}

/** Its conditions are its own, and of its tries and rounds none is left out. */
export function coreSubject({ name, core }: CoreOf, options: Samples & CommandMeaning): Subject {
  const { undone = [], pivot, steps = pivot === undefined ? undone : [...undone, pivot] } = options
  const { answers = {}, arrivals = {}, updates = {} } = options
  const self = { service: name, key: "checked" }
  return {
    name,
    self,
    oracle: new Oracle(),
    create: () => core.create(options.input as Json, standstillMs, "secret"), // cast: checked with the first situation
    decide: (row, event) => core.decide(row, event, { self, nowMs: standstillMs }),
    answerOf: (step) => (Object.hasOwn(answers, step) ? (answers[step] ?? null) : null),
    arrivals: new Map(Object.entries(arrivals)),
    recurring: new Set(Object.keys(arrivals)),
    admit: () => undefined,
    updates,
    activities: steps,
    mustBeUndone: (step) => undone.includes(step),
    isPivot: (step) => step === pivot,
    isTurnedBack: () => false,
    triesMax: () => undefined,
    racesOf: () => [],
    lostBy: () => [],
    isStrict: false,
  }
}

/** The name of a step, without its round. */
export function nameOf(instance: string): string {
  return parseInstance(instance).name
}

function stepNames(definition: SagaDefinition): readonly string[] {
  const names: string[] = []
  const visit = (body: SagaDefinition["body"]): void => {
    for (const node of body) {
      if (node.type === "step") names.push(node.name)
      if (node.type === "choice") visit([...node.yes, ...node.no])
      if (node.type === "parallel") for (const branch of node.branches) visit(branch.body)
      if (node.type === "loop") visit(node.body)
    }
  }
  visit(definition.body)
  return names
}

function arrivalsOf(saga: string, outline: Outline, { arrivals = {} }: Samples): ReadonlyMap<string, Json> {
  const waits = activitiesOf(outline).filter((node): node is WaitNode => node.type === "wait" && node.for !== "time")
  return new Map(
    waits.map(({ name, schema, event }) => {
      const shape = schema ?? event?.contract.schema
      const sample = arrivals[name]
      return [name, shape === undefined ? (sample ?? null) : readSample(shape, sample, saga, `arrivals.${name}`)]
    }),
  )
}

/** A sample for a name that the saga does not have is a mistake of writing. */
function checkNames(saga: string, outline: Outline, { answers = {}, arrivals = {} }: Samples): void {
  const known = (kind: string) => activitiesOf(outline).filter(({ type }) => type === kind).map(({ name }) => name)
  const [steps, waits] = [known("step"), known("wait")]
  const step = Object.keys(answers).find((name) => !steps.includes(name))
  if (step !== undefined) throw new UnusableSample(`saga ${saga} has no step "${step}" that answers.${step} could be of`)
  const wait = Object.keys(arrivals).find((name) => !waits.includes(name))
  if (wait !== undefined) throw new UnusableSample(`saga ${saga} has no wait "${wait}" that arrivals.${wait} could come for`)
}
