// The checker: one verdict over a history, by the invariants that hold for any app.
import type { Expectations, FaultHappening, History, Verdict } from "../history.ts"
import { checkAcked, checkRequests, checkWriters } from "./acknowledged.ts"
import { checkGauges, checkHealed } from "./bounds.ts"
import { checkCauses, checkSpans } from "./causes.ts"
import { checkSentBefore } from "./dispatch.ts"
import { checkDecidedOnce, checkNoLateEffect } from "./effects.ts"
import { checkChannels } from "./channels.ts"
import { Findings } from "./findings.ts"
import { readLog } from "./log.ts"
import { checkHandlersSeeStored, checkMailboxes } from "./mailboxes.ts"
import { checkOrderOfRequests, checkOrderOfSources, checkOverlaps } from "./order.ts"
import { checkNewsBeforeTimers } from "./news.ts"
import { checkOwners } from "./owners.ts"
import { checkFaultedParked, checkGarbageParked } from "./parked.ts"
import { checkNothingLeft, checkRows, replayed } from "./replay.ts"
import { requestsOf } from "./requests.ts"
import { checkEnds, checkUndoOrder } from "./sagas.ts"
import { checkOverdue, checkTimersInLog, checkTimersSeen, type LateMs } from "./timers.ts"

const timerLateMsDefault = 2_000

/** Linear in the history, and pure. `findings` may hold what was found elsewhere already. */
export function checkHistory(history: History, expectations: Expectations = {}, findings: Findings = new Findings()): Verdict {
  const { settled = isSettled(history), ackedMayBeLost = false, sagasMayPark = [], gaugesMax = {} } = expectations
  const lateMs = lateBound(history, expectations)
  const log = readLog(history)
  const requests = requestsOf(history)
  checkEnds(log, requests, { settled, ackedMayBeLost, mayPark: sagasMayPark }, findings)
  checkDecidedOnce(log, findings)
  checkUndoOrder(log, findings)
  checkNoLateEffect(log, findings)
  checkOrderOfRequests(log, requests, ackedMayBeLost ? lastPowerCut(history) : 0, findings)
  checkChannels(log, findings)
  if (expectations.hasPriorities !== true) checkOrderOfSources(log, findings)
  checkOverlaps(history, findings)
  checkMailboxes(log, findings)
  checkHandlersSeeStored(history, findings)
  checkFaultedParked(log, findings)
  if (!ackedMayBeLost) checkSentBefore(history, findings)
  checkOwners(history, findings)
  checkAcked(history, log, { settled, ackedMayBeLost }, findings)
  if (!ackedMayBeLost) checkRequests(history, log, requests, { settled, ackedMayBeLost }, findings)
  checkWriters(history, log, findings)
  checkTimersSeen(history, lateMs, findings)
  checkTimersInLog(log, findings)
  checkNewsBeforeTimers(history, findings)
  const partitions = replayed(log, findings)
  checkRows(history, partitions, findings)
  if (settled) {
    checkNothingLeft(history, partitions, findings)
    checkGarbageParked(history, log, findings)
    checkOverdue(partitions, lateMs, findings)
  }
  checkGauges(history, gaugesMax, findings)
  checkHealed(history, expectations.settledWithinMs, findings)
  checkCauses(log, requests, findings)
  checkSpans(history, findings)
  return findings.verdict()
}

function isSettled({ happenings }: History): boolean {
  return happenings.some((happening) => happening.type === "phase" && happening.phase === "settled")
}

/** The place of the last power cut: what is accepted behind it stays, in any mode. */
function lastPowerCut({ happenings }: History): number {
  return happenings.findLastIndex((happening) => happening.type === "fault" && happening.kind === "power cut") + 1
}

/** After the last fault a partition may need so long to find an owner and to go on. */
const recoveryMs = 30_000

/** How late a timer may be: by as much as nobody may have been able to act. Where clocks were set nothing can be said. */
function lateBound({ happenings }: History, { timerLateMsMax = timerLateMsDefault, outageMs }: Expectations): LateMs {
  if (outageMs !== undefined) return timerLateMsMax + outageMs
  const faults = happenings.filter((happening): happening is FaultHappening => happening.type === "fault")
  const [first] = faults
  if (first === undefined) return timerLateMsMax
  if (faults.some(({ kind }) => kind.includes("clock"))) return undefined
  return timerLateMsMax + recoveryMs + Math.max(...faults.map(({ atMs }) => atMs)) - first.atMs
}
