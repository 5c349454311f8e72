// What `npm run sim` can be told. A number that is none must not run nothing and look green.
import { parseArgs } from "node:util"
import { describeError } from "../../runtime/kernel/fault.ts"

export class BadOption extends Error {}

const config = {
  options: {
    seeds: { type: "string", default: "100" },
    from: { type: "string", default: "1" },
    seed: { type: "string" },
    requests: { type: "string" },
    sagas: { type: "string" },
    without: { type: "string" },
    save: { type: "string" },
    json: { type: "boolean", default: false },
    // Hunts mutants of the engine as well: each until it is killed, or for so many seeds. Only these, with commas between.
    mutants: { type: "boolean", default: false },
    mutant: { type: "string" },
    within: { type: "string", default: "100" },
    // Prints their table, and notes the seeds that killed them.
    table: { type: "boolean", default: false },
    note: { type: "boolean", default: false },
    workers: { type: "string", default: "2" },
    // One of several workers: tells what it found as one line.
    part: { type: "boolean", default: false },
  },
} as const

/** Counts of at least one; what numbers a seed may be 0 too. */
const counts = ["seeds", "requests", "sagas", "within", "workers"] as const
const numbers = ["seed", "from"] as const

export function readOptions(args: readonly string[]) {
  const values = parse(args)
  for (const name of counts) check(name, values[name], /^[1-9]\d*$/)
  for (const name of numbers) check(name, values[name], /^\d+$/)
  return values
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], ...config }).values
  } catch (error) {
    throw new BadOption(`${describeError(error)}; docs/simulation.md lists the options`, { cause: error })
  }
}

function check(name: string, value: string | undefined, form: RegExp): void {
  if (value !== undefined && !form.test(value)) throw new BadOption(`--${name} is a whole number, not ${JSON.stringify(value)}`)
}
