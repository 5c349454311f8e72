// Resets a service: it reads events again, under a new generation (R23). Every step may be repeated, and a reset that was cut
// short is gone on with by giving it again: each order names the generation that it leads to.
import { setTimeout as pause } from "node:timers/promises"
import type { SubscriptionStatus } from "../delivery/subscription-status.ts"
import { Fault } from "../kernel/fault.ts"
import { limits } from "../kernel/limits.ts"
import type { Json } from "../message/json.ts"
import type { OperationName } from "../message/operation.ts"
import { type EventsFrom, startAt } from "../message/subscription.ts"

export interface Reset {
  readonly service: string
  /** Default: "beginning", which is the first event that is kept. */
  readonly from?: EventsFrom
  /**
   * "rebuild": its actors lose their state and get it anew from events; nothing that they said the first time is said again.
   * "reprocess": its actors get the events again, on the state that they have, and say and do what follows from them again.
   */
  readonly mode: "rebuild" | "reprocess"
}

/** A subscription in one partition. */
export interface SubscriptionSummary extends SubscriptionStatus {
  readonly partition: number
  /** The generation that a rebuild under way leads to. */
  readonly rebuildTo?: number
}

/** An order was refused, or could not be carried out. Nothing was changed by it. */
export class OperationRefused extends Fault {
  readonly _tag = "OperationRefused"
  readonly code = "OPERATION_REFUSED"
  readonly retry = "never"
}

export interface Partitions {
  readonly count: number
  /** Gives an order to one partition, and its answer. Rejects with OperationRefused. */
  order<Value>(partition: number, name: OperationName, payload: Json): Promise<Value>
}

/** Gives the generation that the service has now. Rejects with OperationRefused, InvalidInput, or as a client does. */
export async function resetService(
  { count, order }: Partitions,
  subscriptions: readonly SubscriptionSummary[],
  { service, from = "beginning", mode }: Reset,
  author: { readonly by: string; readonly why: string },
): Promise<number> {
  const own = subscriptions.filter((subscription) => subscription.service === service)
  if (own.length === 0)
    throw new OperationRefused(`this app has no service "${service}" that reacts to events; nothing was changed`)
  const generation = targetOf(own, mode)
  const start = startAt(from, "a reset")
  const payload = { service, generation, from: typeof start === "string" ? start : { ...start }, ...author }
  const everywhere = async (name: OperationName) => {
    for (let partition = 0; partition < count; partition += 1) await order(partition, name, payload)
  }
  if (mode === "reprocess") {
    await everywhere("reset")
    return generation
  }
  await everywhere("pauseEvents")
  const untilDone = async (name: OperationName) => {
    for (let partition = 0; partition < count; partition += 1) {
      for (let waitedMs = 0; !(await order<{ done: boolean }>(partition, name, payload)).done; waitedMs += limits.rebuildLookMs) {
        if (waitedMs >= limits.rebuildDrainMaxMs)
          throw new OperationRefused(`events for ${service} are on their way for too long: it stays paused; give the order again`)
        await pause(limits.rebuildLookMs)
      }
    }
  }
  await untilDone("drained")
  await untilDone("wipe")
  await everywhere("resumeEvents")
  return generation
}

/** The next generation; or, if an earlier reset did not come to all partitions, the one that it leads to. */
function targetOf(own: readonly SubscriptionSummary[], mode: Reset["mode"]): number {
  const begun = Math.max(...own.map(({ generation, rebuildTo = 0 }) => Math.max(generation, rebuildTo)))
  const isUnderWay = own.some(({ generation, rebuildTo }) => generation !== begun || rebuildTo !== undefined)
  if (!isUnderWay) return begun + 1
  if (own.some(({ rebuildTo }) => rebuildTo !== undefined) !== (mode === "rebuild")) {
    const other = mode === "rebuild" ? "reprocess" : "rebuild"
    throw new OperationRefused(`a ${other} of ${own[0]?.service} was begun and not ended: give that order again first`)
  }
  return begun
}
