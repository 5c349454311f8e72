// Where spans go. The engine calls it on the hot path, so every call is synchronous, cheap, and never throws;
// ids of spans travel in records as W3C traceparents. One adapter speaks OpenTelemetry; `silent` is the other.
import type { SagaEnd, Standing } from "../actor/logic.ts"
import type { Address, Message } from "../message/message.ts"
import type { Outcome } from "../message/outcome.ts"

export interface Telemetry {
  /** Opens the span under which one message is decided, committed and dispatched. */
  process(opening: Opening): ProcessSpan
  /** The traceparent of the span that the caller runs under. */
  active?: () => string | undefined
}

export interface Opening {
  readonly message: Message
  readonly kind: "service" | "saga"
  /** The message begins this actor: for a saga, its trace. */
  readonly begins: boolean
  /** Of a saga: how it stood before. */
  readonly standing?: Standing | undefined
  /** Which call of the handler this is, where it may be called more often. */
  readonly attempt?: number
  readonly nowMs: number
}

export interface ProcessSpan {
  /** Opens the span of one outgoing message; its traceparent goes into the record. Closed together with this span. */
  send(outgoing: Sending): string | undefined
  /** The traceparent of this span itself, for timers that the decision sets. */
  readonly trace: string | undefined
  /** Calls user code, so that spans which that makes are children of this one, however asynchronous it is. */
  within<Value>(call: () => Value): Value
  /** Called once the decision is durable and handed on. */
  end(closing: Closing): void
}

export interface Sending {
  readonly type: "command" | "reply" | "event"
  readonly to: Address
  readonly name: string
  readonly effect?: string
  readonly direction?: "do" | "undo"
  /** A reply that says that it was not done. */
  readonly failed?: boolean
}

export interface Closing {
  readonly nowMs: number
  readonly outcome?: Outcome
  readonly ended?: SagaEnd
  /** A monitor raised an alarm of this kind. */
  readonly alarm?: string
  readonly parked?: { readonly code: string; readonly message: string }
  /** What was thrown: its code, and the lines of its stack without its message, which a user's data can be in. */
  readonly failure?: { readonly code: string; readonly frames: string }
}

const silentSpan: ProcessSpan = { send: () => undefined, trace: undefined, within: (call) => call(), end: () => undefined }

/** No telemetry at all. */
export const silent: Telemetry = { process: () => silentSpan }
