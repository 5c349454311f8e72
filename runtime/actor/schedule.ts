// Commands at certain times: `schedule(name, { cron, timezone } | { every }, options, (tick) => command)`. A schedule is
// deployed in an app like a service. The definition in the code is the truth: changed times hold from the next start on.
import { type Duration, durationMs } from "../kernel/duration.ts"
import { InvalidInput } from "../kernel/fault.ts"
import { limits } from "../kernel/limits.ts"
import { type Command, makeCommand } from "../message/contract.ts"
import { checkName } from "../message/key.ts"
import type { ActorLogic } from "./logic.ts"
import { backfillSchema } from "./schedule-backfill.ts"
import { scheduleLogic } from "./schedule-logic.ts"
import type { Tick } from "./schedule-row.ts"
import { type ScheduleTimes, ticksOf } from "./schedule-times.ts"

export interface ScheduleOptions {
  /** A tick that comes while a run is under way is left out, waits for its end, or runs beside it. Default: "skip". */
  readonly overlap?: "skip" | "queue" | "allow"
  /** Of ticks that were due while nobody ran the app: none, the last, or all up to `scheduleCatchUpMax`. Default: "last". */
  readonly catchUp?: "none" | "last" | "all"
  /** A run without an answer counts as over after this time. Default: 1 hour. */
  readonly timeout?: Duration
}

export interface Schedule {
  readonly name: string
  readonly logic: ActorLogic
  /** No ticks until it is resumed; what runs goes on. */
  pause(): Command<null>
  /** Ticks again, from now on. */
  resume(): Command<null>
  /** Runs once now, also when it is paused. Refused as "running" if a run is under way and `overlap` is "skip". */
  trigger(): Command<null>
  /** Runs for the ticks between two times (ms since 1970, both included), one after the other. Refused as "too-many". */
  backfill(fromMs: number, toMs: number): Command<{ readonly ticks: number }>
  /** The next ticks after a time, in ms since 1970. */
  nextTicks(count: number, afterMs: number): readonly number[]
}

/** `command` is called once for each run, and is pure. Throws InvalidInput on a bad name, time or option. */
export function schedule(
  name: string,
  times: ScheduleTimes,
  options: ScheduleOptions,
  command: (tick: Tick) => Command,
): Schedule {
  checkName("schedule", name)
  const where = `schedule ${name}`
  const { overlap = "skip", catchUp = "last", timeout = limits.scheduleTimeoutMs } = options
  const timeoutMs = durationMs(timeout)
  if (timeoutMs === 0) throw new InvalidInput(`${where}: a timeout is longer than 0`)
  const ticks = ticksOf(times, where)
  const plain = (word: string) => makeCommand<null, null>({ service: name, name: word, schema: undefined }, name, null)
  return {
    name,
    logic: scheduleLogic({ name, ticks, overlap, catchUp, timeoutMs, command }),
    pause: () => plain("pause"),
    resume: () => plain("resume"),
    trigger: () => plain("trigger"),
    backfill: (fromMs, toMs) =>
      makeCommand({ service: name, name: "backfill", schema: backfillSchema }, name, { fromMs, toMs }),
    nextTicks(count, afterMs) {
      const found: number[] = []
      for (let at = ticks.next(afterMs); found.length < count; at = ticks.next(at)) found.push(at)
      return found
    },
  }
}
