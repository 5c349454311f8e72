// I6: what is for one key is handled one at a time, in order.
import type { HandlingHappening, History } from "../history.ts"
import type { Findings } from "./findings.ts"
import { addressText } from "../../message/message.ts"
import { blockName } from "./journals.ts"
import type { Log } from "./log.ts"
import type { RequestOf } from "./requests.ts"

/**
 * What one client sent to an actor before another request was even made is decided before it. `keptFrom`: the place in the
 * history from which on nothing that was accepted is lost: what was accepted before may be gone, and stored by another try later.
 */
export function checkOrderOfRequests(
  log: Log,
  requests: ReadonlyMap<string, RequestOf>,
  keptFrom: number,
  findings: Findings,
): void {
  for (const [row, effects] of log.order) {
    let earliest: { readonly acceptedAt: number; readonly effect: string } | undefined
    for (const effect of new Set(effects.toReversed())) {
      const request = requests.get(effect)
      if (request === undefined) continue
      findings.saw("requests in order")
      const { invokedAt, acceptedAt } = request
      if (earliest !== undefined && earliest.acceptedAt < invokedAt) {
        const what = `${row} decided ${effect} before ${earliest.effect}, which had been accepted before the other was sent`
        findings.add("I6", effect, `${what}; expected the order in which they were sent`, ...request.happenings.slice(0, 2))
      }
      // Retried: which of the tries was stored when is not known.
      const isOneTry = request.happenings.filter(({ phase }) => phase === "invoke").length === 1
      const isKept = acceptedAt !== undefined && acceptedAt >= keptFrom
      if (isKept && isOneTry && (earliest === undefined || acceptedAt < earliest.acceptedAt)) earliest = { acceptedAt, effect }
    }
  }
}

/** Records of one source reach an actor in the order of their numbers. */
export function checkOrderOfSources({ journals }: Log, findings: Findings): void {
  for (const journal of journals.values()) {
    const last = new Map<string, number>()
    for (const { entry, block, row: own } of journal.places) {
      const record = own === "" ? entry.parked?.record : undefined
      const row = record === undefined ? own : addressText(record.to)
      if (row === "") continue
      for (const [channel, number] of entry.from) {
        const id = `${row} ${channel}`
        const before = last.get(id) ?? 0
        findings.saw("records in order")
        if (number < before) {
          const what = `${row} took record ${number} of channel ${channel} in ${blockName(block)}, after ${before}`
          findings.add("I6", `${channel}#${number}`, `${what}; expected the order in which they were sent`, entry)
        }
        last.set(id, Math.max(before, number))
      }
    }
  }
}

/** In one life of a process an actor has one handler under way. */
export function checkOverlaps({ happenings }: History, findings: Findings): void {
  const open = new Map<string, HandlingHappening>()
  for (const happening of happenings) {
    if (happening.type !== "handling") continue
    const { phase, process, app, actor, record } = happening
    const id = `${process} ${app} ${actor}`
    const other = open.get(id)
    if (phase === "ended") open.delete(id)
    else {
      findings.saw("handlings")
      if (other !== undefined) {
        const what = `${process} began to handle ${record} for ${actor} while ${other.record} was under way`
        findings.add("I6", actor, `${what}; expected one handler of a key at a time`, other, happening)
      }
      open.set(id, happening)
    }
  }
}
