// What users simulate their own app with: their services and sagas on several processes, under the same faults.
import type { App } from "../host/app.ts"
import { runCampaign } from "./campaign.ts"
import type { Coverage } from "./coverage.ts"
import type { Expectations, History, Violation } from "./history.ts"
import type { JudgedRun, Judging } from "./judged-run.ts"
import { type FaultKind, faultKinds } from "./plan.ts"
import { failureText } from "./report.ts"
import { shrink } from "./shrink.ts"
import type { NamedSeed, Spec } from "./spec.ts"
import type { Ask, Draw, LedgerStore, Outside, Workload } from "./workload.ts"

export interface SimulateOptions {
  /** What clients ask in one run; `draw` gives numbers from 0 to below 1, the same ones for the same seed. */
  readonly requests: (draw: Draw) => readonly Ask[]
  /** What is asked first, one after the other, while nothing breaks. */
  readonly setup?: readonly Ask[]
  /** How many runs. Default: 20. */
  readonly seeds?: number
  /** The first seed. Default: 1. */
  readonly from?: number
  /** Runs this one only, as a failure said. */
  readonly replay?: Spec | NamedSeed
  /** What may go wrong. Default: everything. */
  readonly faults?: readonly FaultKind[]
  /** Processes of the app at most. Default: 3. */
  readonly processesMax?: number
  /** For how long anything may go wrong, in ms of virtual time. Default: 15,000. */
  readonly safetyMs?: number
  /** What must hold of every run besides what Troupe promises; what comes back is a violation. */
  readonly check?: (history: History) => readonly Violation[]
  readonly expectations?: Expectations
  /**
   * The app on a world outside that keeps its own truth, once for each process: handlers call `outside`, over the simulated
   * network. Default: the app as it is.
   */
  readonly onOutside?: { readonly app: (outside: Outside) => App; readonly outside: (ledger: LedgerStore) => Outside }
}

export interface SimulationReport {
  readonly seeds: number
  readonly sagas: number
  readonly faults: number
  /** How many runs were made twice, and were the same. */
  readonly replayed: number
  readonly violations: readonly Violation[]
  readonly coverage: Coverage
  /** What to read; of a failure, with the smallest run that still fails. */
  readonly text: string
}

const shrinkTriesMax = 60

/** Runs an app under faults, seed after seed, until one fails. A failure is in the report; nothing is thrown. */
export async function simulate(app: App, options: SimulateOptions): Promise<SimulationReport> {
  const judging = judgingOf(app, options)
  const { replay, seeds = 20, from = 1 } = options
  const specs = replay === undefined ? {} : { specs: [replay] }
  const { counts, failed, mismatches, coverage } = await runCampaign({ ...judging, ...specs, seeds, from })
  const smaller = await Promise.all(failed.map((run) => smallest(run, judging)))
  const differs = mismatches.map(([seed]) => `seed ${seed} is not the same twice: the seed does not decide all that the app does`)
  const summary = `${counts.seeds} seeds, ${counts.sagas} sagas, ${counts.faults} faults, ${counts.violations} violations`
  return {
    seeds: counts.seeds,
    sagas: counts.sagas,
    faults: counts.faults,
    replayed: counts.replayed,
    violations: [...failed.flatMap(({ violations }) => violations), ...differs.map(unequal)],
    coverage,
    text: [summary, ...differs, ...smaller].join("\n"),
  }
}

function judgingOf(app: App, options: SimulateOptions): Judging {
  const { requests, setup = [], faults = faultKinds, processesMax, safetyMs, check, expectations = {}, onOutside } = options
  const unreachable: Outside = {
    call: () => Promise.reject(new TypeError("simulate was given no world outside: say `onOutside`")),
  }
  const workload: Workload = {
    name: app.shape.name,
    apps: (outside) => [onOutside?.app(outside) ?? app],
    outside: (ledger) => onOutside?.outside(ledger) ?? unreachable,
    setup,
    requests,
    check: (history) => check?.(history) ?? [],
    expectations,
  }
  const plan = {
    // There is no second release to change to.
    kinds: faults.filter((kind) => kind !== "upgrade"),
    ...(processesMax === undefined ? {} : { processesMax }),
    ...(safetyMs === undefined ? {} : { safetyMs }),
  }
  return { workload: () => workload, plan }
}

async function smallest(run: JudgedRun, judging: Judging): Promise<string> {
  let tries = 0
  const shrunk = await shrink(run, judging, () => (tries += 1) > shrinkTriesMax)
  const { spec } = shrunk.run
  return failureText(shrunk.run, `simulate(app, { ..., replay: ${JSON.stringify(spec)} })`)
}

function unequal(message: string): Violation {
  return { invariant: "determinism", id: "seed", message, evidence: [] }
}
