// What one worker does: its share of the seeds.
import { runCampaign } from "../../runtime/simulation/campaign.ts"
import type { JudgedRun, Judging } from "../../runtime/simulation/judged-run.ts"
import { failureText } from "../../runtime/simulation/report.ts"
import { shrink } from "../../runtime/simulation/shrink.ts"
import type { Spec } from "../../runtime/simulation/spec.ts"
import { bankAndShop, hurriedMixOf } from "../proof/workload/bank-and-shop.ts"
import type { PartResult } from "./main.ts"

/** Sagas that clients start in one run; events start more. */
const sagasPerRun = 200
const shrinkMs = 60_000

export const judging: Judging = {
  workload: (seed) => bankAndShop({ seed: String(seed), mix: hurriedMixOf(sagasPerRun), partitions: 2 + (seed % 3) }),
}

export async function runPart({ seeds, from }: { readonly seeds: number; readonly from: number }): Promise<PartResult> {
  const { counts, failed, mismatches, coverage } = await runCampaign({ ...judging, seeds, from })
  const failures = mismatches.map(([seed, first, second]) => `seed ${seed} is not the same twice: ${first}, then ${second}`)
  for (const run of failed) {
    const untilMs = performance.now() + shrinkMs
    const shrunk = await shrink(run, judging, () => performance.now() > untilMs)
    failures.push(`${failureText(run, replayCommand(run.spec))}\nshrunk in ${shrunk.tries} tries:\n${shrunkText(shrunk.run)}`)
  }
  return { counts, coverage: coverage.counts, failures }
}

function shrunkText(run: JudgedRun): string {
  return failureText(run, replayCommand(run.spec))
}

export function replayCommand({ seed, requests, without = [] }: Spec): string {
  return [
    `npm run sim -- --seed ${seed}`,
    ...(requests === undefined ? [] : [`--requests ${requests}`]),
    ...(without.length === 0 ? [] : [`--without "${without.join(",")}"`]),
  ].join(" ")
}
