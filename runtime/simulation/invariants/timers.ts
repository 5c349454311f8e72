// I11: a timer comes to its actor at its time or later, not much later, and counts once.
import type { Partition } from "../../delivery/partition.ts"
import type { History } from "../history.ts"
import type { Findings } from "./findings.ts"
import { blockName, type Place } from "./journals.ts"
import type { Log } from "./log.ts"

/** How much later than its time a timer may come; undefined: clocks were set, so nothing can be said. */
export type LateMs = number | undefined

export function checkTimersSeen({ happenings }: History, lateMs: LateMs, findings: Findings): void {
  for (const happening of happenings) {
    if (happening.type !== "timer") continue
    findings.saw("timers fired")
    const { actor, name, dueMs, nowMs, process } = happening
    if (nowMs < dueMs) {
      const what = `timer ${name} of ${actor} came ${dueMs - nowMs} ms early, at ${nowMs} instead of ${dueMs}, in ${process}`
      findings.add("I11", actor, `${what}; expected never early`, happening)
    }
    if (lateMs === undefined || nowMs - dueMs <= lateMs) continue
    const what = `timer ${name} of ${actor} came ${nowMs - dueMs} ms late, at ${nowMs} instead of ${dueMs}, in ${process}`
    findings.add("I11", actor, `${what}; expected ${lateMs} ms at most`, happening)
  }
}

/** In the log: a timer is decided when it is set, and its time has come by the block's own clock. */
export function checkTimersInLog({ journals }: Log, findings: Findings): void {
  for (const journal of journals.values()) {
    if (journal.blocks[0]?.block.number !== 0) continue
    const set = new Map<string, number>()
    for (const place of journal.places) {
      const { row, entry } = place
      if (entry.by?.type === "timer") checkDecided(place, set, findings)
      for (const timer of entry.timers ?? []) {
        if (timer.type === "set") set.set(`${row} ${timer.name}`, timer.dueMs)
        else set.delete(`${row} ${timer.name}`)
      }
    }
  }
}

/** What comes out of a mailbox was looked at when it went in. */
function checkDecided({ entry: { by, took }, block, row }: Place, set: Map<string, number>, findings: Findings): void {
  if (by?.name === undefined || took !== undefined) return
  const dueMs = set.get(`${row} ${by.name}`)
  findings.saw("timers in logs")
  if (dueMs !== undefined && block.block.atMs >= dueMs) return
  const where = `timer ${by.name} of ${row} was decided at ${block.block.atMs} in ${blockName(block)}`
  if (dueMs === undefined) findings.add("I11", row, `${where} and was not set, or not any more; expected one effect of it`)
  else findings.add("I11", row, `${where} and was due at ${dueMs}; expected never early`)
}

/** At rest: what was due long before the journal's last block has come. */
export function checkOverdue(partitions: ReadonlyMap<string, Partition>, lateMs: LateMs, findings: Findings): void {
  if (lateMs === undefined) return
  for (const { app, index, rows, atMs } of partitions.values()) {
    for (const [row, { timers }] of rows) {
      for (const [name, { dueMs }] of timers) {
        if (dueMs + lateMs >= atMs) continue
        const what = `timer ${name} of ${row} in ${app} partition ${index} was due at ${dueMs} and has not come by ${atMs}`
        findings.add("I11", row, `${what}; expected it ${lateMs} ms later at most`)
      }
    }
  }
}
