// Which traces are recorded. Every process comes to the same word on a trace, because it depends on the trace's id alone.
// What a saga turns out to be is not known when it starts, so one that was not chosen may be kept later: from the moment
// when it turns bad, the flag in its traceparents says "sampled", and everybody who handles one of its messages records it.
import { limits } from "../kernel/limits.ts"
import { Recent } from "./recent.ts"
import { formatTraceparent, type SagaLife, type SagaTrace, sagaTrace } from "./saga-trace.ts"

export interface SagaIdentity extends SagaTrace {
  readonly life: SagaLife
  /** It was chosen by its id. */
  readonly sampled: boolean
  /** Of one that was not: what its records carry. */
  readonly carried: string | undefined
}

export interface SamplingOptions {
  readonly namespace: string
  /** The part of traces that is recorded, 0 to 1. */
  readonly ratio: number
  /** A saga that is older than this is kept. */
  readonly slowMs: number
}

export class Sampling {
  readonly #options: SamplingOptions
  readonly #below: number
  /** By name, then by key: the life that was met last. */
  readonly #sagas = new Map<string, Recent<SagaIdentity>>()
  readonly #keptLate = new Recent<true>(limits.traceSagasKept)

  constructor(options: SamplingOptions) {
    this.#options = options
    this.#below = (1 - options.ratio) * 2 ** 48
  }

  /** As the W3C's consistent sampling has it: the last digits of the id are its random part, and low ones go first. */
  sampled(traceId: string): boolean {
    const { ratio } = this.#options
    if (ratio >= 1 || ratio <= 0) return ratio >= 1
    return Number.parseInt(traceId.slice(20), 16) >= this.#below
  }

  saga(saga: string, key: string, startedMs: number): SagaIdentity {
    let ofName = this.#sagas.get(saga)
    if (ofName === undefined) this.#sagas.set(saga, (ofName = new Recent<SagaIdentity>(limits.traceSagasKept)))
    const known = ofName.get(key)
    if (known?.life.startedMs === startedMs) return known
    const life = { namespace: this.#options.namespace, saga, key, startedMs }
    const ids = sagaTrace(life)
    const { traceId, startSpanId } = ids
    const sampled = this.sampled(traceId)
    const carried = sampled ? undefined : formatTraceparent({ traceId, spanId: startSpanId, sampled })
    const made = { ...ids, life, sampled, carried }
    ofName.set(key, made)
    return made
  }

  isSlow(startedMs: number, nowMs: number): boolean {
    return nowMs - startedMs >= this.#options.slowMs
  }

  /** This process records the rest of a saga that was not chosen. */
  isKeptLate({ traceId }: SagaIdentity): boolean {
    return this.#keptLate.size > 0 && this.#keptLate.get(traceId) === true
  }

  /** True the first time, as far as this process remembers. */
  keepLate({ traceId }: SagaIdentity): boolean {
    if (this.#keptLate.get(traceId) === true) return false
    this.#keptLate.set(traceId, true)
    return true
  }
}
