// Whether a run is green: what the checker finds in its history, and what the supervisor saw itself.
import type { ClientHappening, History, Violation } from "../../runtime/simulation/history.ts"
import { checkHistory } from "../../runtime/simulation/invariants/check-history.ts"
import { checkBankAndShop } from "../proof/invariants/check-ledgers.ts"
import type { ChaosOptions } from "./options.ts"
import type { RunEnd } from "./run.ts"
import { workloadOf } from "./workload.ts"

export interface Judgement {
  readonly isGreen: boolean
  readonly violations: readonly Violation[]
  /** What the checker looked at, by name. */
  readonly looked: Readonly<Record<string, number>>
  readonly lost: number
  readonly doubled: number
  readonly orderBreaks: number
  readonly stuck: number
  readonly sagas: SagaCounts
  /** In words, what makes the run not green. */
  readonly complaints: readonly string[]
}

export interface SagaCounts {
  /** Whose start was accepted. */
  readonly started: number
  readonly completed: number
  readonly compensated: number
  readonly parked: number
  /** Accepted and without an answer. */
  readonly unknown: number
}

const classes = {
  lost: ["I2", "I7"],
  doubled: ["I1", "I3", "I5"],
  orderBreaks: ["I4", "I6"],
} as const

export function judge({ seed, sync }: ChaosOptions, end: RunEnd): Judgement {
  const { history, spans, stuck, alarms, crashes, isAtRest } = end
  const workload = workloadOf(seed)
  // While a fault lasts, and until things go as before, nobody may be there who could let a timer fire.
  const outageMs = Math.max(0, ...spans.map(({ beganMs, untilMs }) => untilMs - beganMs))
  const expectations = { ...workload.expectations, outageMs, ackedMayBeLost: sync === "default" }
  const verdicts = [checkHistory(history, expectations), checkBankAndShop(history)]
  const violations = verdicts.flatMap((verdict) => verdict.violations)
  const of = (invariants: readonly string[]) => violations.filter(({ invariant }) => invariants.includes(invariant)).length
  const sagas = countSagas(history)
  const complaints = [
    ...violations.map(({ invariant, message }) => `${invariant}: ${message}`),
    ...(stuck > 0 ? [`${stuck} requests have no answer`] : []),
    ...(sagas.unknown > 0 ? [`of ${sagas.unknown} sagas that were accepted nobody was told the end`] : []),
    ...(isAtRest ? [] : ["the workers did not come to rest"]),
    ...crashes,
    ...alarms,
  ]
  return {
    isGreen: complaints.length === 0,
    violations,
    looked: Object.assign({}, ...verdicts.map(({ counts }) => counts)),
    lost: of(classes.lost),
    doubled: of(classes.doubled),
    orderBreaks: of(classes.orderBreaks),
    stuck: Math.max(stuck, sagas.unknown),
    sagas,
    complaints,
  }
}

export function countSagas({ happenings }: History): SagaCounts {
  const starts = new Map<string, ClientHappening[]>()
  for (const happening of happenings) {
    if (happening.type !== "client" || happening.kind !== "start") continue
    starts.set(happening.effect, [...(starts.get(happening.effect) ?? []), happening])
  }
  const ends = [...starts.values()].flatMap((seen) => {
    const isStarted = seen.some(({ phase }) => phase === "accepted" || phase === "answered")
    return isStarted ? [endOf(seen)] : []
  })
  const count = (end: string) => ends.filter((each) => each === end).length
  const [completed, compensated, parked] = [count("completed"), count("compensated"), count("parked")]
  return { started: ends.length, completed, compensated, parked, unknown: ends.length - completed - compensated - parked }
}

function endOf(seen: readonly ClientHappening[]): string {
  const outcome = seen.findLast(({ phase }) => phase === "answered")?.outcome
  if (outcome === undefined) return "unknown"
  if (outcome.type !== "done") return outcome.type === "faulted" ? "parked" : "unknown"
  // cast: a client that starts a saga is told how it ended
  return (outcome.value as { outcome?: string } | null)?.outcome ?? "unknown"
}
