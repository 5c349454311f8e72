// What becomes of a partition that ended here: it is claimed again, left to others, or stopped until an operator looks.
// One partition never takes the process, or another partition, with it.
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import { describeError } from "../kernel/fault.ts"
import { limits } from "../kernel/limits.ts"
import { type EngineFault, noteSettled, type OwnershipState, PartitionCrashed } from "./ownership-state.ts"

export function noteLoss(state: OwnershipState, partition: number, fault: EngineFault): void {
  const { observer } = state.options
  switch (fault._tag) {
    case "Fenced":
      return observer.fenced(partition)
    case "CorruptJournal":
    case "InputBehind":
    case "JournalBehind":
      return stop(state, partition, fault)
    case "NewerFormat":
      state.stopped.set(partition, { state: "refused", fault })
      observer.refused(partition, fault)
      return noteSettled(state)
    case "InputUnavailable":
      return state.unreadable.failed(partition, fault) ? observer.interrupted(partition, fault) : undefined
    case "PartitionCrashed":
      return crashesTooOften(state, partition) ? stop(state, partition, fault) : observer.interrupted(partition, fault)
    default:
      return observer.interrupted(partition, fault)
  }
}

function stop(state: OwnershipState, partition: number, fault: EngineFault): void {
  state.stopped.set(partition, { state: "broken", fault })
  state.options.observer.broken(partition, fault)
  const broken = [...state.stopped.values()].filter((stopped) => stopped.state === "broken")
  if (broken.length === state.options.app.partitions) Deferred.doneUnsafe(state.lostWith, Effect.fail(fault))
  noteSettled(state)
}

/** A wrong state in memory is gone with the memory; what crashes again and again would do so for ever. */
function crashesTooOften(state: OwnershipState, partition: number): boolean {
  const nowMs = state.clock.currentTimeMillisUnsafe()
  const lately = (state.crashes.get(partition) ?? []).filter((atMs) => nowMs - atMs < limits.partitionCrashWindowMs)
  state.crashes.set(partition, [...lately, nowMs])
  return lately.length + 1 >= limits.partitionCrashesMax
}

export function crashed(state: OwnershipState, partition: number, defect: unknown): PartitionCrashed {
  return new PartitionCrashed(
    `partition ${partition} of ${state.options.app.name} was stopped by a programming error (${describeError(defect)}); ` +
      `it is claimed again, and after ${limits.partitionCrashesMax} in a row it waits for an operator`,
    { cause: defect },
  )
}

export interface ClaimAgainOptions {
  /**
   * Takes the journal and the inputs as they are (R14): the journal gets a new identity, lanes go on from where their sources
   * are, and an input that is not the one that was read is read again from its first record. What was lost stays lost.
   */
  readonly resync?: boolean
}

/** An operator says that a stopped partition may be tried again. False if it was not stopped. */
export function claimAgain(state: OwnershipState, partition: number, { resync = false }: ClaimAgainOptions = {}): boolean {
  state.crashes.delete(partition)
  if (resync && state.stopped.has(partition)) state.resyncs.add(partition)
  return state.stopped.delete(partition)
}
