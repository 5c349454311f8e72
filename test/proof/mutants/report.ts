// What came of a hunt, for people: one line for each mutant, those that nothing killed first.
import type { Hunted } from "./hunt.ts"

export interface Score {
  readonly mutants: number
  readonly killed: number
}

export function scoreOf(hunted: readonly Hunted[]): Score {
  return { mutants: hunted.length, killed: hunted.filter(({ killed }) => killed !== undefined).length }
}

export function huntLine({ mutant, killed, seeds, tookMs }: Hunted): string {
  const seconds = `${(tookMs / 1000).toFixed(1)} s`
  const name = `${mutant.rule.padEnd(4)} ${mutant.name.padEnd(34)}`
  if (killed === undefined) return `✖ ${name} ALIVE after ${seeds} seeds (${seconds})`
  return `✔ ${name} ${killed.by.padEnd(6)} seed ${killed.seed}, after ${seeds} (${seconds})`
}

/** A table of Markdown, as docs/proof.md has it. */
export function huntTable(hunted: readonly Hunted[]): string {
  const rows = hunted.map(({ mutant, killed }) => {
    const { by, seed } = killed ?? { by: "alive", seed: "" }
    return `| ${mutant.rule} | \`${mutant.name}\` | ${mutant.breaks} | ${by} | ${seed} |`
  })
  return ["| rule | mutant | what it does wrong | killed by | seed |", "|---|---|---|---|---|", ...rows].join("\n")
}
