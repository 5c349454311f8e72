// Runs the seeds that its argument lists, one after the other, with whatever mutant is loaded. Each is a line before it begins
// and a line with what was found; the first violation ends it.
import { Random } from "../../../runtime/simulation/random.ts"
import { drawPlan } from "../../../runtime/simulation/plan.ts"
import { runSeed } from "../../../runtime/simulation/run.ts"
import { bankAndShop, mixOf } from "../workload/bank-and-shop.ts"

export type SeedReport =
  | { readonly type: "begins"; readonly seed: number }
  | {
      readonly type: "ends"
      readonly seed: number
      readonly violations: readonly { readonly invariant: string; readonly message: string }[]
    }

const tell = (report: SeedReport) => process.stdout.write(`${JSON.stringify(report)}\n`)
// cast: the hunter writes a list of seeds
const seeds = JSON.parse(process.argv[2] ?? "[]") as readonly number[]
for (const seed of seeds) {
  tell({ type: "begins", seed })
  const workload = bankAndShop({ seed: String(seed), mix: mixOf(12), namespace: "sim", partitions: 3 })
  const plan = drawPlan(seed, new Random(seed, workload.name))
  const startedMs = performance.now()
  const { history, stuck, stopped, events, virtualMs } = await runSeed({ workload, plan })
  if (process.env["LAB"]) console.error(seed, Math.round(performance.now() - startedMs), "ms", events, "events", virtualMs, plan.processes, plan.faults.length, stuck, stopped)
  const violations = [
    ...workload.check(history),
    ...stopped.map((message) => ({ invariant: "stopped", message })),
    ...(stuck === undefined ? [] : [{ invariant: "stuck", message: stuck }]),
  ]
  tell({ type: "ends", seed, violations: violations.map(({ invariant, message }) => ({ invariant, message })) })
}
