// Load: starts sagas and takes the time until each has ended. Closed: as many are under way as it is told. Open: one starts
// at each due time, however many are under way, and its time counts from when it was due, so that a system that stands still
// is not spared the wait (coordinated omission).
import { setTimeout as pause } from "node:timers/promises"

/** Starts the n-th saga; resolves with how it ended. */
export type StartSaga = (n: number) => Promise<"completed" | "compensated">

export interface LoadPlan {
  /** 0 with a rate. */
  readonly inFlight: number
  /** Starts a second; 0 with a number in flight. */
  readonly rate: number
  readonly warmUpMs: number
  readonly measureMs: number
}

export interface LoadResult {
  readonly started: number
  readonly completed: number
  readonly compensated: number
  /** Sagas that ended while it was measured, and for how long it was. */
  readonly measured: number
  readonly measuredMs: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
}

/** Below it, code that runs rarely would be measured before it is compiled. */
const warmUpInFlightMin = 64
/** After the warm-up, so that what it left is over. */
const leadInMs = 300

/** Tells `measuring` when the measured time begins, and `measured` when it ends. All that was started is awaited. */
export async function runLoad(
  start: StartSaga,
  plan: LoadPlan,
  tell: { readonly measuring: () => void; readonly measured: () => void },
): Promise<LoadResult> {
  const run = new Run(start)
  const warmInFlight = Math.max(plan.inFlight, warmUpInFlightMin)
  await run.closed(warmInFlight, performance.now() + plan.warmUpMs)
  const measure = async () => {
    await pause(leadInMs)
    run.isMeasuring = true
    tell.measuring()
    const sinceMs = performance.now()
    await pause(plan.measureMs)
    run.isMeasuring = false
    const measuredMs = performance.now() - sinceMs
    tell.measured()
    return measuredMs
  }
  const untilMs = performance.now() + leadInMs + plan.measureMs
  const loading = plan.rate > 0 ? run.open(plan.rate, untilMs) : run.closed(plan.inFlight, untilMs)
  const [measuredMs] = await Promise.all([measure(), loading])
  return run.result(measuredMs)
}

class Run {
  readonly #start: StartSaga
  readonly #tookMs: number[] = []
  readonly #ended = { completed: 0, compensated: 0 }
  #started = 0
  isMeasuring = false

  constructor(start: StartSaga) {
    this.#start = start
  }

  async closed(inFlight: number, untilMs: number): Promise<void> {
    const one = async () => {
      while (performance.now() < untilMs) await this.#place(performance.now())
    }
    await Promise.all(Array.from({ length: inFlight }, one))
  }

  async open(rate: number, untilMs: number): Promise<void> {
    const sinceMs = performance.now()
    const placing: Promise<void>[] = []
    for (let n = 0; ; n += 1) {
      const dueMs = sinceMs + (n * 1000) / rate
      if (dueMs >= untilMs) break
      // A late timer starts all that became due meanwhile, each with its own due time.
      while (performance.now() < dueMs) await pause(1)
      placing.push(this.#place(dueMs))
    }
    await Promise.all(placing)
  }

  async #place(sinceMs: number): Promise<void> {
    this.#started += 1
    const how = await this.#start(this.#started)
    this.#ended[how] += 1
    if (this.isMeasuring) this.#tookMs.push(performance.now() - sinceMs)
  }

  result(measuredMs: number): LoadResult {
    const sorted = this.#tookMs.toSorted((a, b) => a - b)
    const at = (part: number) => sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? 0
    return {
      started: this.#started,
      ...this.#ended,
      measured: sorted.length,
      measuredMs,
      p50Ms: at(0.5),
      p99Ms: at(0.99),
      maxMs: at(1),
    }
  }
}
