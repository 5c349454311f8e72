// Two actors that talk over lanes and forgive nothing: what is lost, doubled or out of order on the way shows in their rows.
import type { ActorLogic } from "../../runtime/actor/logic.ts"
import { app } from "../../runtime/index.ts"
import type { Json } from "../../runtime/message/json.ts"
import { partitionOf } from "../../runtime/message/key.ts"
import type { Outcome } from "../../runtime/message/outcome.ts"
import type { LaneFrame, Lanes } from "../../runtime/ports/lanes.ts"
import { askInMemory, type World } from "../../runtime/testing/index.ts"

export interface Tally {
  readonly paid: number
  readonly confirmed: number
}

/** Pays on request, once each, and counts the replies. It never tries again: only the lanes do. */
const payer: ActorLogic = {
  service: "payer",
  kind: "saga",
  reactions: new Map(),
  decide(state, message) {
    const { paid, confirmed } = (state ?? { paid: 0, confirmed: 0 }) as Tally & Json // cast: only this actor writes it
    if (message.type === "reply") return { state: { paid, confirmed: confirmed + 1 } }
    if (message.type !== "command" || typeof message.payload !== "string") return { state }
    const to = { service: "payee", key: message.payload }
    const effect = `${message.to.key}:${message.effect}`
    const send = [{ to, name: "receive", payload: paid + 1, effect, direction: "do" as const, attempt: 1 }]
    return { state: { paid: paid + 1, confirmed }, outcome: { type: "done", value: null }, send }
  },
}

/** Keeps what it receives, in order. As a "saga" it has no memory of effects: what reaches it twice is there twice. */
const payee: ActorLogic = {
  service: "payee",
  kind: "saga",
  reactions: new Map(),
  decide(state, message) {
    if (message.type !== "command") return { state }
    const received = (state ?? []) as readonly Json[] // cast: only this actor writes it
    return { state: [...received, [message.effect, message.payload]], outcome: { type: "done", value: null } }
  },
}

export const payments = app("payments", { namespace: "test", partitions: 3, services: [{ logic: payer }, { logic: payee }] })

/** One key of each partition. */
export const keys = [0, 1, 2].map(
  (partition) => Array.from({ length: 50 }, (_, n) => `k${n}`).find((key) => partitionOf(key, 3) === partition)!,
) as [string, string, string] // cast: of fifty keys each of three partitions has one

export function pay(world: World, from: string, to: string, effect: string): Promise<Outcome> {
  return askInMemory(payments, world, { service: "payer", key: from, name: "pay", payload: to }, effect)
}

/** Lanes that lose every frame of which `lossy` says so, and tell of every frame that they carry. */
export function lossyLanes(
  inner: Lanes,
  lossy: (frame: LaneFrame) => boolean,
  carried: (frame: LaneFrame) => void = () => undefined,
): Lanes {
  const send = (frame: LaneFrame) => {
    if (lossy(frame)) return
    carried(frame)
    inner.send(frame)
  }
  return { ...inner, send }
}
