// What happens, as lines for people or programs. Ids and codes only, never a payload and never the text of what a handler
// threw: a user's data can be in that. Quiet by default: what an operator has to look at, and nothing else.
import type { CommittedBlock, Observer } from "../delivery/observer.ts"
import type { Fault } from "../kernel/fault.ts"
import { InvalidInput } from "../kernel/fault.ts"
import { parseTraceparent, sagaTrace } from "./saga-trace.ts"

export const logLevels = ["debug", "info", "warn", "error", "off"] as const

export type LogLevel = (typeof logLevels)[number]

export interface LogLine {
  /** ms since 1970. */
  readonly atMs: number
  readonly level: Exclude<LogLevel, "off">
  /** Stable: what programs look for. */
  readonly code: string
  readonly message: string
  /** Ids: `saga`, `key`, `traceId`, `actor`, `partition`, ... */
  readonly fields: Readonly<Record<string, string | number>>
}

export interface LogOptions {
  readonly level: LogLevel
  /** "json": one object a line. "text": for a terminal. */
  readonly format: "json" | "text"
  readonly namespace: string
  readonly app: string
  /** Told each line, with its end. */
  readonly write: (line: string) => void
  /** Told each line as well. */
  readonly also?: ((line: LogLine) => void) | undefined
  readonly nowMs?: () => number
}

type Log = (level: LogLine["level"], code: string, message: string, fields?: LogLine["fields"]) => void

/** Throws InvalidInput for what is no level. */
export function logLevelOf(text: string | undefined): LogLevel | undefined {
  if (text === undefined) return undefined
  const level = logLevels.find((known) => known === text.toLowerCase())
  if (level === undefined) throw new InvalidInput(`the log level is one of ${logLevels.join(", ")}; it was something else`)
  return level
}

/** An observer that writes a line for what happens, and then tells `next`. */
export function loggingObserver(options: LogOptions, next: Observer): Observer {
  const { level: least, write, also, nowMs = Date.now, app } = options
  if (least === "off") return next
  const rank = (level: LogLevel) => logLevels.indexOf(level)
  const log: Log = (level, code, message, fields = {}) => {
    if (rank(level) < rank(least)) return
    const line = { atMs: nowMs(), level, code, message, fields: { app, ...fields } }
    write(`${formatLine(line, options.format)}\n`)
    also?.(line)
  }
  return {
    ...next,
    committed: (block) => {
      logBlock(log, options, block)
      next.committed(block)
    },
    ...partitionLines(log, next),
    ...flowLines(log, next),
  }
}

function logBlock(log: Log, { namespace }: LogOptions, block: CommittedBlock): void {
  const { partition, number, decisions, bytes } = block
  log("debug", "BLOCK", "a block was committed", { partition, block: number, decisions, bytes })
  for (const { saga, key, outcome, reason, startedMs, endedMs } of block.ended) {
    const { traceId, rootSpanId: spanId } = sagaTrace({ namespace, saga, key, startedMs })
    const why = reason === undefined ? {} : { reason }
    const fields = { saga, key, outcome, ...why, tookMs: endedMs - startedMs, traceId, spanId }
    log(outcome === "killed" ? "warn" : "info", "SAGA_ENDED", `a saga ended: ${outcome}`, fields)
  }
  for (const { row, code, trace } of block.setAside) {
    const ids = parseTraceparent(trace)
    const span = ids === undefined ? {} : { traceId: ids.traceId, spanId: ids.spanId }
    log("warn", "PARKED", "it waits for an operator", { partition, actor: row, cause: code, ...span })
  }
  for (const { id, row, code } of block.dropped)
    log("warn", "DROPPED", "a record was given up", { partition, actor: row, record: id, cause: code })
  for (const { monitor, kind } of block.alarms) log("warn", "ALARM", "a monitor raised an alarm", { monitor, kind })
}

function partitionLines(log: Log, next: Observer): Pick<Observer, "fenced" | "owned" | "interrupted" | "broken" | "refused"> {
  const stopped = (level: LogLine["level"], tell: Observer["broken"]) => (partition: number, fault: Fault) => {
    log(level, fault.code, wordsOf(fault), { partition })
    tell(partition, fault)
  }
  return {
    fenced: (partition) => {
      log("info", "FENCED", "another process has taken a partition; this one forgets it", { partition })
      next.fenced(partition)
    },
    owned: (partitions) => {
      log("debug", "OWNED", "this process runs these partitions now", { partitions: partitions.join(" ") })
      next.owned(partitions)
    },
    interrupted: stopped("warn", next.interrupted),
    broken: stopped("error", next.broken),
    refused: stopped("error", next.refused),
  }
}

function flowLines(log: Log, next: Observer): Pick<Observer, "resent" | "unsubscribed" | "breaker" | "handled"> {
  return {
    resent: (records) => {
      log("debug", "RESENT", "records were sent again", { records })
      next.resent(records)
    },
    unsubscribed: (partition, service, fault) => {
      log("error", fault.code, wordsOf(fault), { partition, service })
      next.unsubscribed(partition, service, fault)
    },
    breaker: (service, state) => {
      const what = state === "open" ? "its calls fail, so none are made for a while" : "its calls go out again"
      log(state === "open" ? "warn" : "info", "BREAKER", what, { service, state })
      next.breaker(service, state)
    },
    handled: (handled) => {
      const { service, outcome, tookMs } = handled
      const what = "a handler failed; its record is tried again or parked"
      if (outcome === "faulted") log("info", "HANDLER_FAILED", what, { service, tookMs })
      next.handled(handled)
    },
  }
}

/** A crash's words may quote what could not be read. */
function wordsOf({ code, message }: Fault): string {
  return code === "PARTITION_CRASHED" ? "a partition stopped by an error in the engine" : message
}

function formatLine({ atMs, level, code, message, fields }: LogLine, format: LogOptions["format"]): string {
  const time = new Date(atMs).toISOString()
  if (format === "json") return JSON.stringify({ time, level, code, message, ...fields })
  const rest = Object.entries(fields).map(([name, value]) => `${name}=${shown(value)}`)
  return `${time.slice(11, 23)} ${level.toUpperCase().padEnd(5)} ${code}: ${message}  ${rest.join(" ")}`
}

function shown(value: string | number): string {
  const text = String(value)
  return /^[\w./:-]+$/.test(text) ? text : JSON.stringify(text)
}
