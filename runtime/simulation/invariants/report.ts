// A verdict as text.
import type { Verdict } from "../history.ts"

const evidenceCharactersMax = 600

export function verdictText({ violations, counts }: Verdict): string {
  const seen = Object.entries(counts).filter(([name]) => !name.startsWith("violations of "))
  const looked = seen.map(([name, count]) => `${count} ${name}`).join(", ")
  if (violations.length === 0) return `no violations; looked at ${looked}\n`
  const total = Object.entries(counts).reduce((sum, [name, count]) => sum + (name.startsWith("violations of ") ? count : 0), 0)
  const lines = violations.flatMap(({ invariant, message, evidence }) => [
    `${invariant.padEnd(4)} ${message}`,
    ...evidence.map((item) => `       ${JSON.stringify(item).slice(0, evidenceCharactersMax)}`),
  ])
  return [`${total} violations`, ...lines, `looked at ${looked}`, ""].join("\n")
}
