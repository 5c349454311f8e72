// Which faults a run has, in which order, for how long: drawn from its seed before anything runs. Whom they hit is drawn when
// they come, from luck that the seed gives to each, because who leads is known only then.

export const faultKinds = [
  "kill-worker", "kill-server", "kill-leader", "kill-all", "kill-participant", "kill-client", "kill-two",
  "pause-worker", "pause-server", "pause-participant", "pause-client",
  "cut-worker", "cut-node", "cut-peers", "cut-majority", "one-way",
  "disk-full", "rolling-restart", "power-cut", "power-cut-all", "wrong-credentials", "delete-consumers",
] as const
export type FaultKind = (typeof faultKinds)[number]

/** What a run can do, and has. */
export interface Means {
  readonly servers: 1 | 3
  /** Servers have disks of their own. */
  readonly hasDisks: boolean
  /** Servers and workers have network namespaces. */
  readonly hasNetwork: boolean
}

export interface PlannedFault {
  readonly kind: FaultKind
  /** Between its beginning and its mending. */
  readonly holdMs: number
  /** Numbers from 0 to below 1, for whom it hits. */
  readonly luck: readonly number[]
}

type Draw = () => number

const second = 1_000
/** The shortest and the longest time before it is mended. A leader's election takes 4 to 9 s, so some are longer than that. */
const holds: Readonly<Record<FaultKind, readonly [minMs: number, maxMs: number]>> = {
  "kill-worker": [0, 5 * second],
  "kill-server": [0, 5 * second],
  "kill-leader": [0, 8 * second],
  "kill-all": [0, 3 * second],
  "kill-participant": [0, 5 * second],
  "kill-client": [0, 3 * second],
  "kill-two": [0, 5 * second],
  "pause-worker": [1 * second, 15 * second],
  "pause-server": [1 * second, 10 * second],
  "pause-participant": [1 * second, 8 * second],
  "pause-client": [1 * second, 5 * second],
  "cut-worker": [2 * second, 10 * second],
  "cut-node": [2 * second, 12 * second],
  "cut-peers": [2 * second, 12 * second],
  "cut-majority": [2 * second, 8 * second],
  "one-way": [2 * second, 10 * second],
  "disk-full": [2 * second, 5 * second],
  "rolling-restart": [0, 0],
  "power-cut": [0, 3 * second],
  "power-cut-all": [0, 2 * second],
  "wrong-credentials": [2 * second, 6 * second],
  "delete-consumers": [0, 0],
}

const forCluster = new Set<FaultKind>(["kill-leader", "cut-peers", "cut-majority", "power-cut-all", "kill-all"])
const onDisks = new Set<FaultKind>(["disk-full", "power-cut", "power-cut-all"])
const inNetwork = new Set<FaultKind>(["cut-worker", "cut-node", "cut-peers", "cut-majority", "one-way"])

export function isPossible(kind: FaultKind, { servers, hasDisks, hasNetwork }: Means): boolean {
  return (servers === 3 || !forCluster.has(kind)) && (hasDisks || !onDisks.has(kind)) && (hasNetwork || !inNetwork.has(kind))
}

export interface PlanOptions {
  readonly draw: Draw
  readonly means: Means
  /** Kinds that are drawn from; each comes once before any comes again. */
  readonly kinds: readonly FaultKind[]
  readonly count: number
  /** No fault is longer. */
  readonly holdMsMax?: number
}

/** Round after round of all kinds that are possible, each round in another order. */
export function planFaults(options: PlanOptions): readonly PlannedFault[] {
  const { draw, means, kinds, count, holdMsMax = Number.POSITIVE_INFINITY } = options
  const possible = kinds.filter((kind) => isPossible(kind, means))
  const planned: PlannedFault[] = []
  while (possible.length > 0 && planned.length < count) {
    for (const kind of shuffled(possible, draw).slice(0, count - planned.length)) {
      const [minMs, maxMs] = holds[kind]
      const holdMs = Math.min(Math.round(minMs + draw() * (maxMs - minMs)), holdMsMax)
      planned.push({ kind, holdMs, luck: [draw(), draw(), draw()] })
    }
  }
  return planned
}

function shuffled<Item>(items: readonly Item[], draw: Draw): readonly Item[] {
  return items.map((item) => [draw(), item] as const).toSorted(([a], [b]) => a - b).map(([, item]) => item)
}
