// Runs one seed again, twice, and tells everything; and keeps it under a name if asked.
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { historyText } from "../../runtime/simulation/history-lines.ts"
import { judgedRun } from "../../runtime/simulation/judged-run.ts"
import { failureText, violationText } from "../../runtime/simulation/report.ts"
import type { NamedSeed, Spec } from "../../runtime/simulation/spec.ts"
import { judgingOf, replayCommand } from "./part.ts"

export const seedsFolder = join(import.meta.dirname, "seeds")

type Replayed = Spec & Pick<NamedSeed, "sagas">

/** `save`: the name under which it is kept. Gives the exit code. */
export async function replaySeed(spec: Replayed, save: string | undefined): Promise<number> {
  const judging = judgingOf(spec.sagas)
  const run = await judgedRun(spec, judging)
  const again = await judgedRun(spec, judging)
  console.log(failureText(run, replayCommand(spec, spec.sagas)))
  console.log(`hash ${run.hash}${again.hash === run.hash ? ", twice" : `, and then ${again.hash}: it is not the same twice`}`)
  const { events, virtualMs, sagas, faults } = run
  console.log(`${sagas} sagas, ${faults} faults, ${events} events, ${(virtualMs / 1000).toFixed(0)} virtual seconds`)
  if (process.env["SIM_HISTORY"] !== undefined) writeFileSync(process.env["SIM_HISTORY"], historyText(run.history))
  if (save !== undefined) {
    const why = run.violations.map(violationText)[0] ?? "it passes"
    writeFileSync(join(seedsFolder, `${save}.json`), `${JSON.stringify({ name: save, why, ...spec }, undefined, 2)}\n`)
  }
  return run.violations.length > 0 || again.hash !== run.hash ? 1 : 0
}
