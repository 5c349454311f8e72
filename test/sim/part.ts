// What one worker does: its share of the seeds.
import { type CampaignCounts, runCampaign } from "../../runtime/simulation/campaign.ts"
import type { CoverageCounts } from "../../runtime/simulation/coverage.ts"
import type { Judging } from "../../runtime/simulation/judged-run.ts"
import { failureText } from "../../runtime/simulation/report.ts"
import { shrink } from "../../runtime/simulation/shrink.ts"
import type { Spec } from "../../runtime/simulation/spec.ts"
import { bankAndShop, hurriedMixOf } from "../proof/workload/bank-and-shop.ts"

/** What a worker found. */
export interface PartResult {
  readonly counts: CampaignCounts
  readonly coverage: CoverageCounts
  readonly failures: readonly string[]
}

/** Sagas that clients start in one run; events start more. */
export const sagasPerRun = 200
const shrinkMs = 60_000

export const judging = judgingOf()

/** Runs of so many sagas. */
export function judgingOf(sagas = sagasPerRun): Judging {
  const mix = hurriedMixOf(sagas)
  return { workload: (seed) => bankAndShop({ seed: String(seed), mix, partitions: 2 + (seed % 3) }) }
}

export async function runPart({ seeds, from }: { readonly seeds: number; readonly from: number }): Promise<PartResult> {
  const { counts, failed, mismatches, coverage } = await runCampaign({ ...judging, seeds, from })
  const failures = mismatches.map(([seed, first, second]) => `seed ${seed} is not the same twice: ${first}, then ${second}`)
  for (const run of failed) {
    const untilMs = performance.now() + shrinkMs
    const shrunk = await shrink(run, judging, () => performance.now() > untilMs)
    const smallest = failureText(shrunk.run, replayCommand(shrunk.run.spec))
    failures.push(`${failureText(run, replayCommand(run.spec))}\nshrunk in ${shrunk.tries} tries:\n${smallest}`)
  }
  return { counts, coverage: coverage.counts, failures }
}

export function replayCommand({ seed, requests, without = [] }: Spec, sagas = sagasPerRun): string {
  return [
    `npm run sim -- --seed ${seed}`,
    ...(sagas === sagasPerRun ? [] : [`--sagas ${sagas}`]),
    ...(requests === undefined ? [] : [`--requests ${requests}`]),
    ...(without.length === 0 ? [] : [`--without "${without.join(",")}"`]),
  ].join(" ")
}
