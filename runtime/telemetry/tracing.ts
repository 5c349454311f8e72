// The telemetry port in OpenTelemetry spans, written by ourselves because this is the hot path:
//   place-order                      the whole saga: root of its trace, made when it has ended
//     process place-order.start      its start, linked to the requester's span
//       send inventory.reserve       one per outgoing record; its traceparent travels in the record
//         process inventory.reserve  by the receiver, wherever it runs
// No span is held open longer than one message takes, so a killed process loses spans but no trace. Times come from the
// engine. An unsampled message costs no span: records carry on its traceparent, with the flag 00.
import { silent, type Closing, type Opening, type ProcessSpan, type Sending, type Telemetry } from "../ports/telemetry.ts"
import { activeTrace, callWithin } from "./active-span.ts"
import { names } from "./names.ts"
import { formatTraceparent, isPlainUnsampled, type SpanRef } from "./saga-trace.ts"
import type { Sampling } from "./sampling.ts"
import {
  processAttributes, processForm, sagaAttributes, sagaForm, sendAttributes, sendForm, type Traced,
} from "./span-contents.ts"
import { newSpanId } from "./span-ids.ts"
import { placeOf, type Place } from "./span-place.ts"
import type { AttributeList, SpanEvent, SpanForm, SpanSink, SpanStatus } from "./span-record.ts"

export interface TracingParts {
  /** Messages to other services get no span. */
  readonly services: ReadonlySet<string>
  readonly sampling: Sampling
  readonly sink: SpanSink & { readonly pressed: boolean }
}

export function openTelemetry(parts: TracingParts): Telemetry {
  return {
    active: activeTrace,
    process(opening) {
      const { message } = opening
      if (message.type === "settled" || !parts.services.has(message.to.service)) return silent.process(opening)
      // A service is in the trace that its message carries, and has nothing to find out where that is not recorded.
      if (opening.kind === "service" && isPlainUnsampled(message.trace)) return new Unrecorded(parts, opening, message)
      const place = placeOf(message, opening, parts.sampling, parts.sink.pressed)
      return place.sampled ? new Recorded(parts, opening, message, place) : new Unrecorded(parts, opening, message, place)
    },
  }
}

const nothing: readonly never[] = []

class Recorded implements ProcessSpan {
  readonly trace: string
  readonly #parts: TracingParts
  readonly #opening: Opening
  readonly #message: Traced
  readonly #place: Place
  readonly #spanId: string
  /** Kind of flat: outgoing record, the id of its span. */
  readonly #sends: (Sending | string)[] = []

  constructor(parts: TracingParts, opening: Opening, message: Traced, place: Place) {
    this.#parts = parts
    this.#opening = opening
    this.#message = message
    this.#place = place
    this.#spanId = place.spanId ?? newSpanId()
    this.trace = traceparentOf(place.traceId, this.#spanId)
    if (place.saga !== undefined && !place.saga.sampled) this.#keepLate(place.saga)
  }

  within<Value>(call: () => Value): Value {
    const ref: SpanRef = { traceId: this.#place.traceId, spanId: this.#spanId, sampled: true }
    return callWithin(ref, this.#message.to.service, call)
  }

  send(outgoing: Sending): string {
    const spanId = newSpanId()
    this.#sends.push(outgoing, spanId)
    return traceparentOf(this.#place.traceId, spanId)
  }

  end(closing: Closing): void {
    const { nowMs: startMs, begins } = this.#opening
    const { nowMs: endMs, ended, outcome } = closing
    const { traceId, saga, link } = this.#place
    const message = this.#message
    const { service } = message.to
    const sends = this.#sends
    for (let n = 0; n < sends.length; n += 2) {
      const outgoing = sends[n] as Sending // cast: pairs of a record and an id
      const spanId = sends[n + 1] as string // cast: likewise
      this.#add(sendForm(service, outgoing), [this.#spanId, spanId], [startMs, endMs], sendAttributes(outgoing))
    }
    // A start that was turned away begins no saga, so there will be no root to hang on.
    const isRoot = saga !== undefined && begins && ended === undefined && outcome !== undefined
    this.#parts.sink.add({
      form: processForm(message, this.#opening.kind),
      traceId,
      spanId: this.#spanId,
      parentSpanId: isRoot ? undefined : this.#place.parentSpanId,
      startMs,
      endMs,
      attributes: processAttributes(message, this.#opening, closing),
      status: statusOf(closing),
      links: link === undefined ? nothing : [link],
      events: eventsOf(closing),
    })
    if (saga !== undefined && ended !== undefined) this.#addWholeSaga(saga, ended, endMs)
  }

  /** One span for the whole saga, made when its length is known. One that is taken back later ends a second time. */
  #addWholeSaga(saga: NonNullable<Place["saga"]>, ended: NonNullable<Closing["ended"]>, endMs: number): void {
    const { saga: service, key } = saga.life
    const isAgain = this.#opening.standing?.state === "ended"
    const [parent, spanId] = isAgain ? [saga.rootSpanId, newSpanId()] : [undefined, saga.rootSpanId]
    const status = ended.outcome === "killed" ? { code: 2, message: ended.outcome } : undefined
    const attributes = sagaAttributes(key, !saga.sampled, ended)
    this.#add(sagaForm(service, service), [parent, spanId], [ended.startedMs, endMs], attributes, status)
  }

  /** The start of a saga that was not recorded, so that what is kept of it hangs together. The same from every process. */
  #keepLate(saga: NonNullable<Place["saga"]>): void {
    if (!this.#parts.sampling.keepLate(saga) || this.#opening.begins) return
    const { saga: service, key, startedMs } = saga.life
    const form = sagaForm(service, `${service} ${names.span.started}`)
    this.#add(form, [saga.rootSpanId, saga.startSpanId], [startedMs, startedMs], sagaAttributes(key, true))
  }

  #add(
    form: SpanForm,
    [parentSpanId, spanId]: readonly [string | undefined, string],
    [startMs, endMs]: readonly [number, number],
    attributes: AttributeList,
    status?: SpanStatus,
  ): void {
    const { traceId } = this.#place
    this.#parts.sink.add({
      form, traceId, spanId, parentSpanId, startMs, endMs, attributes, status, links: nothing, events: nothing,
    })
  }
}

