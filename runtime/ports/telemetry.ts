// Where spans go. The engine calls it on the hot path, so every call is synchronous, cheap, and never throws;
// ids of spans travel in records as W3C traceparents. One adapter speaks OpenTelemetry; `silent` is the other.
import type { SagaEnd } from "../actor/logic.ts"
import type { Address, Message } from "../message/message.ts"
import type { Outcome } from "../message/outcome.ts"

export interface Telemetry {
  /** Opens the span under which one message is decided, committed and dispatched. */
  process(opening: Opening): ProcessSpan
}

export interface Opening {
  readonly message: Message
  readonly kind: "service" | "saga"
  /** The actor had no state before: for a saga, this is the root of its trace. */
  readonly first: boolean
  /** Nor does it have one because of this message, such as a signal to a saga that was never started. */
  readonly stray?: boolean
  readonly nowMs: number
}

export interface ProcessSpan {
  /** Opens the span of one outgoing message; its traceparent goes into the record. Closed together with this span. */
  send(outgoing: Sending): string | undefined
  /** The traceparent of this span itself, for timers that the decision sets. */
  readonly trace: string | undefined
  /** Called once, after the decision is durable and handed on. */
  end(closing: Closing): void
}

export interface Sending {
  readonly type: "command" | "reply" | "event"
  readonly to: Address
  readonly name: string
  readonly effect?: string
  readonly direction?: "do" | "undo"
}

export interface Closing {
  readonly nowMs: number
  readonly outcome?: Outcome
  readonly ended?: SagaEnd
  /** A monitor raised an alarm of this kind. */
  readonly alarm?: string
  readonly parked?: { readonly code: string; readonly message: string }
}

const silentSpan: ProcessSpan = { send: () => undefined, trace: undefined, end: () => undefined }

/** No telemetry at all. */
export const silent: Telemetry = { process: () => silentSpan }
