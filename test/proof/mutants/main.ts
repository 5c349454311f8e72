// Hunts mutants of the engine with simulated runs: `npm run sim -- --mutants`. See docs/proof.md.
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { hunt } from "./hunt.ts"
import { huntLine, huntTable, scoreOf, type Score } from "./report.ts"

export interface HuntCommand {
  readonly from: number
  /** Until a mutant counts as alive. */
  readonly seeds: number
  readonly processes: number
  /** Names with commas between; default: all. */
  readonly only?: string
  /** Prints the table of docs/proof.md. */
  readonly table?: boolean
  /** Notes the seed that killed each mutant, to be tried first from now on. */
  readonly note?: boolean
}

const killedFile = join(import.meta.dirname, "killed.json")

/** The seed that killed each mutant, by name, when all of them were hunted last. */
export function killedBefore(): Readonly<Record<string, number>> {
  return JSON.parse(readFileSync(killedFile, "utf8")) as Record<string, number> // cast: written below
}

/** Tells as it goes on; gives the score, and whether the engine as it is held at every seed. */
export async function huntMutants(command: HuntCommand): Promise<Score & { readonly unfit: number }> {
  const { from, seeds, processes, only, table = false, note = false } = command
  const known = killedBefore()
  const told = (line: string) => console.log(line)
  const { hunted, unfit } = await hunt({
    from, seeds, processes, known,
    ...(only === undefined ? {} : { names: only.split(",") }),
    told: (one) => told(huntLine(one)),
  })
  for (const { setting, seed, by, message } of unfit)
    told(`the engine as it is fails at seed ${seed}, setting ${setting}: ${by} ${message}`)
  const alive = hunted.filter(({ killed }) => killed === undefined)
  for (const { mutant } of alive) told(`ALIVE: ${mutant.name} (${mutant.rule}): ${mutant.breaks}`)
  if (table) told(huntTable(hunted))
  if (note) {
    const seedsOf = hunted.flatMap(({ mutant, killed }) => (killed === undefined ? [] : [[mutant.name, killed.seed] as const]))
    writeFileSync(killedFile, `${JSON.stringify({ ...killedBefore(), ...Object.fromEntries(seedsOf) }, undefined, 2)}\n`)
  }
  const score = scoreOf(hunted)
  told(`mutants killed / mutants: ${score.killed} / ${score.mutants}, within ${seeds} seeds each`)
  return { ...score, unfit: unfit.length }
}
