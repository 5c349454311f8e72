// Every crash point x every message: a user's scenario is run once without a fault, and then once for each message and each
// point at which its process may end. What is different in the end is a violation.
import type { App } from "../host/app.ts"
import { limits } from "../kernel/limits.ts"
import { factsDifference } from "./sweep-facts.ts"
import {
  type CalledAgain, cellId, Passes, type SweepViolation, type SweptCell, type SweptOutcome,
} from "./sweep-outcome.ts"
import type { SweepPlan } from "./sweep-plan.ts"
import { crashPoints, sweptId, type SweptMessage } from "./sweep-points.ts"
import { type SweepReport, sweepReport } from "./sweep-report.ts"
import { type RunResult, runOnce } from "./sweep-run.ts"
import type { Hand } from "./sweep-ports.ts"

interface Calls extends Hand {
  readonly calls: ReadonlyMap<string, { readonly message: SweptMessage; readonly doesIo: boolean; readonly times: number }>
}

/**
 * Sweeps a scenario of an app, in memory and with a clock of its own. Rejects if the scenario fails without any fault, or
 * does not end the same twice.
 */
export async function sweep(app: App, plan: SweepPlan): Promise<SweepReport> {
  const startedMs = performance.now()
  const cells = new Map<string, SweptCell>()
  const { result, calls } = await cleanRun(app, plan, cells)
  const outcomes = new Map<string, SweptOutcome>()
  const violations: SweepViolation[] = []
  let runs = 0
  for (const [id, cell] of cells) {
    // A run that stands still takes long: some of them say enough. What was not swept then counts as not reached.
    if (outcomes.has(id) || violations.filter(({ stuck }) => stuck !== undefined).length >= limits.sweepStuckMax) continue
    runs += 1
    const ended = await crashedRun(app, plan, cell)
    const violation = violationOf(cell, { result, calls }, ended)
    if (violation !== undefined) violations.push(violation)
    outcomes.set(id, ended.reached.length === 0 ? "not reached" : violation === undefined ? "same" : "different")
    // Messages that share a block, or a frame, end with their process together.
    for (const shared of ended.reached.map(cellId)) {
      if (cells.has(shared) && !outcomes.has(shared)) outcomes.set(shared, violation === undefined ? "same" : "different")
    }
  }
  const tookMs = performance.now() - startedMs
  const swept = { app: app.shape.name, runs, tookMs, cells: [...cells.values()], violations }
  return sweepReport(swept, (cell) => outcomes.get(cellId(cell)) ?? "not reached")
}

interface Clean {
  readonly result: RunResult
  readonly calls: Calls["calls"]
}

/** The run without a fault, which notes every message at every point; and once more, to see that it says anything at all. */
async function cleanRun(app: App, plan: SweepPlan, cells: Map<string, SweptCell>): Promise<Clean> {
  const { points = crashPoints.map(({ name }) => name) } = plan
  const passes = new Passes()
  const counting = counter((point, messages) => {
    if (points.includes(point)) for (const cell of passes.note(point, messages)) cells.set(cellId(cell), cell)
    return false
  })
  const result = await runOnce(app, plan, counting)
  if (result.stuck !== undefined) throw new Error(`sweep of ${app.shape.name}: without a fault, ${result.stuck}`)
  const again = await runOnce(app, plan, counter(() => false))
  const difference = factsDifference(result.facts, again.facts)
  if (difference.length === 0) return { result, calls: counting.calls }
  const lines = difference.join("\n  ")
  throw new Error(`sweep of ${app.shape.name}: two runs without a fault differ, so nothing can be compared:\n  ${lines}`)
}

interface Crashed extends Clean {
  /** The cells at which the process ended; none if it never came by. */
  readonly reached: readonly SweptCell[]
}

async function crashedRun(app: App, plan: SweepPlan, cell: SweptCell): Promise<Crashed> {
  const wanted = cellId(cell)
  const passes = new Passes()
  let reached: readonly SweptCell[] = []
  const counting = counter((point, messages) => {
    if (reached.length > 0 || point !== cell.point) return false
    const passing = passes.note(point, messages)
    if (!passing.some((passed) => cellId(passed) === wanted)) return false
    reached = passing
    return true
  })
  const result = await runOnce(app, plan, counting)
  return { result, calls: counting.calls, reached }
}

function counter(crosses: Hand["crosses"]): Calls {
  const calls = new Map<string, { message: SweptMessage; doesIo: boolean; times: number }>()
  const called: Hand["called"] = (message, doesIo) => {
    const id = sweptId(message)
    const { times = 0 } = calls.get(id) ?? {}
    calls.set(id, { message, doesIo, times: times + 1 })
  }
  return { crosses, called, calls }
}

function violationOf(cell: SweptCell, clean: Clean, crashed: Crashed): SweepViolation | undefined {
  const { stuck, facts } = crashed.result
  const difference = factsDifference(clean.result.facts, facts)
  if (stuck === undefined && difference.length === 0) return undefined
  const blamed = blamedFor(cell.message, clean.calls, crashed.calls)
  return { ...cell, difference, ...(stuck === undefined ? {} : { stuck }), blamed }
}

function blamedFor(message: SweptMessage, clean: Calls["calls"], crashed: Calls["calls"]): readonly CalledAgain[] {
  const again = [...crashed].flatMap(([id, call]) => {
    const { times: timesWithout = 0 } = clean.get(id) ?? {}
    return call.times > timesWithout ? [{ ...call, timesWithout }] : []
  })
  const doIo = again.filter(({ doesIo }) => doesIo)
  const candidates = doIo.length > 0 ? doIo : again
  const own = candidates.filter((called) => sweptId(called.message) === sweptId(message))
  return own.length > 0 ? own : candidates
}
