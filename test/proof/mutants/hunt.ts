// Hunts mutants: each runs in a process of its own, seed after seed, until a run reports a violation, ends with an error, or
// does not come to an end. The engine as it is then runs the seeds that killed, under the settings that mutants needed: a seed
// at which it fails itself kills nobody, and the hunt goes on without it.
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

/** A seed at which the engine as it is fails. */
export interface Unfit extends Kill {
  readonly setting: string
  readonly requests: number | undefined
}

export interface Hunt {
  /** In the order of the list. */
  readonly hunted: readonly Hunted[]
  readonly unfit: readonly Unfit[]
}

export async function hunt(options: HuntOptions): Promise<Hunt> {
  const { names, processes = 2 } = options
  const unknown = names?.find((name) => allMutants.every((mutant) => mutant.name !== name))
  if (unknown !== undefined) throw new Error(`there is no mutant "${unknown}"`)
  const found = new Map<Mutant, Hunted>()
  const unfit: Unfit[] = []
  const tried = new Set<string>()
  let wanted = allMutants.filter(({ name }) => names === undefined || names.includes(name))
  while (wanted.length > 0) {
    for (const one of await inTurns(processes, wanted, (mutant) => huntOne(mutant, options, unfit))) found.set(one.mutant, one)
    unfit.push(...(await inTurns(processes, controlsOf([...found.values()], tried), tryControl)).flat())
    wanted = [...found.values()].filter((one) => unfit.some((bad) => isSame(bad, one))).map(({ mutant }) => mutant)
  }
  return { hunted: allMutants.flatMap((mutant) => found.get(mutant) ?? []), unfit }
}

async function huntOne(mutant: Mutant, options: HuntOptions, unfit: readonly Unfit[]): Promise<Hunted> {
  const { from = 1, seeds: count, known = {}, told } = options
  const all = Array.from({ length: count }, (_, index) => from + index)
  const first = known[mutant.name]
  const seeds = [...new Set(first === undefined ? all : [first, ...all])]
  const bad = new Set(unfit.flatMap((one) => (isOf(one, mutant) ? [one.seed] : [])))
  const startedMs = performance.now()
  const found = await runSeeds({ mutant: mutant.name, seeds: seeds.filter((seed) => !bad.has(seed)), ...requestsOf(mutant) })
  const one = { mutant, ...found, tookMs: performance.now() - startedMs }
  told?.(one)
  return one
}

function settingOf({ setting = "none" }: Mutant): string {
  return setting
}

/** As an option: left out if there is none. */
function requestsOf({ requests }: Pick<Mutant, "requests">): { readonly requests?: number } {
  return requests === undefined ? {} : { requests }
}

function isOf({ setting, requests }: Unfit, mutant: Mutant): boolean {
  return settingOf(mutant) === setting && mutant.requests === requests
}

function isSame(unfit: Unfit, { mutant, killed }: Hunted): boolean {
  return killed?.seed === unfit.seed && isOf(unfit, mutant)
}

interface Control {
  readonly setting: string
  readonly requests: number | undefined
  readonly seed: number
}

/** Every seed that killed and was not tried yet. */
function controlsOf(hunted: readonly Hunted[], tried: Set<string>): readonly Control[] {
  return hunted.flatMap(({ mutant, killed }) => {
    const setting = settingOf(mutant)
    const { requests } = mutant
    const id = `${setting} ${requests} ${killed?.seed}`
    if (killed === undefined || tried.has(id)) return []
    tried.add(id)
    return [{ setting, requests, seed: killed.seed }]
  })
}

async function tryControl({ setting, requests, seed }: Control): Promise<readonly Unfit[]> {
  const { killed } = await runSeeds({ setting, seeds: [seed], ...(requests === undefined ? {} : { requests }) })
  return killed === undefined ? [] : [{ ...killed, setting, requests }]
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
