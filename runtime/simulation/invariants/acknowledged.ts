// I7: what was acknowledged is there, and what is there was asked for. I9: one writer at a time for each journal.
import type { AckedHappening, BlockHappening, History } from "../history.ts"
import { partitionOf } from "../../message/key.ts"
import { parseAddress } from "../../message/message.ts"
import { partitionService } from "../../message/operation.ts"
import type { Findings } from "./findings.ts"
import { blockName, journalId, type JournalOf } from "./journals.ts"
import type { Log } from "./log.ts"
import type { RequestOf } from "./requests.ts"

export interface AckedLimits {
  readonly settled: boolean
  readonly ackedMayBeLost: boolean
}

/** Blocks: each that a journal acknowledged is in it, unless its storage was broken beyond what is promised. */
export function checkAcked(history: History, { journals }: Log, limits: AckedLimits, findings: Findings): void {
  const digests = new Map<string, ReadonlyMap<number, string>>()
  for (const [id, { blocks }] of journals) {
    digests.set(id, new Map(blocks.map(({ sequence, digest }) => [sequence, digest])))
  }
  const lost: AckedHappening[] = []
  for (const happening of history.happenings) {
    if (happening.type !== "acked") continue
    findings.saw("acked blocks")
    const stored = digests.get(journalId(happening.app, happening.partition))?.get(happening.sequence)
    if (stored !== happening.digest) lost.push(happening)
  }
  if (limits.ackedMayBeLost) return findings.saw("acked blocks lost as announced", lost.length)
  for (const happening of lost) {
    const { app, partition, sequence, process } = happening
    const where = placeOf(sequence, journals.get(journalId(app, partition)))
    const what = `block ${sequence} of ${app} partition ${partition} was acknowledged to ${process} and is not in the journal`
    findings.add("I7", `${app}/${partition}#${sequence}`, `${what} (lost ${where}); expected it to be kept`, happening)
  }
}

function placeOf(sequence: number, journal: JournalOf | undefined): string {
  const first = journal?.blocks[0]?.sequence
  const last = journal?.blocks.at(-1)?.sequence
  if (first === undefined || last === undefined) return "with the whole journal"
  if (sequence < first) return "at the beginning"
  return sequence > last ? "at the end" : "in the middle"
}

/** Requests: what was accepted is decided once all is at rest; what was answered is what the journal says. */
export function checkRequests(
  history: History,
  log: Log,
  requests: ReadonlyMap<string, RequestOf>,
  { settled }: AckedLimits,
  findings: Findings,
): void {
  const sagas = new Set(history.run.apps.flatMap((app) => app.sagas))
  const partitions = new Map(history.run.apps.map((app) => [app.app, app.partitions]))
  for (const request of requests.values()) {
    const { kind, to, effect, acceptedAt, happenings } = request
    const { service, key } = parseAddress(to)
    if (acceptedAt === undefined || kind === "query") continue
    checkReceipt(log, request, partitionOf(key, partitions.get(request.app) ?? 1), findings)
    if (kind === "event") {
      if (settled && log.eventNames.has(service)) {
        findings.saw("published events")
        if (log.events.has(effect)) continue
        const what = `event ${effect} was accepted and nobody decided it`
        findings.add("I7", effect, `${what}; expected it to be handled`, ...happenings)
      }
      continue
    }
    if (kind === "start") continue
    findings.saw("commands")
    // What a saga refuses, or parks on, leaves no trace in its journal.
    if (!sagas.has(service) || request.answer?.type === "done") checkAnswer(log, request, findings)
    if (!settled || sagas.has(service) || log.decided.has(effect) || log.parked.has(effect)) continue
    findings.add("I7", effect, `command ${effect} to ${to} was accepted and never decided; expected it to be`, ...happenings)
  }
  if (requests.size > 0) checkAttempted(log, requests, sagas, findings)
}

function checkAnswer(log: Log, { effect, to, answer, answers, happenings }: RequestOf, findings: Findings): void {
  if (answer === undefined) return
  findings.saw("answers")
  if (answers.size > 1 && ![...answers].some((text) => text.includes('"faulted"'))) {
    const all = [...answers].join(" and ")
    findings.add("I7", effect, `command ${effect} to ${to} was answered ${all}; expected one answer`, ...happenings)
  }
  if (answer.type === "faulted") {
    if (log.parked.has(effect) || log.decided.has(effect)) return
    return findings.add("I7", effect, `command ${effect} to ${to} was answered as faulted (${answer.code}) and nothing is parked`)
  }
  const [decided] = log.decided.get(effect) ?? []
  const text = JSON.stringify(answer)
  if (decided !== undefined && answers.has(JSON.stringify(decided.outcome))) return
  const found = decided === undefined ? "the journal has no decision on it" : `the journal has ${JSON.stringify(decided.outcome)}`
  findings.add("I7", effect, `command ${effect} to ${to} was answered ${text}, and ${found}`, happenings.at(-1), decided?.entry)
}

