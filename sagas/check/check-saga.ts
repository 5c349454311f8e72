// The checker of sagas: every path of a definition in an environment that does whatever a network, its participants and its
// callers may do. https://en.wikipedia.org/wiki/Model_checking
import type { SagaDefinition } from "../definition/definition.ts"
import type { Saga } from "../orchestrator/saga.ts"
import {
  moveText, parseMove, plainText, replay, sequenceDiagram, type TestPlace, testText,
} from "./counter-example.ts"
import { type Explored, explore, type Found } from "./explore.ts"
import type { Breach, Property } from "./properties.ts"
import { type Bounds, boundsDefault, type Samples } from "./samples.ts"
import { isOver } from "./situation.ts"
import type { Core } from "../machine/core.ts"
import { builtSubject, type CoreChange, type CoreMeaning, coreSubject, type Subject } from "./subject.ts"
import { walk } from "./walks.ts"

export interface CheckSagaOptions<Input = unknown> extends Samples<Input> {
  readonly bounds?: Partial<Bounds>
}

/** What the checker needs of a saga. */
export interface Checked<Input> {
  readonly definition: SagaDefinition
  start(key: string, input: Input): unknown
}

/** For the list `check` that a file exports for `troupe check`. */
export interface SagaCheck extends CheckSagaOptions {
  readonly saga: Pick<Saga<never>, "definition">
}

export interface SagaReport extends Omit<Explored, "found"> {
  readonly saga: string
  readonly walks: number
  /** Decisions of the walks. */
  readonly walked: number
  readonly bounds: Bounds
  /** Absent: every property holds. */
  readonly violation?: Violation
}

export interface Violation {
  readonly property: Property
  readonly message: string
  /** What happens, from the start: for `replaySaga`. Shortest, unless a random walk found it. */
  readonly path: readonly string[]
  readonly isShortest: boolean
  /** The same as a Mermaid sequence diagram, and as plain lines. */
  readonly mermaid: string
  readonly plain: string
  /** The same as a test that fails as long as it is so. */
  readonly test: string
}

/**
 * Goes through every path of a saga within the bounds, then at random beyond them. Throws UnusableSample if a sample is
 * missing or does not fit; what the saga does wrong is in the report.
 */
export function checkSaga<Input>(saga: Checked<Input>, options: CheckSagaOptions<Input>, place?: TestPlace): SagaReport {
  return checkDefinition(saga.definition, options, place)
}

/** `change`: what is checked in the place of the saga's core. */
export function checkDefinition(
  definition: SagaDefinition,
  options: CheckSagaOptions,
  place?: TestPlace,
  change?: CoreChange,
): SagaReport {
  const bounds = { ...boundsDefault, ...options.bounds }
  const subject = builtSubject(definition, options, bounds, change)
  return checkSubject(subject, () => builtSubject(definition, options, { ...bounds, ...unbounded }, change), bounds, place)
}

/** Tries and rounds as the definition has them. */
const unbounded = { retriesMax: Number.POSITIVE_INFINITY, roundsMax: Number.POSITIVE_INFINITY }

/**
 * The same for any other core, such as that of a machine of the user's: what its commands mean is said by `meaning`. Its
 * conditions answer as they do, and of its tries and rounds none is left out.
 */
export function checkCore(
  core: Pick<Core, "create" | "decide">,
  meaning: CoreMeaning,
  options: CheckSagaOptions,
): SagaReport {
  const subject = () => coreSubject(core, meaning, options)
  return checkSubject(subject(), subject, { ...boundsDefault, ...options.bounds })
}

/** `beyond`: the subject with all its tries and rounds, for random walks. */
export function checkSubject(subject: Subject, beyond: () => Subject, bounds: Bounds, place?: TestPlace): SagaReport {
  const { found, ...explored } = explore(subject, bounds.situationsMax)
  const report = { ...explored, saga: subject.name, bounds, walks: 0, walked: 0 }
  if (found !== undefined) return { ...report, violation: violationOf(subject, { found, isShortest: true, bounds }, place) }
  const walker = beyond()
  const { walks, decisions, found: walkedInto } = walk(walker, bounds.walks, bounds.seed)
  return {
    ...report,
    walks,
    walked: decisions,
    ...(walkedInto && {
      violation: violationOf(walker, { found: walkedInto, isShortest: false, bounds: { ...bounds, ...unbounded } }, place),
    }),
  }
}

interface Broken {
  readonly found: Found
  readonly isShortest: boolean
  readonly bounds: Bounds
}

function violationOf(subject: Subject, { found, isShortest, bounds }: Broken, given: TestPlace | undefined): Violation {
  const place = given ?? { module: `./${subject.name}.js`, import: "check", name: "check[0]" }
  const { property, message, path } = found
  const told = [...replay(subject, path).lines, { type: "note", text: `${property}: ${message}` } as const]
  return {
    property,
    message,
    path: path.map(moveText),
    isShortest,
    mermaid: sequenceDiagram(subject.name, told),
    plain: plainText(told),
    test: testText(subject.name, path, found, place, bounds),
  }
}

/**
 * Does a path again that the checker has found, and, if it does not end, looks at all that may follow. Gives what is
 * broken; undefined: nothing any more. Throws InvalidInput if the saga has changed so much that the path is none of its paths.
 */
export function replaySaga(
  saga: Pick<Saga<never>, "definition">,
  options: CheckSagaOptions,
  path: readonly string[],
): Breach | undefined {
  const bounds = { ...boundsDefault, ...options.bounds }
  const subject = builtSubject(saga.definition, options, bounds)
  const { breach, situation } = replay(subject, path.map(parseMove))
  if (breach !== undefined || isOver(situation)) return breach
  const { found } = explore(subject, bounds.situationsMax, situation)
  return found && { property: found.property, message: found.message }
}

