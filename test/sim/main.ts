// Simulated runs of the bank and the shop: `npm run sim -- --seeds 1000`. See docs/simulation.md.
import { spawn } from "node:child_process"
import { createInterface } from "node:readline"
import { addedUp } from "../../runtime/simulation/campaign.ts"
import { Coverage } from "../../runtime/simulation/coverage.ts"
import { coverageText, unseen } from "../../runtime/simulation/report.ts"
import { huntMutants } from "../proof/mutants/main.ts"
import { BadOption, readOptions } from "./options.ts"
import { type PartResult, runPart } from "./part.ts"
import { replaySeed } from "./replay.ts"

const values = optionsOrEnd()

/** From how many seeds on everything that can be seen has to be seen. */
const seedsEnough = 1_000

function optionsOrEnd() {
  try {
    return readOptions(process.argv.slice(2))
  } catch (error) {
    if (!(error instanceof BadOption)) throw error
    console.error(error.message)
    process.exit(2)
  }
}

async function main(): Promise<number> {
  const seeds = Number(values.seeds)
  const from = Number(values.from)
  if (values.seed !== undefined) {
    const without = values.without?.split(",")
    const { requests, save, sagas } = values
    return replaySeed({
      seed: Number(values.seed),
      ...(requests === undefined ? {} : { requests: Number(requests) }),
      ...(without === undefined ? {} : { without }),
      ...(sagas === undefined ? {} : { sagas: Number(sagas) }),
    }, save)
  }
  if (values.part) {
    process.stdout.write(`${JSON.stringify(await runPart({ seeds, from }))}\n`)
    return 0
  }
  return runAll(seeds, from, Number(values.workers))
}

async function runAll(seeds: number, from: number, workers: number): Promise<number> {
  const beganMs = performance.now()
  const share = Math.ceil(seeds / workers)
  const parts = await Promise.all(
    Array.from({ length: Math.ceil(seeds / share) }, (_, n) => part(from + n * share, Math.min(share, seeds - n * share))),
  )
  const tookMs = performance.now() - beganMs
  const coverage = new Coverage()
  for (const each of parts) coverage.add(each.coverage)
  const counts = addedUp(parts.map((each) => each.counts))
  const failures = parts.flatMap((each) => each.failures)
  console.log(coverageText(coverage))
  for (const failure of failures) console.log(`\n${failure}`)
  const missing = unseen(coverage)
  const missed = missing.map((name) => `  ${name}`).join("\n")
  if (missed !== "") console.log(`\nnever seen in ${counts.seeds} seeds:\n${missed}`)
  const perSecond = Math.round((counts.sagas / tookMs) * 1000)
  const { sagas, faults, violations, replayed, replayMismatches } = counts
  console.log(
    `\n${counts.seeds} seeds, ${sagas} sagas, ${faults} faults, ${(counts.virtualMs / 3_600_000).toFixed(1)} virtual hours ` +
      `in ${(tookMs / 1000).toFixed(0)} s: ${perSecond} sagas/s; ${violations} violations; ` +
      `${replayed} replayed, ${replayMismatches} differed`,
  )
  const score = values.mutants ? await huntAll(from, workers) : undefined
  const mutants = score === undefined ? {} : { mutants: score.mutants, killed: score.killed }
  if (values.json)
    console.log(
      JSON.stringify({ seeds: counts.seeds, sagas, faults, violations, replayed, replayMismatches, perSecond, ...mutants }),
    )
  const isBlind = counts.seeds >= seedsEnough && missing.length > 0
  const isAlive = score !== undefined && (score.killed < score.mutants || score.unfit > 0)
  return violations > 0 || replayMismatches > 0 || isBlind || isAlive ? 1 : 0
}

function huntAll(from: number, processes: number) {
  const { within, mutant, table, note } = values
  return huntMutants({ from, seeds: Number(within), processes, table, note, ...(mutant === undefined ? {} : { only: mutant }) })
}

/** A worker is a process of its own: simulations take the global scope, and a core. */
async function part(from: number, seeds: number): Promise<PartResult> {
  const args = [...process.execArgv, import.meta.filename, "--part", "--from", String(from), "--seeds", String(seeds)]
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] })
  let last = ""
  for await (const line of createInterface({ input: child.stdout })) last = line
  // cast: what runPart gives
  if (last.startsWith("{")) return JSON.parse(last) as PartResult
  throw new Error(`the worker for seeds ${from} to ${from + seeds - 1} ended without a result`)
}

process.exitCode = await main()
