// The checker: one verdict over a history, by the invariants that hold for any app.
import type { Expectations, History, Verdict } from "../history.ts"
import { checkAcked, checkRequests, checkWriters } from "./acknowledged.ts"
import { checkGauges, checkHealed } from "./bounds.ts"
import { checkCauses, checkSpans } from "./causes.ts"
import { checkSentBefore } from "./dispatch.ts"
import { checkDecidedOnce, checkNoLateEffect } from "./effects.ts"
import { Findings } from "./findings.ts"
import { readLog } from "./log.ts"
import { checkHandlersSeeStored, checkMailboxes } from "./mailboxes.ts"
import { checkChannels, checkOrderOfRequests, checkOrderOfSources, checkOverlaps } from "./order.ts"
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
  checkOrderOfRequests(log, requests, findings)
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

/** After faults, how late a timer may be is known only if whoever ran it says for how long nobody could act. */
function lateBound({ happenings }: History, { timerLateMsMax = timerLateMsDefault, outageMs }: Expectations): LateMs {
  if (outageMs !== undefined) return timerLateMsMax + outageMs
  return happenings.some(({ type }) => type === "fault") ? undefined : timerLateMsMax
}
