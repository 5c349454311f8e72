// What the engine tells a handler.

/** What a handler may know besides its state and payload. */
export interface HandlerContext {
  readonly key: string
  /** The decision's time in ms since 1970; a pure handler reads no other clock. */
  readonly nowMs: number
  /** The same for every attempt at the same effect. */
  readonly idempotencyKey: string
}