/** Of a trace that is not recorded, until something happens that is worth keeping. */
class Unrecorded implements ProcessSpan {
  readonly #parts: TracingParts
  readonly #opening: Opening
  readonly #message: Traced
  /** Found out when it is needed. */
  #place: Place | undefined
  #kept: Recorded | undefined
  #trace: string | undefined

  constructor(parts: TracingParts, opening: Opening, message: Traced, place?: Place) {
    this.#parts = parts
    this.#opening = opening
    this.#message = message
    this.#place = place
  }

  get trace(): string {
    return this.#kept?.trace ?? this.#passedOn()
  }

  within<Value>(call: () => Value): Value {
    return callWithin(this.#ref(), this.#message.to.service, call)
  }

  send(outgoing: Sending): string {
    // The saga turns back, or is about to hear why it will.
    const turns = outgoing.failed === true || (outgoing.direction === "undo" && this.#placed.saga !== undefined)
    if (turns) this.#keep()
    return this.#kept?.send(outgoing) ?? this.#passedOn()
  }

  end(closing: Closing): void {
    const { ended, parked, nowMs } = closing
    const isBad = ended !== undefined && ended.outcome !== "completed"
    const isSlow = ended !== undefined && this.#parts.sampling.isSlow(ended.startedMs, nowMs)
    if (parked !== undefined || isBad || isSlow) this.#keep()
    this.#kept?.end(closing)
  }

  /** Not what was left out because of pressure: that would make the pressure worse. */
  #keep(): void {
    const { sampling, sink } = this.#parts
    if (this.#kept !== undefined || sink.pressed || sampling.sampled(this.#placed.traceId)) return
    this.#kept = new Recorded(this.#parts, this.#opening, this.#message, { ...this.#placed, sampled: true })
  }

  /** Made once: a decision may send many records, and set timers. */
  #passedOn(): string {
    if (this.#trace === undefined) {
      const carried = this.#place === undefined ? this.#message.trace : this.#place.carried
      this.#trace = carried ?? formatTraceparent(this.#ref())
    }
    return this.#trace
  }

  get #placed(): Place {
    const { sampling, sink } = this.#parts
    return (this.#place ??= placeOf(this.#message, this.#opening, sampling, sink.pressed))
  }

  /** Whoever records a part of this trace later hangs it on the start of the saga, which is recorded then too. */
  #ref(): SpanRef {
    const { traceId, parentSpanId, spanId, saga } = this.#placed
    return { traceId, spanId: saga?.startSpanId ?? spanId ?? parentSpanId ?? newSpanId(), sampled: false }
  }
}

function traceparentOf(traceId: string, spanId: string): string {
  return `00-${traceId}-${spanId}-01`
}

/** A refusal is business and leaves the status unset; what could not be decided, and what waits for an operator, is an error. */
function statusOf({ outcome, parked, failure }: Closing): SpanStatus | undefined {
  const code = parked?.code ?? failure?.code ?? (outcome?.type === "faulted" ? outcome.code : undefined)
  // The code, not the fault's message: a user's data may be in that.
  return code === undefined ? undefined : { code: 2, message: code }
}

function eventsOf({ failure, nowMs }: Closing): readonly SpanEvent[] {
  if (failure === undefined) return nothing
  const { exception } = names
  return [
    { name: exception.event, timeMs: nowMs, attributes: [exception.type, failure.code, exception.stack, failure.frames] },
  ]
}
