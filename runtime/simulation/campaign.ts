// Many seeds, one after the other: what they found, what they saw, and whether the same seed gives the same run.
import { Coverage } from "./coverage.ts"
import { type JudgedRun, judgedRun, type Judging } from "./judged-run.ts"
import { Random } from "./random.ts"
import type { Spec } from "./spec.ts"

export interface CampaignOptions extends Judging {
  readonly seeds: number
  readonly from: number
  /** Runs these, and no seeds. */
  readonly specs?: readonly Spec[]
  /** Which part of the seeds is run twice. Default: three of a hundred; one at least, of each campaign. */
  readonly replayedPart?: number
  /** A campaign ends with so many failed seeds. Default: 1. */
  readonly failuresMax?: number
  /** Asked before each seed: it ends here. */
  readonly isOver?: () => boolean
  readonly told?: (run: JudgedRun) => void
}

export interface CampaignCounts {
  readonly seeds: number
  readonly sagas: number
  readonly faults: number
  readonly violations: number
  readonly replayed: number
  readonly replayMismatches: number
  readonly events: number
  readonly virtualMs: number
}

export interface Campaign {
  readonly counts: CampaignCounts
  readonly failed: readonly JudgedRun[]
  /** Seeds whose second run was another one, with both hashes. */
  readonly mismatches: readonly (readonly [seed: number, first: string, second: string])[]
  readonly coverage: Coverage
}

const replayedPartDefault = 0.03

export async function runCampaign(options: CampaignOptions): Promise<Campaign> {
  const { seeds, from, replayedPart = replayedPartDefault, failuresMax = 1, told, isOver = () => false } = options
  const coverage = new Coverage()
  const failed: JudgedRun[] = []
  const mismatches: (readonly [number, string, string])[] = []
  const sums = { seeds: 0, sagas: 0, faults: 0, violations: 0, replayed: 0, replayMismatches: 0, events: 0, virtualMs: 0 }
  const { specs = Array.from({ length: seeds }, (_, n): Spec => ({ seed: from + n })) } = options
  for (const spec of specs) {
    if (failed.length >= failuresMax || isOver()) break
    const run = await judgedRun(spec, options)
    sums.seeds += 1
    sums.sagas += run.sagas
    sums.faults += run.faults
    sums.violations += run.violations.length
    sums.events += run.events
    sums.virtualMs += run.virtualMs
    coverage.add(run.coverage)
    coverage.add(Object.fromEntries(Object.entries(run.looked).map(([name, count]) => [`looked ${name}`, count])))
    told?.(run)
    if (run.violations.length > 0) failed.push(run)
    if (spec !== specs[0] && !new Random(spec.seed, "replayed").chance(replayedPart)) continue
    const second = await judgedRun(spec, options)
    sums.replayed += 1
    if (second.hash === run.hash) continue
    sums.replayMismatches += 1
    mismatches.push([spec.seed, run.hash, second.hash])
  }
  return { counts: sums, failed, mismatches, coverage }
}

/** The sum of campaigns that ran beside each other. */
export function addedUp(all: readonly CampaignCounts[]): CampaignCounts {
  const sum = (name: keyof CampaignCounts) => all.reduce((total, counts) => total + counts[name], 0)
  return {
    seeds: sum("seeds"), sagas: sum("sagas"), faults: sum("faults"), violations: sum("violations"),
    replayed: sum("replayed"), replayMismatches: sum("replayMismatches"), events: sum("events"), virtualMs: sum("virtualMs"),
  }
}
