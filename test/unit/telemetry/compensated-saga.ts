// One saga, played to the telemetry port as the engine plays it: reserve, charge (refused), release. The order of calls
// and what each record carries are the engine's; the decisions are written down instead of decided.
import type { Outcome } from "../../../runtime/message/outcome.ts"
import type { Address, CommandMessage, ReplyMessage, TimerMessage } from "../../../runtime/message/message.ts"
import type { SagaLife } from "../../../runtime/telemetry/saga-trace.ts"
import type { Closing, Sending, Telemetry } from "../../../runtime/ports/telemetry.ts"

/** Planted in every payload, result and fault text: it must not come out anywhere. */
export const canary = "canary-7f3a9"

export const sagaServices = ["place-order", "inventory", "payment"]

/** Where the tests of telemetry take place. */
export const namespace = "shop"

export function lifeOf(key: string, startedMs: number): SagaLife {
  return { namespace, saga: "place-order", key, startedMs }
}

export interface Play {
  readonly key: string
  readonly startedMs: number
  /** The traceparent that the start carries. */
  readonly requester?: string
}

export interface Played {
  /** The traceparents of all outgoing records, in order. */
  readonly traces: readonly (string | undefined)[]
  /** What a timer that the first decision set would carry. */
  readonly timerTrace: string | undefined
  readonly endedMs: number
}

const done: Outcome = { type: "done", value: { secret: canary } }
const refused: Outcome = { type: "refused", code: "card-declined", detail: { secret: canary } }

export function playCompensatedSaga(telemetry: Telemetry, play: Play): Played {
  const traces: (string | undefined)[] = []
  let nowMs = play.startedMs
  let timerTrace: string | undefined

  const saga = { service: "place-order", key: play.key }
  const take = (message: CommandMessage | ReplyMessage, sends: readonly Sending[], closing: Omit<Closing, "nowMs"> = {}) => {
    const kind = message.to.service === saga.service ? "saga" : "service"
    const begins = message.type === "command" && message.direction === "do"
    const standing = kind === "saga" && !begins ? { state: "running" as const, startedMs: play.startedMs } : undefined
    const span = telemetry.process({ message, kind, begins, standing, nowMs })
    timerTrace ??= span.trace
    traces.push(...sends.map((sending) => span.send(sending)))
    nowMs += 5
    span.end({ nowMs, ...closing })
    nowMs += 10
    return withTrace(traces.at(-1))
  }

  const reserve = { to: { service: "inventory", key: "sku-1" }, name: "reserve", effect: `place-order/${play.key}:1:0` }
  const charge = { to: { service: "payment", key: "customer-9" }, name: "charge", effect: `place-order/${play.key}:2:0` }
  const release = { to: reserve.to, name: "release", effect: `place-order/${play.key}:3:0` }

  const start = { ...command({ to: saga, name: "start", effect: "request-1" }, "do"), ...withTrace(play.requester) }
  let carried = take(start, [sending(reserve, "do")])
  carried = take({ ...command(reserve, "do"), ...carried }, [answer(saga, reserve)], { outcome: done })
  carried = take({ ...reply(saga, reserve, done), ...carried }, [sending(charge, "do")])
  carried = take({ ...command(charge, "do"), ...carried }, [{ ...answer(saga, charge), failed: true }], { outcome: refused })
  carried = take({ ...reply(saga, charge, refused), ...carried }, [sending(release, "undo")])
  carried = take({ ...command(release, "undo"), ...carried }, [answer(saga, release)], { outcome: done })
  const ended = { outcome: "compensated", startedMs: play.startedMs, reason: "card-declined" } as const
  take({ ...reply(saga, release, done), ...carried }, [], { ended })
  return { traces, timerTrace, endedMs: nowMs - 10 }
}

interface Asked {
  readonly to: Address
  readonly name: string
  readonly effect: string
}

export function command(asked: Asked, direction: "do" | "undo"): CommandMessage {
  return { type: "command", ...asked, payload: { secret: canary }, direction, attempt: 1, scope: "place-order/o-1" }
}

export function reply(to: Address, asked: Asked, outcome: Outcome): ReplyMessage {
  return { type: "reply", to, effect: asked.effect, outcome }
}

export function timer(to: Address, name: string): TimerMessage {
  return { type: "timer", to, name, dueMs: 0, payload: { secret: canary } }
}

export function withTrace(trace: string | undefined): { trace?: string } {
  return trace === undefined ? {} : { trace }
}

function sending(asked: Asked, direction: "do" | "undo"): Sending {
  return { type: "command", ...asked, direction }
}

function answer(to: Address, asked: Asked): Sending {
  return { type: "reply", to, name: asked.name, effect: asked.effect }
}
