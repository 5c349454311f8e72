// When a schedule ticks: a cron expression in a time zone, or a fixed interval counted from 1970. Pure: the same question
// has the same answer on every machine with the same time zone data.
import * as Cron from "effect/Cron"
import * as Result from "effect/Result"
import { type Duration, durationMs } from "../kernel/duration.ts"
import { describeError, InvalidInput } from "../kernel/fault.ts"
import { limits } from "../kernel/limits.ts"

export type ScheduleTimes = CronTimes | IntervalTimes

export interface CronTimes {
  /** Five fields, or six with seconds first: `"0 3 * * *"`. */
  readonly cron: string
  /** IANA name. Default: UTC. */
  readonly timezone?: string
  /** Local times that come twice when clocks are put back: the first of the two, or both. Default: "first". */
  readonly repeated?: "first" | "both"
}

export interface IntervalTimes {
  /** At multiples of it since 1970 in UTC: `"15 minutes"` ticks at every quarter of an hour. */
  readonly every: Duration
}

export interface Ticks {
  /** The same for the same times. */
  readonly text: string
  /** The first tick after that time. Both in ms since 1970. */
  next(afterMs: number): number
  /** The last tick at or before that time. */
  last(untilMs: number): number
}

/** Throws InvalidInput, naming `where`, on what never ticks, or ticks more often than every `scheduleEveryMs`. */
export function ticksOf(times: ScheduleTimes, where: string): Ticks {
  return "every" in times ? intervalTicks(times, where) : cronTicks(times, where)
}

function intervalTicks({ every }: IntervalTimes, where: string): Ticks {
  const ms = durationMs(every)
  if (ms < limits.scheduleEveryMs)
    throw new InvalidInput(`${where}: it ticks at most every ${limits.scheduleEveryMs} ms, not every ${ms}`)
  return {
    text: `every ${ms} ms`,
    next: (afterMs) => (Math.floor(afterMs / ms) + 1) * ms,
    last: (untilMs) => Math.floor(untilMs / ms) * ms,
  }
}

function cronTicks({ cron: text, timezone = "UTC", repeated = "first" }: CronTimes, where: string): Ticks {
  const parsed = Cron.parse(text, timezone, { onDstOverlap: repeated === "both" ? "both" : "earlier" })
  if (Result.isFailure(parsed)) throw new InvalidInput(`${where}: ${describeError(parsed.failure)}`)
  const cron = parsed.success
  try {
    Cron.next(cron, new Date(0))
  } catch (cause) {
    throw new InvalidInput(`${where}: "${text}" never comes`, { cause })
  }
  return {
    text: `${text} ${timezone} ${repeated}`,
    next: (afterMs) => Cron.next(cron, new Date(afterMs)).getTime(),
    last: (untilMs) => Cron.prev(cron, new Date(untilMs + 1)).getTime(),
  }
}

/** The ticks in (afterMs, untilMs], oldest first: the last `max` of them, and whether there are more. */
export function ticksBetween(ticks: Ticks, afterMs: number, untilMs: number, max: number) {
  const found: number[] = []
  for (let at = ticks.last(untilMs); at > afterMs; at = ticks.last(at - 1)) {
    if (found.length === max) return { ticks: found.toReversed(), more: true }
    found.push(at)
  }
  return { ticks: found.toReversed(), more: false }
}
