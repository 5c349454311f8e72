// What the engine tells a handler.

/** What a handler may know besides its state and payload. */
export interface HandlerContext {
  readonly key: string
  /** The decision's time in ms since 1970; a pure handler reads no other clock. */
  readonly nowMs: number
  /** The same for every attempt at the same effect. */
  readonly idempotencyKey: string
  /**
   * What everything that this handling sends will carry: the id of the first cause of all, such as a client's request, and
   * the id of the record that is being handled.
   */
  readonly cause: { readonly correlation: string; readonly causation: string }
}
