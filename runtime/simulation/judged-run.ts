// One run and what is to be said of it.
import { describeError } from "../kernel/fault.ts"
import type { CoverageCounts } from "./coverage.ts"
import type { Question } from "./crash-watch.ts"
import type { Expectations, History, Violation } from "./history.ts"
import { checkHistory } from "./invariants/check-history.ts"
import { hasLost, type Plan, type PlanOptions } from "./plan.ts"
import { type RunResult, runSeed } from "./run.ts"
import { planOf, type Spec } from "./spec.ts"
import type { Workload } from "./workload.ts"

export interface Judging {
  /** The workload of a seed. */
  readonly workload: (seed: number) => Workload
  readonly plan?: PlanOptions
  readonly question?: Question
  /** What else must hold. */
  readonly check?: (history: History) => readonly Violation[]
}

export interface JudgedRun {
  readonly spec: Spec
  readonly plan: Plan
  readonly hash: string
  readonly violations: readonly Violation[]
  readonly history: History
  readonly coverage: CoverageCounts
  /** What the checker looked at, by name. */
  readonly looked: Readonly<Record<string, number>>
  readonly sagas: number
  readonly faults: number
  readonly events: number
  readonly virtualMs: number
}

export async function judgedRun(spec: Spec, judging: Judging): Promise<JudgedRun> {
  const { workload: workloadOf, plan: options, question, check } = judging
  const workload = workloadOf(spec.seed)
  const plan = planOf(spec, options)
  const { requests: requestsMax } = spec
  const result = await runSeed({
    workload,
    plan,
    ...(requestsMax === undefined ? {} : { requestsMax }),
    ...(question === undefined ? {} : { question }),
  })
  const { history, hash, coverage, faults, events, virtualMs } = result
  const expectations = expectationsOf(workload, plan, result)
  const verdict = checkHistory(history, expectations)
  const own = [...foundBy(() => workload.check(history)), ...foundBy(() => check?.(history) ?? [])]
  const all = [...stuckViolation(result, plan), ...verdict.violations, ...(expectations.settled === false ? [] : own)]
  const violations = hasLost(plan) ? all.filter(({ invariant }) => stillPromised.has(invariant)) : all
  const sagas = countSagas(history)
  return { spec, plan, hash, violations, history, coverage, looked: verdict.counts, sagas, faults, events, virtualMs }
}

/** A check that throws has found something. */
function foundBy(check: () => readonly Violation[]): readonly Violation[] {
  try {
    return check()
  } catch (error) {
    return [{ invariant: "check", id: "check", message: describeError(error), evidence: [] }]
  }
}

/** What a power cut took is gone in the standard mode; all that is promised then is that nothing is skipped in silence. */
function expectationsOf({ expectations }: Workload, plan: Plan, result: RunResult): Expectations {
  if (!hasLost(plan)) return result.stuck === undefined ? expectations : { ...expectations, settled: false }
  return { ...expectations, ackedMayBeLost: true, settled: false }
}

/** In the standard mode, when all servers have lost power: the order of what is kept, and that one owner writes at a time. */
const stillPromised: ReadonlySet<string> = new Set(["I6", "I9", "check"])

function stuckViolation({ stuck, stopped }: RunResult, plan: Plan): readonly Violation[] {
  // A partition that stopped says so, and waits for an operator: that is what is promised for a journal that has lost blocks.
  if (hasLost(plan)) return []
  const found: Violation[] = []
  if (stuck !== undefined) found.push({ invariant: "stuck", id: "run", message: stuck, evidence: [] })
  for (const text of stopped)
    found.push({ invariant: "stopped", id: text, message: `a partition stopped and nothing was lost: ${text}`, evidence: [] })
  return found
}

function countSagas({ run: { apps }, happenings }: History): number {
  const sagas = new Set(apps.flatMap((app) => app.sagas))
  const rows = new Set<string>()
  for (const happening of happenings) {
    if (happening.type !== "block") continue
    for (const { to } of happening.block.decisions)
      if (to !== undefined && sagas.has(to.service)) rows.add(`${to.service}/${to.key}`)
  }
  return rows.size
}
