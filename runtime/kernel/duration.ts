// Durations as people write them ("30 seconds") or as milliseconds.
import { InvalidInput } from "./fault.ts"

const unitsMs = {
  milli: 1, millis: 1, second: 1_000, seconds: 1_000, minute: 60_000, minutes: 60_000,
  hour: 3_600_000, hours: 3_600_000, day: 86_400_000, days: 86_400_000,
} as const

type Unit = keyof typeof unitsMs
/** `"30 seconds"`, `"200 millis"`, or a number of milliseconds. */
export type Duration = number | `${number} ${Unit}`

/** Whole milliseconds, zero or more. Throws InvalidInput on anything else. */
export function durationMs(duration: Duration): number {
  const ms = typeof duration === "number" ? duration : parse(duration)
  if (!Number.isSafeInteger(ms) || ms < 0) {
    throw new InvalidInput(`duration ${JSON.stringify(duration)} is not a whole number of milliseconds from 0 up`)
  }
  return ms
}

function parse(text: string): number {
  const [amount, unit] = text.split(" ")
  const factor = Object.hasOwn(unitsMs, unit ?? "") ? unitsMs[unit as Unit] : undefined // cast: the line before looked it up
  if (amount === undefined || amount === "" || factor === undefined) {
    throw new InvalidInput(`duration ${JSON.stringify(text)} is not like "30 seconds" (${Object.keys(unitsMs).join(", ")})`)
  }
  return Math.round(Number(amount) * factor)
}
