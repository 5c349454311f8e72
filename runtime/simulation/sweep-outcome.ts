// What became of the runs of a sweep.
import { type CrashPoint, sweptId, type SweptMessage } from "./sweep-points.ts"

/** One message at one crash point. */
export interface SweptCell {
  readonly message: SweptMessage
  readonly point: CrashPoint
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

export function cellId({ message, point }: SweptCell): string {
  return `${point} ${sweptId(message)}`
}
