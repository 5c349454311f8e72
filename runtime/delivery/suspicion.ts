// R14: what others know of a partition shows that its journal was cut short, or restored from an older copy: they have
// decided records that it never made, or it has forgotten records that it had confirmed. Such a partition stops. But a
// process that lost the partition and does not know it yet hears the same, so the journal is asked first who owns it.
import * as Effect from "effect/Effect"
import { Fault } from "../kernel/fault.ts"
import { limits } from "../kernel/limits.ts"
import type { InputBehind } from "../ports/inputs.ts"
import { Fenced, type JournalUnavailable } from "../ports/journal.ts"
import type { Confirmation, LaneFrame } from "../ports/lanes.ts"
import type { Channel } from "./channel.ts"
import { claimAt } from "./claim-runs.ts"
import type { Delivery } from "./delivery.ts"
import type { Outbox } from "./outbox.ts"

/** The journal lacks what others have from it. The partition stops; nothing is skipped. */
export class JournalBehind extends Fault {
  readonly _tag = "JournalBehind"
  readonly code = "JOURNAL_BEHIND"
  readonly retry = "never"
}

/** A destination has decided a record that this journal never made. */
export function isForeignMark(outbox: Outbox | undefined, { low, claim }: Confirmation): boolean {
  if (low > (outbox?.last ?? 0)) return true
  const made = outbox?.claims.at(low)
  return claim !== undefined && made !== undefined && made !== claim
}

/** A source has forgotten records, because this partition had confirmed them, and it has not decided them. */
export function hasForgotten(channel: Channel, frame: LaneFrame): boolean {
  return (frame.confirmed ?? 0) > channel.low
}

/** A record that was taken already came again under the same number, and is another one: the source's journal is at fault. */
export function isOtherRecord({ high, claims }: Channel, { first, messages, claims: made = [] }: LaneFrame): boolean {
  if (high < first - 1 || high >= first + messages.length) return false
  return differs(claims.at(high), claimAt(made, high))
}

/** The same, of a record that was decided ahead of its turn by the owner before. */
export function isOtherDecided({ decided, claims }: Channel, { claims: made = [] }: LaneFrame, number: number): boolean {
  return decided.has(number) && differs(claims.at(number), claimAt(made, number))
}

function differs(known: string | undefined, said: string | undefined): boolean {
  return known !== undefined && said !== undefined && known !== said
}

export function suspect(delivery: Delivery, why: string): void {
  delivery.suspicion ??= why
  queueMicrotask(() => delivery.suspected.openUnsafe())
}

/**
 * An input that has lost what was decided was restored from an older copy, unless the next owner has decided more since, and
 * has deleted it: a claimant that stood still before it opened its inputs must not stop the partition for good.
 */
export const unlessTaken = Effect.fnUntraced(function* (
  { partition, ports }: Delivery,
  behind: InputBehind,
): Effect.fn.Return<never, InputBehind | Fenced | JournalUnavailable> {
  const last = yield* ports.journal.last(partition.index)
  const sequence = last?.sequence ?? 0
  if (sequence <= partition.sequence) return yield* Effect.fail(behind)
  const where = `journal of ${partition.app} partition ${partition.index} is at ${sequence}, not at ${partition.sequence}`
  return yield* Effect.fail(new Fenced(`${where}: another process owns it now`))
})

/** Fails with JournalBehind once there is a suspicion and the journal says that this process still owns the partition. */
export const confirmSuspicion = Effect.fnUntraced(function* (
  delivery: Delivery,
): Effect.fn.Return<never, JournalBehind | Fenced> {
  const { partition, ports } = delivery
  yield* delivery.suspected.await
  for (;;) {
    const wasCommitting = delivery.committing
    const read = yield* Effect.result(ports.journal.last(partition.index))
    const sequence = read._tag === "Success" ? (read.success?.sequence ?? 0) : undefined
    const name = `journal of ${partition.app} partition ${partition.index}`
    if (sequence === partition.sequence) {
      return yield* Effect.fail(
        new JournalBehind(
          `${name} was restored from an older copy: ${delivery.suspicion}; the partition stops until its journal is restored ` +
            "in full, or an operator resyncs it",
        ),
      )
    }
    const isOurs = wasCommitting || delivery.committing
    if (sequence !== undefined && sequence > partition.sequence && !isOurs) {
      const where = `${name} is at ${sequence}, not at ${partition.sequence}`
      return yield* Effect.fail(new Fenced(`${where}: another process owns it now`))
    }
    yield* Effect.sleep(limits.appendRetryMs)
  }
})
