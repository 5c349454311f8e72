// Runs the seeds that its first argument lists, with as many requests as its second one says (or all), one
// after the other, with whatever mutant is loaded. Each is a line before it begins and a line with what was found.
import { judgedRun } from "../../../runtime/simulation/judged-run.ts"
import { judging } from "../../sim/part.ts"

export type SeedReport =
  | { readonly type: "begins"; readonly seed: number }
  | {
      readonly type: "ends"
      readonly seed: number
      readonly violations: readonly { readonly invariant: string; readonly message: string }[]
    }

const tell = (report: SeedReport) => process.stdout.write(`${JSON.stringify(report)}\n`)

const requestsMax = process.argv[3]
const requests = requestsMax === undefined ? {} : { requests: Number(requestsMax) }

// cast: whoever starts this writes a list of seeds
for (const seed of JSON.parse(process.argv[2] ?? "[]") as readonly number[]) {
  tell({ type: "begins", seed })
  const { violations } = await judgedRun({ seed, ...requests }, judging)
  tell({ type: "ends", seed, violations: violations.map(({ invariant, message }) => ({ invariant, message })) })
}
