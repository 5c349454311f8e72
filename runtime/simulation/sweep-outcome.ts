// What became of the runs of a sweep.
import { type CrashPoint, sweptId, type SweptMessage } from "./sweep-points.ts"

/** One message at one crash point. */
export interface SweptCell {
  readonly message: SweptMessage
  readonly point: CrashPoint
  /** It may pass a point more than once, as when it is tried again: counts from 1. */
  readonly time: number
}

/** A handler that was called more often than without a fault. */
export interface CalledAgain {
  readonly message: SweptMessage
  readonly doesIo: boolean
  /** With the fault, and without. */
  readonly times: number
  readonly timesWithout: number
}

/** A run that ended in another way than the one without a fault. */
export interface SweepViolation extends SweptCell {
  /** What is different: `-` without a fault, `+` with it. */
  readonly difference: readonly string[]
  /** Why the run did not come to its end. */
  readonly stuck?: string
  /**
   * Whose calling again shows: the handler of the message at which the process ended, if it is one of them; else all that do
   * I/O; else all. None: no handler is to blame.
   */
  readonly blamed: readonly CalledAgain[]
}

/** "not reached": it was there without a fault, and the run that was to end there never came by. */
export type SweptOutcome = "same" | "different" | "not reached"

export function cellId({ message, point, time }: SweptCell): string {
  return `${point} ${time} ${sweptId(message)}`
}

/** Counts how often each message passes each point, in one run. */
export class Passes {
  readonly #times = new Map<string, number>()

  /** The cells that these messages come to together. */
  note(point: CrashPoint, messages: readonly SweptMessage[]): readonly SweptCell[] {
    const together = new Map(messages.map((message) => [`${point} ${sweptId(message)}`, message]))
    return [...together].map(([id, message]) => {
      const time = (this.#times.get(id) ?? 0) + 1
      this.#times.set(id, time)
      return { message, point, time }
    })
  }
}
