// I2: each accepted saga ends once, and as its client was told. I4: undo is the strict reverse of do, one after the other.
import { parseAddress } from "../../message/message.ts"
import { endOf, type Log, memberOf } from "./log.ts"
import type { Findings } from "./findings.ts"
import type { RequestOf } from "./requests.ts"
import { blockName, type Place } from "./journals.ts"

export interface SagaLimits {
  readonly settled: boolean
  /** What was answered may be lost too. */
  readonly ackedMayBeLost: boolean
  readonly mayPark: readonly string[]
}

export function checkEnds(log: Log, requests: ReadonlyMap<string, RequestOf>, limits: SagaLimits, findings: Findings): void {
  const rejected = new Set<string>()
  const started = new Set<string>()
  for (const request of requests.values()) {
    if (request.kind !== "start") continue
    findings.saw("starts")
    const isStored = request.acceptedAt !== undefined || request.isUnknown || !isRejected(request)
    if (isStored) started.add(request.to)
    else rejected.add(request.to)
    if (request.acceptedAt !== undefined) checkAccepted(log, request, limits, findings)
  }
  for (const [saga, places] of log.sagas) checkOneEnd(saga, places, findings)
  for (const saga of rejected) {
    if (started.has(saga) || !log.sagas.has(saga)) continue
    const what = `saga ${saga} runs although every start of it was rejected; expected none`
    findings.add("I2", saga, what, log.sagas.get(saga)?.[0]?.entry)
  }
}

function isRejected({ happenings }: RequestOf): boolean {
  return happenings.at(-1)?.phase === "rejected"
}

function checkAccepted(log: Log, request: RequestOf, limits: SagaLimits, findings: Findings): void {
  const { settled, mayPark, ackedMayBeLost } = limits
  const { to, answer } = request
  const places = log.sagas.get(to)
  const last = places?.findLast(({ entry }) => entry.state !== undefined)
  const end = endOf(last?.entry.state)
  if (!ackedMayBeLost && answer?.type === "done" && end?.text !== JSON.stringify(answer.value)) {
    const found = end === undefined ? "its journal has no end of it" : `its journal says ${end.text}`
    const what = `saga ${to} was told to have ended as ${JSON.stringify(answer.value)}, and ${found}`
    findings.add("I2", to, what, request.happenings.at(-1), last?.entry)
  }
  if (!settled || end !== undefined || answer?.type === "refused") return
  if (places === undefined)
    return findings.add("I2", to, `saga ${to} was accepted and never began; expected one end of it`, ...request.happenings)
  const parked = memberOf(memberOf(last?.entry.state, "parked"), "code")
  // A code, or a code of one saga only.
  const codes = typeof parked === "string" ? [parked, `${parseAddress(to).service} ${parked}`] : []
  if (codes.some((code) => mayPark.includes(code))) return findings.saw(`sagas parked ${codes[0]}`)
  const stands = typeof parked === "string" ? `is parked (${parked})` : "has not ended, nor is it parked"
  findings.add("I2", to, `saga ${to} was accepted and ${stands} when all was at rest; expected an end`, last?.entry)
}

/** It ends at most once, and nothing follows its end but its being forgotten. */
function checkOneEnd(saga: string, places: readonly Place[], findings: Findings): void {
  let ended: string | undefined
  for (const { entry, block } of places) {
    if (entry.state === undefined) continue
    const end = endOf(entry.state)
    if (ended !== undefined && end?.text !== ended) {
      const what = end === undefined ? "goes on" : `ends again as ${end.text}`
      findings.add("I2", saga, `saga ${saga} had ended as ${ended} and ${what} in ${blockName(block)}; expected one end`, entry)
    }
    if (ended === undefined && end !== undefined) findings.saw(`sagas ${end.outcome}`)
    ended = end?.text ?? ended
  }
}

/** What is under way of one saga's undoing. */
interface Undoing {
  /** Effects in the order in which they were sent, by number. */
  readonly begun: Map<string, number>
  /** Undo effects that are sent and not answered, and all that were ever sent. */
  readonly open: Set<string>
  readonly sent: Map<string, string>
  /** Number of the effect that was undone last on the way back, and how many had been begun then. */
  last: number | undefined
}

export function checkUndoOrder(log: Log, findings: Findings): void {
  for (const [saga, places] of log.sagas) {
    const undoing: Undoing = { begun: new Map(), open: new Set(), sent: new Map(), last: undefined }
    for (const place of places) checkEntry(saga, undoing, place, findings)
  }
}

/** What operators may do to an undo that is under way. */
const operatorOrders = new Set(["abandonUndo", "skipStep", "compensate", "kill", "revert"])

function checkEntry(saga: string, undoing: Undoing, { entry, block }: Place, findings: Findings): void {
  const { by, out = [], state } = entry
  if (by?.type === "reply" && by.id !== undefined && by.outcome === "done") undoing.open.delete(by.id)
  if (by?.type === "command" && operatorOrders.has(by.name ?? "")) undoing.open.clear()
  const isOnWayBack = memberOf(state, "failure") !== undefined
  for (const [, , message] of out) {
    if (message.type !== "command") continue
    const { effect, direction, undoes } = message
    if (direction === "do") {
      if (!undoing.begun.has(effect)) undoing.begun.set(effect, undoing.begun.size)
      continue
    }
    if (undoes === undefined || undoing.sent.get(effect) === undoes) continue
    findings.saw("undos in logs")
    checkUndo(saga, undoing, { effect, undoes, isOnWayBack, where: blockName(block) }, findings)
    undoing.sent.set(effect, undoes)
    undoing.open.add(effect)
  }
  if (endOf(state)?.outcome !== "compensated" || undoing.open.size === 0) return
  const open = [...undoing.open].join(", ")
  findings.add("I4", saga, `saga ${saga} ended compensated in ${blockName(block)} while undo ${open} was not answered`, entry)
}

interface SentUndo {
  readonly effect: string
  readonly undoes: string
  readonly isOnWayBack: boolean
  readonly where: string
}

function checkUndo(saga: string, undoing: Undoing, { effect, undoes, isOnWayBack, where }: SentUndo, findings: Findings): void {
  const number = undoing.begun.get(undoes)
  const add = (what: string) => findings.add("I4", saga, `saga ${saga}: undo ${effect} of ${undoes}, sent in ${where}, ${what}`)
  if (number === undefined) return add("takes back what the saga never did")
  if (undoing.open.size > 0) add(`was sent before undo ${[...undoing.open].join(", ")} was settled; expected one after the other`)
  if ([...undoing.sent.values()].includes(undoes)) add("is the second undo of that effect; expected one")
  if (!isOnWayBack) return
  if (undoing.last !== undefined && number > undoing.last)
    add("comes after the undo of what was done earlier; expected the reverse")
  undoing.last = number
}
