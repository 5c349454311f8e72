// The checker of sagas: every path of a definition in an environment that does whatever a network, its participants and its
// callers may do. https://en.wikipedia.org/wiki/Model_checking
import { InvalidInput } from "../../runtime/kernel/fault.ts"
import type { SagaDefinition } from "../definition/definition.ts"
import type { Clipping } from "./abstraction.ts"
import {
  type Line, moveText, parseMove, plainText, replay, sequenceDiagram, type TestPlace, testText,
} from "./counter-example.ts"
import { type Explored, explore, type Found } from "./explore.ts"
import type { Breach, Property } from "./properties.ts"
import { type Bounds, boundsDefault, type Samples } from "./samples.ts"
import { isOver } from "./situation.ts"
import { builtSubject, type CommandMeaning, type CoreOf, coreSubject, type Subject } from "./subject.ts"
import { walk } from "./walks.ts"

export interface CheckSagaOptions<Input = unknown> extends Samples<Input>, CommandMeaning {
  readonly bounds?: Partial<Bounds>
}

/** A saga that was built step by step, or any other by its core: a machine of the user's. */
export type Checked = { readonly definition: SagaDefinition } | CoreOf

/** For the list `check` that a file exports for `troupe check`. */
export interface SagaCheck extends CheckSagaOptions {
  readonly saga: Checked
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
export function checkSaga<Input>(
  saga: Checked & { start?(key: string, input: Input): unknown },
  options: CheckSagaOptions<Input>,
  place?: TestPlace,
): SagaReport {
  const bounds = { ...boundsDefault, ...options.bounds }
  return checkSubject((clipping) => subjectOf(saga, options, clipping), bounds, place)
}

/** Tries and rounds as the definition has them. */
const unbounded = { retriesMax: Number.POSITIVE_INFINITY, roundsMax: Number.POSITIVE_INFINITY }

function subjectOf(saga: Checked, options: CheckSagaOptions, clipping: Clipping): Subject {
  return "core" in saga ? coreSubject(saga, options) : builtSubject(saga.definition, options, clipping)
}

/** `subject`: with its tries and rounds clipped; random walks take them all. */
export function checkSubject(subject: (clipping: Clipping) => Subject, bounds: Bounds, place?: TestPlace): SagaReport {
  const clipped = subject(bounds)
  const { found, ...explored } = explore(clipped, bounds.situationsMax)
  const report = { ...explored, saga: clipped.name, bounds, walks: 0, walked: 0 }
  if (found !== undefined) return { ...report, violation: violationOf(clipped, { found, isShortest: true, bounds }, place) }
  const wide = { ...bounds, ...unbounded }
  const walker = subject(wide)
  const { walks, decisions, found: walkedInto } = walk(walker, bounds.walks, bounds.seed)
  const walked = { ...report, walks, walked: decisions }
  if (walkedInto === undefined) return walked
  return { ...walked, violation: violationOf(walker, { found: walkedInto, isShortest: false, bounds: wide }, place) }
}

interface Broken {
  readonly found: Found
  readonly isShortest: boolean
  readonly bounds: Bounds
}

function violationOf(subject: Subject, { found, isShortest, bounds }: Broken, given: TestPlace | undefined): Violation {
  const place = given ?? { module: `./${subject.name}.js`, import: "check", name: "check[0]" }
  const { property, message, path } = found
  const told: readonly Line[] = [...replay(subject, path).lines, { type: "note", text: `${property}: ${message}` }]
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
export function replaySaga(saga: Checked, options: CheckSagaOptions, path: readonly string[]): Breach | undefined {
  const bounds = { ...boundsDefault, ...options.bounds }
  const subject = subjectOf(saga, options, bounds)
  const { breach, situation, impossible } = replay(subject, path.map(parseMove))
  if (impossible !== undefined) throw new InvalidInput(`saga ${subject.name}: "${impossible}" is not possible there`)
  if (breach !== undefined || isOver(situation)) return breach
  const { found } = explore(subject, bounds.situationsMax, situation)
  return found && { property: found.property, message: found.message }
}
