// What a run's clients noticed of each fault: for how long nothing was answered, and when answers came as fast as before.

export interface FaultSpan {
  readonly kind: string
  readonly target: string
  readonly beganMs: number
  readonly mendedMs: number
  /** When the next fault began, or the faults were over. */
  readonly untilMs: number
}

export interface Noticed {
  readonly kind: string
  /** The longest time without an answer, from its beginning on. */
  readonly stallMs: number
  /** From its beginning until answers came at 90 % of the rate before; undefined: not before the next fault. */
  readonly recoveredMs: number | undefined
}

const windowMs = 1_000
const stepMs = 100
const recoveredShare = 0.9
/** Before a fault, the rate is taken from so long. */
const baselineMs = 5_000

/** `answersMs` in ascending order. */
export function notice(span: FaultSpan, answersMs: readonly number[]): Noticed {
  const { kind, beganMs, untilMs } = span
  const before = within(answersMs, beganMs - baselineMs, beganMs)
  const during = within(answersMs, beganMs, untilMs)
  const rate = before.length / Math.min(baselineMs, Math.max(windowMs, beganMs - (answersMs[0] ?? beganMs)))
  return { kind, stallMs: longestGap(during, beganMs, untilMs), recoveredMs: recovery(during, rate, span) }
}

function recovery(answersMs: readonly number[], rate: number, { beganMs, mendedMs, untilMs }: FaultSpan): number | undefined {
  for (let endMs = mendedMs + windowMs; endMs <= untilMs; endMs += stepMs) {
    const count = within(answersMs, endMs - windowMs, endMs).length
    if (count >= rate * windowMs * recoveredShare) return Math.round(endMs - beganMs)
  }
  return undefined
}

function longestGap(answersMs: readonly number[], fromMs: number, untilMs: number): number {
  let longest = 0
  let lastMs = fromMs
  for (const atMs of [...answersMs, untilMs]) {
    longest = Math.max(longest, atMs - lastMs)
    lastMs = atMs
  }
  return Math.round(longest)
}

function within(sortedMs: readonly number[], fromMs: number, untilMs: number): readonly number[] {
  return sortedMs.filter((atMs) => atMs >= fromMs && atMs < untilMs)
}

export interface KindFigures {
  readonly kind: string
  readonly count: number
  readonly stallMs: Percentiles
  /** Of those that recovered. */
  readonly recoveredMs: Percentiles
  readonly unrecovered: number
}

export interface Percentiles {
  readonly p50: number
  readonly p99: number
  readonly max: number
}

/** In the order of the kinds' names. */
export function figuresByKind(noticed: readonly Noticed[]): readonly KindFigures[] {
  const kinds = [...new Set(noticed.map(({ kind }) => kind))].toSorted()
  return kinds.map((kind) => {
    const own = noticed.filter((each) => each.kind === kind)
    const recovered = own.flatMap(({ recoveredMs }) => (recoveredMs === undefined ? [] : [recoveredMs]))
    const stallMs = percentiles(own.map((each) => each.stallMs))
    return { kind, count: own.length, stallMs, recoveredMs: percentiles(recovered), unrecovered: own.length - recovered.length }
  })
}

export function percentiles(values: readonly number[]): Percentiles {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? 0
  return { p50: at(0.5), p99: at(0.99), max: sorted.at(-1) ?? 0 }
}
