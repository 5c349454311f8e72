// Where in which trace the span of a message belongs. One rule keeps a saga in one trace: what its actor does is always
// in the saga's own, computed trace. A message that comes from another trace (a client's, a parent saga's, an event's)
// is linked to instead.
import type { Opening } from "../ports/telemetry.ts"
import { parseTraceparent, type SpanRef } from "./saga-trace.ts"
import type { SagaIdentity, Sampling } from "./sampling.ts"
import type { Traced } from "./span-contents.ts"
import { newTraceId } from "./span-ids.ts"

export interface Place {
  readonly traceId: string
  readonly parentSpanId: string | undefined
  /** The span is to have this id; undefined: a new one. */
  readonly spanId: string | undefined
  readonly link: SpanRef | undefined
  readonly sampled: boolean
  /** What the message carried, where an unsampled one carries the same on. */
  readonly carried: string | undefined
  /** The saga whose actor this is. */
  readonly saga: SagaIdentity | undefined
}

/** `pressed`: no new trace is begun. */
export function placeOf(message: Traced, opening: Opening, sampling: Sampling, pressed: boolean): Place {
  const startedMs = opening.begins ? opening.nowMs : opening.standing?.startedMs
  // What comes for a saga that is not there belongs to the trace that it comes from: the saga's own may begin later.
  if (opening.kind === "service" || startedMs === undefined)
    return inTraceOf(parseTraceparent(message.trace), message.trace, sampling, pressed)
  const saga = sampling.saga(message.to.service, message.to.key, startedMs)
  const { traceId, rootSpanId, startSpanId } = saga
  // Nearly every record of a saga that was not chosen: nothing has to be taken apart.
  const isPassedOn = message.trace !== undefined && message.trace === saga.carried
  const carried = isPassedOn ? { traceId, spanId: startSpanId, sampled: false } : parseTraceparent(message.trace)
  if (opening.begins) {
    const sampled = saga.sampled && !pressed
    return { traceId, parentSpanId: rootSpanId, spanId: startSpanId, link: carried, sampled, carried: undefined, saga }
  }
  const isOwn = carried?.traceId === traceId
  const kept = sampling.isKeptLate(saga) || (!saga.sampled && !pressed && sampling.isSlow(startedMs, opening.nowMs))
  return {
    traceId,
    parentSpanId: isOwn ? carried.spanId : startSpanId,
    spanId: undefined,
    link: isOwn ? undefined : carried,
    sampled: kept || (isOwn ? carried.sampled : saga.sampled),
    carried: isOwn && carried.spanId === startSpanId ? plainText(message.trace) : undefined,
    saga,
  }
}

function inTraceOf(carried: SpanRef | undefined, text: string | undefined, sampling: Sampling, pressed: boolean): Place {
  const none = { spanId: undefined, link: undefined, saga: undefined }
  if (carried !== undefined)
    return { ...none, traceId: carried.traceId, parentSpanId: carried.spanId, sampled: carried.sampled, carried: plainText(text) }
  const traceId = newTraceId()
  return { ...none, traceId, parentSpanId: undefined, sampled: !pressed && sampling.sampled(traceId), carried: undefined }
}

/** A later version may have more behind it, which is not ours to carry. */
function plainText(trace: string | undefined): string | undefined {
  return trace?.length === 55 ? trace : undefined
}
