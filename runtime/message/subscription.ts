// A service's subscription to events, as each partition of its app has one (R22, R23). Every service is a consumer group of
// its own: it has its own beginning, and can be reset without another service noticing.

import { InvalidInput } from "../kernel/fault.ts"

/** Where a service begins to read events. A time is RFC 3339 text, or ms since 1970. */
export type EventsFrom = "beginning" | "now" | { readonly since: string | number }

/** The same with its time read: ms since 1970. */
export type StartAt = "beginning" | "now" | { readonly sinceMs: number }

/** Reads a time. Throws InvalidInput, naming `where`, on what is none. */
export function startAt(from: EventsFrom, where: string): StartAt {
  if (from === "beginning" || from === "now") return from
  const { since } = from
  const sinceMs = typeof since === "number" ? since : Date.parse(since)
  if (Number.isSafeInteger(sinceMs) && sinceMs >= 0) return { sinceMs }
  throw new InvalidInput(`${where}: since ${JSON.stringify(since)} is no time: RFC 3339 text, or ms since 1970`)
}

/** Positions are those of the stream. */
export interface Subscription {
  /** Identity of the stream that its positions belong to. */
  readonly stream: string
  /** Counts from 1; each reset begins the next one. */
  readonly generation: number
  /** Where it is to begin, until that is known as a position. */
  readonly from?: StartAt
  /** Behind this position it gets what the partition's main reader reads. */
  readonly joined?: number
  /** A reader of its own reads what is behind `after`; once it has joined, up to that position. */
  readonly catchUp?: { readonly after: number }
  /** What is up to here was done by an earlier generation and is only repeated: nothing leaves the service. */
  readonly silentTo?: number
  /** A rebuild under way, to this generation: nothing is delivered. "wiped": no actor has a state any more. */
  readonly rebuild?: { readonly generation: number; readonly phase: "paused" | "wiped" }
  /** Events behind this position left the stream before they were read: nothing is delivered until it is reset. */
  readonly stopped?: { readonly position: number; readonly why: string }
}

/** What one entry of the journal changes of a partition's subscriptions. */
export interface EventsChange {
  readonly subscriptions?: readonly (readonly [service: string, Subscription])[]
  /** All up to this position of the stream has been read, though it may hold nothing for this partition. */
  readonly readTo?: number
  /** Inbound channels that are read no more. */
  readonly forget?: readonly string[]
  /** The service whose actors, and whatever waits or is parked for them, are gone. */
  readonly wipe?: string
}

export type SubscriptionState = "live" | "catching up" | "rebuilding" | "stopped"

export function stateOf({ joined, catchUp, rebuild, stopped }: Subscription): SubscriptionState {
  if (stopped !== undefined) return "stopped"
  if (rebuild !== undefined) return "rebuilding"
  return joined === undefined || catchUp !== undefined ? "catching up" : "live"
}

/** Whether what the main reader finds at this position is delivered to the service. */
export function takesFromMain({ joined, rebuild, stopped }: Subscription, position: number): boolean {
  return rebuild === undefined && stopped === undefined && joined !== undefined && position > joined
}
