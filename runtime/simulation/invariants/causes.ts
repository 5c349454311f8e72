// I14: everything that is sent goes back to something that a client asked for; and spans of one saga are one trace.
import { addressText, type Message } from "../../message/message.ts"
import type { History, SpanHappening } from "../history.ts"
import type { Findings } from "./findings.ts"
import { blockName } from "./journals.ts"
import type { Log } from "./log.ts"
import type { RequestOf } from "./requests.ts"

export function checkCauses(log: Log, requests: ReadonlyMap<string, RequestOf>, findings: Findings): void {
  if (requests.size === 0) return
  const known = new Set(requests.keys())
  const told = new Set<string>()
  for (const journal of log.journals.values()) {
    for (const { entry, block } of journal.places) {
      for (const [, number, message] of entry.out ?? []) {
        findings.saw("causes")
        const cause = firstCause(message)
        if (cause === "none needed" || known.has(cause) || isOfTimer(cause) || told.has(cause)) continue
        told.add(cause)
        const why = cause === "" ? "names no first cause" : `has ${cause} as its first cause, which nobody asked for`
        const what = `the ${message.type} for ${addressText(message.to)}, record ${number} in ${blockName(block)}, ${why}`
        findings.add("I14", cause === "" ? blockName(block) : cause, `${what}; expected a client's request`, message)
      }
    }
  }
}

function firstCause(message: Message): string {
  if (message.type === "settled") return "none needed"
  // An event that was published from outside is a first cause itself.
  const isForeign = message.type === "event" && message.foreign === true
  return message.correlation ?? (isForeign ? message.id : "")
}

/** What an actor does by itself, such as a schedule, is caused by a timer of its own: `service/key name due`. */
function isOfTimer(correlation: string): boolean {
  return /^[^ ]+\/.* [^ ]+ \d+$/.test(correlation)
}

/** Orphans among spans that a run may have: what a process that was killed had not exported. */
const orphansMax = 0.01

export function checkSpans({ happenings }: History, findings: Findings): void {
  const spans = happenings.filter((happening): happening is SpanHappening => happening.type === "span")
  if (spans.length === 0) return
  findings.saw("spans", spans.length)
  const ids = new Set(spans.map(({ trace, span }) => `${trace} ${span}`))
  const orphans = spans.filter(({ trace, parent }) => parent !== undefined && !ids.has(`${trace} ${parent}`))
  if (orphans.length / spans.length > orphansMax) {
    const [first] = orphans
    const what = `${orphans.length} of ${spans.length} spans have a parent that is not there, such as ${first?.span}`
    findings.add("I14", first?.span ?? "", `${what}; expected 1 % at most`, ...orphans)
  }
  const traces = new Map<string, string>()
  for (const span of spans) {
    if (span.saga === undefined) continue
    const trace = traces.get(span.saga)
    if (trace !== undefined && trace !== span.trace) {
      const what = `saga ${span.saga} is told in trace ${trace} and in trace ${span.trace}`
      findings.add("I14", span.saga, `${what}; expected one`, span)
    }
    traces.set(span.saga, trace ?? span.trace)
  }
}
