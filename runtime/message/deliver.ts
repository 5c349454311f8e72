// When, until when and how urgently an event is handed to the actors that react to it.
import { InvalidInput } from "../kernel/fault.ts"
import type { Event } from "./contract.ts"
import type { Timing } from "./message.ts"

/**
 * The same event, with a word on its delivery: `deliver(OrderReminder({ ... }), { dueMs: nowMs + 3_600_000 })`. It is
 * published at once; whoever reacts keeps it durable until it is due, parks it if it came too late, and takes it before
 * others if it is urgent. Throws InvalidInput.
 */
export function deliver<Payload>(event: Event<Payload>, timing: Timing): Event<Payload> {
  checkTiming(timing, `event ${event.name}`)
  return { ...event, ...timing }
}

/** Throws InvalidInput, naming `what`, unless times are whole milliseconds and the priority is one. */
export function checkTiming({ dueMs, expiresMs, priority }: Timing, what: string): void {
  for (const [name, value] of [["dueMs", dueMs], ["expiresMs", expiresMs]] as const) {
    if (value === undefined || (Number.isSafeInteger(value) && value >= 0 && value <= timeMsMax)) continue
    throw new InvalidInput(`${what}: ${name} ${value} is not a time in whole milliseconds since 1970`)
  }
  if (priority !== undefined && priority !== "high")
    throw new InvalidInput(`${what}: priority ${JSON.stringify(priority)} is not "high"`)
}

/** The last time that has a text. */
const timeMsMax = 8_640_000_000_000_000
