// What goes wrong in a run, drawn from its seed before it begins: a list that can be shortened, saved and replayed. Swarm
// testing: a quarter of the runs has no faults at all, and each of the others some kinds of them only, each with a
// probability of its own, so that one kind does not hide what another would have shown.
import type { Verb } from "../delivery/observer.ts"
import { calm, type NetworkFaults } from "./network.ts"
import type { Random } from "./random.ts"

export const verbs = [
  "receive", "decode", "admit", "load", "decide", "commit", "dispatch", "settle",
] as const satisfies readonly Verb[]

/** Where a process can be made to crash. "stored": its block is in the journal, and it does not know yet. */
export type CrashPoint =
  | { readonly verb: Verb; readonly moment: "before" | "after" }
  | { readonly verb: "commit"; readonly moment: "stored" }
  /** An effectful handler calls the outside. */
  | { readonly verb: "call"; readonly moment: "before" | "after" }

/** Every place where a process can be made to crash, in the order of a record's way. */
export const crashPoints: readonly CrashPoint[] = [
  ...verbs.flatMap((verb): readonly CrashPoint[] => [
    { verb, moment: "before" },
    ...(verb === "commit" ? [{ verb, moment: "stored" } as const] : []),
    { verb, moment: "after" },
  ]),
  { verb: "call", moment: "before" },
  { verb: "call", moment: "after" },
]

export function pointName({ verb, moment }: CrashPoint): string {
  return `${moment} ${verb}`
}

/** What happens once, or for a while. */
export const timedKinds = [
  "crash", "crash at", "pause", "clock jump", "clock drift", "cut", "cut one way", "cut peers", "leaderless", "disk full",
  "power cut", "upgrade", "end", "join",
] as const
export type TimedKind = (typeof timedKinds)[number]

/** What happens to one message in so many. */
export const networkKinds = ["drop", "lostRequest", "lostAnswer", "duplicate", "reorder", "slow"] as const
export type NetworkKind = (typeof networkKinds)[number]

export type FaultKind = TimedKind | NetworkKind
export const faultKinds: readonly FaultKind[] = [...timedKinds, ...networkKinds]

export interface PlannedFault {
  /** Unique in its plan, such as `pause 2`. */
  readonly id: string
  readonly kind: TimedKind
  readonly atMs: number
  readonly durationMs: number
  /** Which process it strikes: counted among those that are there then. */
  readonly target: number
  /** Of "crash at": where, and how often it is passed first. */
  readonly point?: CrashPoint
  readonly skip?: number
  /** Of a clock: how far, or how fast. */
  readonly by?: number
  /** Of "pause" and "crash": what was on its way from there stays behind. Of "power cut": all is lost, not the end only. */
  readonly deep?: boolean
}

export interface Plan {
  readonly seed: number
  /** "strict": what is acknowledged survives a power cut. */
  readonly mode: "strict" | "standard"
  readonly processes: number
  /** How long anything may go wrong. */
  readonly safetyMs: number
  readonly network: NetworkFaults
  readonly faults: readonly PlannedFault[]
}

/** In the standard mode a power cut takes what had been acknowledged, and partitions may stop for good. */
export function hasLost({ mode, faults }: Plan): boolean {
  return mode === "standard" && faults.some(({ kind }) => kind === "power cut")
}

export interface PlanOptions {
  /** Kinds that may be drawn. Default: all. */
  readonly kinds?: readonly FaultKind[]
  readonly processesMax?: number
  readonly safetyMs?: number
}

const often: Readonly<Record<TimedKind, number>> = {
  "crash": 4, "crash at": 6, "pause": 3, "clock jump": 3, "clock drift": 2, "cut": 3, "cut one way": 3, "cut peers": 3,
  "leaderless": 2, "disk full": 1, "power cut": 2, "upgrade": 1, "end": 2, "join": 1,
}

const longMs: Readonly<Partial<Record<TimedKind, number>>> = {
  "pause": 6_000, "cut": 4_000, "cut one way": 4_000, "cut peers": 6_000, "leaderless": 5_000, "disk full": 4_000,
}

const probabilityMax: Readonly<Record<NetworkKind, number>> = {
  drop: 0.2, lostRequest: 0.05, lostAnswer: 0.05, duplicate: 0.2, reorder: 0.2, slow: 0.02,
}

export function drawPlan(seed: number, random: Random, options: PlanOptions = {}): Plan {
  const luck = random.fork("plan")
  const { kinds = faultKinds, processesMax = 3, safetyMs = 15_000 } = options
  const processes = luck.between(1, processesMax)
  const isCalm = luck.chance(0.25)
  const mode = luck.chance(0.2) ? "standard" : "strict"
  const drawn = new Set(kinds.filter(() => luck.chance(0.35) && !isCalm))
  const network: NetworkFaults = { ...calm, meanMs: luck.between(1, 4), ...drawNetwork(luck.fork("network"), drawn) }
  const faults = timedKinds.flatMap((kind) => {
    const own = luck.fork(kind)
    const count = drawn.has(kind) ? own.between(1, often[kind]) : 0
    return Array.from({ length: count }, (_, n) => drawFault(own, kind, n + 1, safetyMs))
  })
  return { seed, mode, processes, safetyMs, network, faults: faults.toSorted((a, b) => a.atMs - b.atMs) }
}

function drawNetwork(luck: Random, drawn: ReadonlySet<FaultKind>): Partial<NetworkFaults> {
  return Object.fromEntries(
    networkKinds.filter((kind) => drawn.has(kind)).map((kind) => [kind, probabilityMax[kind] * luck.float() ** 2]),
  )
}

function drawFault(luck: Random, kind: TimedKind, number: number, safetyMs: number): PlannedFault {
  return {
    id: `${kind} ${number}`,
    kind,
    atMs: luck.below(safetyMs),
    durationMs: Math.ceil(luck.exponential((longMs[kind] ?? 0) / 2)),
    target: luck.below(0x1_0000),
    deep: luck.chance(0.5),
    ...(kind === "crash at" ? { point: luck.pick(crashPoints), skip: luck.below(40) } : {}),
    ...(kind === "clock jump" ? { by: luck.between(-60_000, 60_000) } : {}),
    ...(kind === "clock drift" ? { by: 1 + (luck.float() - 0.5) / 10 } : {}),
  }
}
