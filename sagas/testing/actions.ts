// What may happen to a saga in a test, besides what its participants do by themselves.
import type { Command, Event } from "../../runtime/message/contract.ts"
import type { TimePasses } from "../../runtime/testing/time-passes.ts"

/** A command to the saga, such as `placeOrder.cancel("o-1")`, an event that it may wait for, time, or one of the actions. */
export type Happening = Command | Event | TimePasses | Action

export type Action =
  | { readonly type: "start" }
  | { readonly type: "crash" }
  | { readonly type: "signal"; readonly wait: string; readonly payload: unknown }
  | { readonly type: "complete"; readonly wait: string; readonly payload: unknown }
  | { readonly type: "cancel" }

/** It is started with its input. */
export function start(): Action {
  return { type: "start" }
}

/** Its process crashes and another one reads back what was stored; whatever was under way to it comes again. */
export function crash(): Action {
  return { type: "crash" }
}

/** A signal comes for the wait of that name. */
export function signal(wait: string, payload: unknown = null): Action {
  return { type: "signal", wait, payload }
}

/** Somebody who was given its token completes the wait of that name. */
export function complete(wait: string, payload: unknown = null): Action {
  return { type: "complete", wait, payload }
}

/** Somebody cancels it. */
export function cancel(): Action {
  return { type: "cancel" }
}
