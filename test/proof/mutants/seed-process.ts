// A process that runs seeds with a mutant, or under a setting, until one of them shows that something is wrong.
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { repository } from "./mutant.ts"
import type { SeedReport } from "./run-seeds.ts"

export interface Kill {
  readonly seed: number
  /** Of the checker, such as "I3"; "crash" or "hang" if a run did not end as one should. */
  readonly by: string
  readonly message: string
}

export interface SeedsOptions {
  /** Default: the engine as it is. */
  readonly mutant?: string
  /** Default: the one that the mutant needs; "none" for none. */
  readonly setting?: string
  readonly seeds: readonly number[]
  /** For one seed, in ms of this machine: who takes longer hangs. Default: 60,000. */
  readonly seedTimeMsMax?: number
}

export interface SeedsRun {
  readonly killed?: Kill
  /** How many were run. */
  readonly seeds: number
}

export async function runSeeds({ mutant, setting, seeds, seedTimeMsMax = 60_000 }: SeedsOptions): Promise<SeedsRun> {
  if (seeds.length === 0) return { seeds: 0 }
  const child = startChild(seeds, { TROUPE_MUTANT: mutant, TROUPE_SETTING: setting })
  const { stdout, stderr } = child
  if (stdout === null || stderr === null) throw new Error("a process that runs seeds has no output")
  let [seed = 0] = seeds
  let done = 0
  let killed: Kill | undefined
  let errors = ""
  const hangs = () => {
    killed ??= { seed, by: "hang", message: `the run of seed ${seed} did not come to an end` }
    child.kill("SIGKILL")
  }
  let watchdog = setTimeout(hangs, seedTimeMsMax)
  stderr.setEncoding("utf8").on("data", (piece: string) => (errors = (errors + piece).slice(-4_000)))
  createInterface({ input: stdout }).on("line", (line) => {
    if (!line.startsWith("{")) return
    clearTimeout(watchdog)
    watchdog = setTimeout(hangs, seedTimeMsMax)
    const report = JSON.parse(line) as SeedReport // cast: run-seeds.ts writes it
    if (report.type === "begins") {
      seed = report.seed
      return
    }
    if (killed !== undefined) return
    done += 1
    const [violation] = report.violations
    if (violation === undefined) return
    killed = { seed: report.seed, by: violation.invariant, message: violation.message }
    child.kill("SIGKILL")
  })
  // cast: what "close" tells
  const [code] = (await once(child, "close")) as [number | null]
  clearTimeout(watchdog)
  if (killed === undefined && code !== 0) {
    done += 1
    killed = { seed, by: "crash", message: errorLine(errors) ?? `the process ended with code ${code}` }
  }
  return { ...(killed === undefined ? {} : { killed }), seeds: done }
}

function errorLine(errors: string): string | undefined {
  return errors.split("\n").find((line) => /^\S*(Error|Fault|Failed)\b/.test(line))
}

function startChild(seeds: readonly number[], env: Readonly<Record<string, string | undefined>>): ChildProcess {
  const here = (file: string) => join(repository, "test/proof/mutants", file)
  return spawn(process.execPath, ["--import", here("load-mutant.ts"), here("run-seeds.ts"), JSON.stringify(seeds)], {
    cwd: repository,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  })
}
