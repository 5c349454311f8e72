// What a run is made from: a seed, and what was taken away from what the seed drew. Saved, it is the same run for ever.
import { calm } from "./network.ts"
import { drawPlan, networkKinds, type Plan, type PlanOptions } from "./plan.ts"
import { Random } from "./random.ts"

export interface Spec {
  readonly seed: number
  /** Only the first so many requests. */
  readonly requests?: number
  /** Faults that do not happen: ids of the plan's, such as `pause 2`, and kinds of the network's, such as `drop`. */
  readonly without?: readonly string[]
}

/** A spec with a name, as it is kept in the repository. */
export interface NamedSeed extends Spec {
  readonly name: string
  /** What it found. */
  readonly why: string
  /** How many sagas its workload was drawn with, if not as many as usual. */
  readonly sagas?: number
}

export function planOf({ seed, without = [] }: Spec, options: PlanOptions = {}): Plan {
  const plan = drawPlan(seed, new Random(seed, "plan"), options)
  if (without.length === 0) return plan
  const quiet = Object.fromEntries(networkKinds.filter((kind) => without.includes(kind)).map((kind) => [kind, calm[kind]]))
  return { ...plan, network: { ...plan.network, ...quiet }, faults: plan.faults.filter(({ id }) => !without.includes(id)) }
}

/** Everything that could be taken away from what a spec still has. */
export function removable(spec: Spec, options: PlanOptions = {}): readonly string[] {
  const { network, faults } = planOf(spec, options)
  return [...networkKinds.filter((kind) => network[kind] > 0), ...faults.map(({ id }) => id)]
}