/** An answer carries the block that made it durable. */
function checkReceipt(log: Log, { effect, app, receipt }: RequestOf, partition: number, findings: Findings): void {
  if (receipt === undefined) return
  findings.saw("receipts")
  const blocks = log.journals.get(journalId(app, receipt.partition))?.blocks ?? []
  const first = blocks[0]?.block.number ?? 0
  const block = blocks[receipt.block - first]
  if (receipt.partition === partition && block?.block.epoch === receipt.epoch) return
  const found = block === undefined ? "there is no such block" : `that block is of epoch ${block.block.epoch}`
  const what = `the answer to ${effect} names block ${receipt.block} of epoch ${receipt.epoch} in partition ${receipt.partition}`
  findings.add("I7", effect, `${what}, and ${found}; expected a block that is stored`, receipt)
}

/** What clients say to sagas that are under way. */
const clientsOrders = new Set(["signal", "update", "completeToken"])

/** Nothing from nowhere. */
function checkAttempted(
  log: Log,
  requests: ReadonlyMap<string, RequestOf>,
  sagas: ReadonlySet<string>,
  findings: Findings,
): void {
  for (const [effect, all] of log.decided) {
    for (const { external, row, block, entry } of all) {
      const { service } = parseAddress(row)
      if (!external || requests.has(effect) || service === partitionService) continue
      // What operators order is told in no history.
      if (sagas.has(service) && !clientsOrders.has(entry.by?.name ?? "")) continue
      const what = `${row} decided ${effect} in ${blockName(block)}, which no client had asked for`
      findings.add("I7", effect, `${what}; expected nothing from nowhere`, entry)
    }
  }
}

/** Epochs only grow, by one with each claim, and all blocks of one are of one process. */
export function checkWriters(history: History, { journals }: Log, findings: Findings): void {
  for (const { blocks } of journals.values()) {
    let before: (typeof blocks)[number] | undefined
    for (const happening of blocks) {
      const { block } = happening
      findings.saw("blocks")
      const isClaim = block.kind === "genesis" || block.kind === "epoch"
      const epoch = before === undefined ? block.epoch : before.block.epoch + (isClaim ? 1 : 0)
      const id = () => `${happening.app}/${happening.partition}#${happening.sequence}`
      if (block.epoch !== epoch) {
        const what = `${blockName(happening)} was stored behind epoch ${before?.block.epoch}`
        findings.add("I9", id(), `${what}; expected epoch ${epoch}`, block.kind)
      }
      if (before !== undefined && (block.number !== before.block.number + 1 || block.previous !== before.digest)) {
        const what = `${blockName(happening)} does not follow ${blockName(before)} by number and digest`
        findings.add("I9", id(), `${what}; expected a chain without a gap or a fork`)
      }
      before = happening
    }
  }
  checkEpochsOfProcesses(history, journals, findings)
}

function checkEpochsOfProcesses(history: History, journals: Log["journals"], findings: Findings): void {
  const stored = new Map<string, ReadonlyMap<number, BlockHappening>>()
  for (const [id, { blocks }] of journals) stored.set(id, new Map(blocks.map((block) => [block.sequence, block])))
  const writers = new Map<string, string>()
  for (const happening of history.happenings) {
    if (happening.type !== "acked") continue
    const { app, partition, sequence, digest, process } = happening
    const found = stored.get(journalId(app, partition))?.get(sequence)
    if (found?.digest !== digest) continue
    const { epoch } = found.block
    const id = `${app}/${partition} epoch ${epoch}`
    const writer = writers.get(id)
    if (writer !== undefined && writer !== process) {
      const what = `block ${sequence} of ${app} partition ${partition} is of ${process}, and epoch ${epoch} was of ${writer}`
      findings.add("I9", `${app}/${partition}#${sequence}`, `${what}; expected one writer`, happening)
    }
    writers.set(id, writer ?? process)
  }
}
