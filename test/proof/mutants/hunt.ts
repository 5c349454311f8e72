// Hunts mutants: each runs in a process of its own, seed after seed, until a run reports a violation, ends with an error, or
// does not come to an end. Before, the engine as it is runs the same seeds, under every setting that a mutant needs: a seed
// at which it fails itself kills nobody.
import { mutants as allMutants } from "./list.ts"
import type { Mutant } from "./mutant.ts"
import { type Kill, runSeeds } from "./seed-process.ts"

export interface HuntOptions {
  /** Names of the mutants to hunt. Default: all. */
  readonly names?: readonly string[]
  /** First seed. Default: 1. */
  readonly from?: number
  /** Seeds until a mutant counts as alive. */
  readonly seeds: number
  /** Seeds that are tried first, by mutant: those that killed it before. */
  readonly known?: Readonly<Record<string, number>>
  /** Processes at a time. Default: 2. */
  readonly processes?: number
  readonly told?: (hunted: Hunted) => void
}

export interface Hunted {
  readonly mutant: Mutant
  readonly killed?: Kill
  /** Seeds that were run. */
  readonly seeds: number
  readonly tookMs: number
}

export interface Hunt {
  /** In the order of the list. */
  readonly hunted: readonly Hunted[]
  /** Seeds at which the engine as it is fails. */
  readonly unfit: readonly (Kill & { readonly setting: string })[]
}

export async function hunt(options: HuntOptions): Promise<Hunt> {
  const { names, told, processes = 2, from = 1, seeds: count, known = {} } = options
  const unknown = names?.find((name) => allMutants.every((mutant) => mutant.name !== name))
  if (unknown !== undefined) throw new Error(`there is no mutant "${unknown}"`)
  const wanted = allMutants.filter(({ name }) => names === undefined || names.includes(name))
  const seedsOf = ({ name }: Mutant) => {
    const all = Array.from({ length: count }, (_, index) => from + index)
    const first = known[name]
    return first === undefined ? all : [first, ...all.filter((seed) => seed !== first)]
  }
  const controls = controlsOf(wanted, seedsOf)
  const unfit = (await inTurns(processes, controls, tryControl)).flat()
  const hunted = await inTurns(processes, wanted, async (mutant) => {
    const bad = new Set(unfit.flatMap(({ setting, seed }) => (setting === settingOf(mutant) ? [seed] : [])))
    const startedMs = performance.now()
    const found = await runSeeds({ mutant: mutant.name, seeds: seedsOf(mutant).filter((seed) => !bad.has(seed)) })
    const one = { mutant, ...found, tookMs: performance.now() - startedMs }
    told?.(one)
    return one
  })
  return { hunted, unfit }
}

function settingOf({ setting = "none" }: Mutant): string {
  return setting
}

interface Control {
  readonly setting: string
  readonly seeds: readonly number[]
}

/** Every seed that some mutant of a setting may run, in two halves: two processes have as much to do. */
function controlsOf(mutants: readonly Mutant[], seedsOf: (mutant: Mutant) => readonly number[]): readonly Control[] {
  const settings = new Set(mutants.map(settingOf))
  return [...settings].flatMap((setting) => {
    const own = mutants.filter((mutant) => settingOf(mutant) === setting)
    const seeds = [...new Set(own.flatMap(seedsOf))]
    return [0, 1].map((half) => ({ setting, seeds: seeds.filter((_, index) => index % 2 === half) }))
  })
}

async function tryControl({ setting, seeds }: Control): Promise<Hunt["unfit"]> {
  const unfit: (Kill & { readonly setting: string })[] = []
  let left = seeds
  while (left.length > 0) {
    const { killed } = await runSeeds({ setting, seeds: left })
    if (killed === undefined) break
    unfit.push({ ...killed, setting })
    left = left.slice(left.indexOf(killed.seed) + 1)
  }
  return unfit
}

/** So many at a time; the results are in the order of the items. */
async function inTurns<Item, Result>(
  processes: number,
  items: readonly Item[],
  run: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = []
  const waiting = [...items.entries()]
  const work = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) results[next[0]] = await run(next[1])
  }
  await Promise.all(Array.from({ length: processes }, work))
  return results
}
