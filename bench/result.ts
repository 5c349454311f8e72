// The runs of a row put together: medians, and how far they lie apart.
import type { Row } from "./row.ts"
import type { ByPart, Measured } from "./run.ts"

export interface Result extends Row {
  readonly perSecond: number
  readonly perSecondMin: number
  readonly perSecondMax: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
  /** Of all processes. */
  readonly cpuMsPerSaga: number
  readonly cpuMsPerSagaByPart: ByPart
  /** Of the processes that run the app, or the chain. */
  readonly rssMiB: number
  readonly rssMiBByPart: ByPart
  readonly bytesPerSaga: number
  readonly journalBytesPerSaga: number | undefined
  readonly recordsPerAppend: number | undefined
  readonly appendsPerSaga: number | undefined
  /** Records that never left the process that sent them, of all that were sent from actor to actor; 0 to 1. */
  readonly hopsInProcess: number | undefined
  readonly hopsInPartition: number | undefined
  /** Sagas that waited meanwhile. */
  readonly openSagas: number
  /** Memory of the workers in use for each of them, before anything else was placed, and how many were opened a second. */
  readonly bytesPerOpenSaga: number | undefined
  readonly openedPerSecond: number | undefined
  readonly runs: number
  readonly sagas: number
  readonly othersCores: number
}

/** `runs` has at least one. */
export function resultOf(row: Row, runs: readonly Measured[]): Result {
  const of = (value: (run: Measured) => number) => round(median(runs.map(value)))
  const ofApp = (value: (run: Measured) => number | undefined) => {
    const values = runs.map(value).filter((number) => number !== undefined)
    return values.length === 0 ? undefined : round(median(values))
  }
  const parts = (value: (run: Measured) => ByPart): ByPart => ({
    server: of((run) => value(run).server),
    worker: of((run) => value(run).worker),
    driver: of((run) => value(run).driver),
  })
  const rates = runs.map(({ perSecond }) => perSecond)
  return {
    ...row,
    perSecond: of((run) => run.perSecond),
    perSecondMin: round(Math.min(...rates)),
    perSecondMax: round(Math.max(...rates)),
    p50Ms: of((run) => run.p50Ms),
    p99Ms: of((run) => run.p99Ms),
    maxMs: of((run) => run.maxMs),
    cpuMsPerSaga: of(({ cpuMs }) => cpuMs.server + cpuMs.worker + cpuMs.driver),
    cpuMsPerSagaByPart: parts((run) => run.cpuMs),
    rssMiB: of((run) => run.rssMiB.worker),
    rssMiBByPart: parts((run) => run.rssMiB),
    bytesPerSaga: of((run) => run.bytesPerSaga),
    journalBytesPerSaga: ofApp((run) => run.journalBytesPerSaga),
    recordsPerAppend: ofApp((run) => run.recordsPerAppend),
    appendsPerSaga: ofApp((run) => run.appendsPerSaga),
    hopsInProcess: ofApp(({ hops }) => hops && hops.samePartition + hops.sameProcess),
    hopsInPartition: ofApp(({ hops }) => hops?.samePartition),
    openSagas: runs[0]?.opened?.count ?? 0,
    bytesPerOpenSaga: ofApp(({ opened }) => opened?.bytesEach),
    openedPerSecond: ofApp(({ opened }) => opened?.perSecond),
    runs: runs.length,
    sagas: of((run) => run.sagas),
    othersCores: of((run) => run.othersCores),
  }
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  const upper = sorted[Math.floor(middle)] ?? 0
  return Number.isInteger(middle) ? ((sorted[middle - 1] ?? upper) + upper) / 2 : upper
}

/** To three digits, or to a whole number where there are more. */
function round(value: number): number {
  return Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3))
}
