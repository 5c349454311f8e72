// A process that runs seeds with a mutant, or under a setting, until one of them shows that something is wrong.
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { readFileSync } from "node:fs"
import { tmpdir } from "node:os"
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
  /** Only the first so many requests of each. Default: all. */
  readonly requests?: number
  /** For one seed, in seconds of a processor: who takes longer hangs. Default: 30. */
  readonly seedCpuSecondsMax?: number
}

export interface SeedsRun {
  readonly killed?: Kill
  /** How many were run. */
  readonly seeds: number
}

export async function runSeeds({ mutant, setting, seeds, requests, seedCpuSecondsMax = 30 }: SeedsOptions): Promise<SeedsRun> {
  if (seeds.length === 0) return { seeds: 0 }
  const args = [JSON.stringify(seeds), ...(requests === undefined ? [] : [String(requests)])]
  const child = startChild(args, { TROUPE_MUTANT: mutant, TROUPE_SETTING: setting })
  const { stdout, stderr } = child
  if (stdout === null || stderr === null) throw new Error("a process that runs seeds has no output")
  let [seed = 0] = seeds
  let done = 0
  let killed: Kill | undefined
  let errors = ""
  let beganCpuSeconds = 0
  const watchdog = setInterval(() => {
    if (cpuSeconds(child) - beganCpuSeconds <= seedCpuSecondsMax) return
    killed ??= { seed, by: "hang", message: `the run of seed ${seed} did not come to an end` }
    child.kill("SIGKILL")
  }, 500)
  stderr.setEncoding("utf8").on("data", (piece: string) => (errors = (errors + piece).slice(-4_000)))
  createInterface({ input: stdout }).on("line", (line) => {
    if (!line.startsWith("{")) return
    beganCpuSeconds = cpuSeconds(child)
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
  clearInterval(watchdog)
  if (killed === undefined && code !== 0) {
    done += 1
    killed = { seed, by: "crash", message: errorLine(errors) ?? `the process ended with code ${code}` }
  }
  return { ...(killed === undefined ? {} : { killed }), seeds: done }
}

/** What a process has used of a processor: how much time passes depends on what else the machine does. */
function cpuSeconds({ pid = 0 }: ChildProcess): number {
  try {
    // The fields behind the name, which may hold anything: user and system time, in hundredths of a second.
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ") ?? []
    return (Number(fields[11]) + Number(fields[12])) / 100
  } catch {
    return process.uptime()
  }
}

function errorLine(errors: string): string | undefined {
  return errors.split("\n").find((line) => /^\S*(Error|Fault|Failed)\b/.test(line))
}

function startChild(args: readonly string[], env: Readonly<Record<string, string | undefined>>): ChildProcess {
  const here = (file: string) => join(repository, "test/proof/mutants", file)
  return spawn(process.execPath, ["--import", here("load-mutant.ts"), here("run-seeds.ts"), ...args], {
    cwd: repository,
    env: { ...process.env, NODE_COMPILE_CACHE: join(tmpdir(), "node-compile-cache"), ...env },
    stdio: ["ignore", "pipe", "pipe"],
  })
}
