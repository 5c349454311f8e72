// Hunts mutants: each runs in a process of its own, seed after seed, until a run reports a violation, ends with an error, or
// does not come to an end. Before, the engine as it is runs the same seeds: what it fails at kills nobody.
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { mutants as allMutants } from "./list.ts"
import { type Mutant, repository } from "./mutant.ts"
import type { SeedReport } from "./run-seeds.ts"

export interface HuntOptions {
  /** Names of the mutants to hunt. Default: all. */
  readonly names?: readonly string[]
  /** First seed. Default: 1. */
  readonly from?: number
  /** Seeds until a mutant counts as alive. */
  readonly seeds: number
  /** Seeds that are tried first, by mutant: those that killed it last. */
  readonly known?: Readonly<Record<string, number>>
  /** Processes at a time. Default: 2. */
  readonly processes?: number
  /** For one seed, in ms of this machine: who takes longer hangs. */
  readonly seedTimeMsMax?: number
  readonly told?: (hunted: Hunted) => void
}

export interface Hunted {
  readonly mutant: Mutant
  readonly killed?: Kill
  /** Seeds that were run. */
  readonly seeds: number
  readonly tookMs: number
}

export interface Kill {
  readonly seed: number
  /** Of the checker, such as "I3"; "crash" or "hang" if a run did not end as one should. */
  readonly by: string
  readonly message: string
}

/** What came of every mutant that was asked for, in the order of the list. */
export async function hunt(options: HuntOptions): Promise<readonly Hunted[]> {
  const { names, told, processes = 2 } = options
  const unknown = names?.find((name) => allMutants.every((mutant) => mutant.name !== name))
  if (unknown !== undefined) throw new Error(`there is no mutant "${unknown}"`)
  const waiting = allMutants.filter(({ name }) => names === undefined || names.includes(name))
  const order = new Map(waiting.map((mutant, index) => [mutant, index]))
  const hunted: Hunted[] = []
  const work = async () => {
    for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
      const one = await huntOne(mutant, options)
      hunted.push(one)
      told?.(one)
    }
  }
  await Promise.all(Array.from({ length: processes }, work))
  return hunted.toSorted((a, b) => (order.get(a.mutant) ?? 0) - (order.get(b.mutant) ?? 0))
}

async function huntOne(mutant: Mutant, { from = 1, seeds: count, known = {}, seedTimeMsMax }: HuntOptions): Promise<Hunted> {
  const first = known[mutant.name]
  const all = Array.from({ length: count }, (_, index) => from + index)
  const seeds = first === undefined ? all : [first, ...all.filter((seed) => seed !== first)]
  const startedMs = performance.now()
  const found = await runSeeds({ mutant: mutant.name, seeds, ...(seedTimeMsMax && { seedTimeMsMax }) })
  return { mutant, ...found, tookMs: performance.now() - startedMs }
}

interface SeedsOptions {
  /** Default: the engine as it is. */
  readonly mutant?: string
  readonly setting?: string
  readonly seeds: readonly number[]
  readonly seedTimeMsMax?: number
}

/** Runs seeds in a child process until one of them kills; `seeds`: how many were run. */
export async function runSeeds(options: SeedsOptions): Promise<{ readonly killed?: Kill; readonly seeds: number }> {
  const { mutant, setting, seeds, seedTimeMsMax = 30_000 } = options
  const child = startChild(seeds, { TROUPE_MUTANT: mutant, TROUPE_SETTING: setting })
  let seed = seeds[0] ?? 0
  let done = 0
  let killed: Kill | undefined
  let errors = ""
  const hang = () => {
    killed ??= { seed, by: "hang", message: `the run of seed ${seed} did not come to an end` }
    child.kill("SIGKILL")
  }
  let watchdog = setTimeout(hang, seedTimeMsMax)
  child.stderr?.setEncoding("utf8").on("data", (piece: string) => (errors = (errors + piece).slice(-2_000)))
  const lines = createInterface({ input: child.stdout ?? process.stdin })
  lines.on("line", (line) => {
    if (!line.startsWith("{")) return
    clearTimeout(watchdog)
    watchdog = setTimeout(hang, seedTimeMsMax)
    const report = JSON.parse(line) as SeedReport // cast: run-seeds.ts writes it
    if (report.type === "begins") {
      seed = report.seed
      return
    }
    done += 1
    const [violation] = report.violations
    if (violation === undefined || killed !== undefined) return
    killed = { seed: report.seed, by: violation.invariant, message: violation.message }
    child.kill("SIGKILL")
  })
  // cast: that is what "close" tells
  const [code] = (await once(child, "close")) as [number | null]
  clearTimeout(watchdog)
  if (killed === undefined && code !== 0) {
    const [message = `ended with code ${code}`] = errors.split("\n").filter((line) => /error/i.test(line))
    killed = { seed, by: "crash", message }
  }
  return { ...(killed && { killed }), seeds: killed === undefined ? done : Math.max(1, done) }
}

function startChild(seeds: readonly number[], env: Readonly<Record<string, string | undefined>>): ChildProcess {
  const loader = join(repository, "test/proof/mutants/load-mutant.ts")
  const script = join(repository, "test/proof/mutants/run-seeds.ts")
  return spawn(process.execPath, ["--import", loader, script, JSON.stringify(seeds)], {
    cwd: repository,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  })
}
