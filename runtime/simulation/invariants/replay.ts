// I8: a journal that is replayed from its beginning, with the engine's own code, gives the rows that processes show.
// I10: when all is at rest, nothing is left of what is over, and nothing waits anywhere.
import { CorruptJournal } from "../../message/block.ts"
import { addressText, parseAddress } from "../../message/message.ts"
import { partitionService } from "../../message/operation.ts"
import { type Destination, factChannel, laneChannel, parseDestination } from "../../delivery/channel-id.ts"
import { emptyPartition, foldBlock, type Partition } from "../../delivery/partition.ts"
import type { Row } from "../../delivery/row.ts"
import type { History, RowHappening } from "../history.ts"
import type { Findings } from "./findings.ts"
import { blockName, journalId, type JournalOf } from "./journals.ts"
import { endOf, type Log, memberOf, put } from "./log.ts"

/** `app/partition` -> what its journal says. Journals whose beginning is not kept are left out. */
export function replayed({ journals }: Log, findings: Findings): ReadonlyMap<string, Partition> {
  const partitions = new Map<string, Partition>()
  for (const [id, journal] of journals) {
    const partition = replayOne(journal, findings)
    if (partition !== undefined) partitions.set(id, partition)
  }
  return partitions
}

function replayOne({ app, partition: index, blocks }: JournalOf, findings: Findings): Partition | undefined {
  const partition = emptyPartition(app, index)
  if (blocks[0]?.block.number !== 0) return undefined
  for (const happening of blocks) {
    try {
      foldBlock(partition, happening.block, happening.sequence, happening.digest)
    } catch (error) {
      const why = error instanceof CorruptJournal || error instanceof Error ? error.message : String(error)
      const id = `${app}/${index}#${happening.sequence}`
      findings.add("I8", id, `${blockName(happening)} cannot be replayed: ${why}; expected that it can`)
      return undefined
    }
  }
  findings.saw("journals replayed")
  return partition
}

export function checkRows({ happenings }: History, partitions: ReadonlyMap<string, Partition>, findings: Findings): void {
  const shown = new Map<string, RowHappening[]>()
  for (const happening of happenings) {
    if (happening.type === "row") put(shown, journalId(happening.app, happening.partition), happening)
  }
  for (const [id, rows] of shown) {
    const partition = partitions.get(id)
    if (partition !== undefined) compare(partition, rows, findings)
  }
}

function compare(partition: Partition, shown: readonly RowHappening[], findings: Findings): void {
  const seen = new Map<string, RowHappening>()
  for (const row of shown) {
    findings.saw("rows compared")
    const other = seen.get(row.row)
    if (other !== undefined && other.process !== row.process) {
      const what = `row ${row.row} is shown by ${other.process} and by ${row.process} when all is at rest`
      findings.add("I9", row.row, `${what}; expected one owner of partition ${row.partition}`)
    }
    seen.set(row.row, row)
    compareRow(partition, row, findings)
  }
  for (const [key, { state }] of partition.rows) {
    // What operators have done is kept beside the rows of services, and shown by nobody.
    if (state === undefined || seen.has(key) || key.startsWith(`${partitionService}/`)) continue
    const what = `the journal of ${partition.app} partition ${partition.index} has a row ${key} that its owner does not show`
    findings.add("I8", key, `${what}; expected the same rows`, state)
  }
}

function compareRow(partition: Partition, shown: RowHappening, findings: Findings): void {
  const row = partition.rows.peek(shown.row)
  const expected = row === undefined ? undefined : textOf(row)
  const effects = shown.effects.toSorted()
  const timers = shown.timers.toSorted(([a], [b]) => (a < b ? -1 : 1))
  if (expected === JSON.stringify([shown.state, effects, timers])) return
  const what = `${shown.process} shows ${shown.row} as ${JSON.stringify(shown.state)}`
  const state = JSON.stringify(row?.state)
  const part = state === JSON.stringify(shown.state) ? " with other effects or timers" : ""
  const why = row === undefined ? "its journal has no such row" : `its journal, replayed from zero, gives ${state}${part}`
  findings.add("I8", shown.row, `${what}, and ${why}; expected the same`, shown, expected)
}

function textOf({ state, effects, asked, timers }: Row): string {
  const due = [...timers].map(([name, { dueMs }]) => [name, dueMs] as const)
  return JSON.stringify([
    state ?? null,
    [...effects.keys(), ...asked.keys()].toSorted(),
    due.toSorted(([a], [b]) => (a < b ? -1 : 1)),
  ])
}

/** Once all is at rest. */
export function checkNothingLeft(
  { run }: History,
  partitions: ReadonlyMap<string, Partition>,
  findings: Findings,
): void {
  for (const { app, sagas } of run.apps) {
    const own = [...partitions.values()].filter((partition) => partition.app === app)
    const ended = new Set<string>()
    for (const partition of own) {
      for (const [key, row] of partition.rows) if (sagas.includes(parseAddress(key).service) && isOver(row)) ended.add(key)
    }
    for (const partition of own) {
      checkEndedRows(partition, ended, findings)
      checkLanes(partition, partitions, findings)
      checkMailboxes(partition, findings)
    }
  }
}

/** It has ended, and nobody may still take it back. */
function isOver({ state }: Row): boolean {
  return endOf(state) !== undefined && memberOf(state, "parents") === undefined
}

function checkEndedRows(partition: Partition, ended: ReadonlySet<string>, findings: Findings): void {
  for (const [key, { timers, effects }] of partition.rows) {
    if (ended.has(key)) {
      findings.saw("ended sagas at rest")
      for (const [name, { dueMs }] of timers) {
        findings.add("I10", key, `saga ${key} has ended and its timer ${name} is still set for ${dueMs}; expected none`)
      }
    }
    for (const [effect, { scope }] of effects) {
      if (scope === undefined || !ended.has(scope)) continue
      const what = `${key} still remembers effect ${effect} of saga ${scope}, which has ended`
      findings.add("I10", effect, `${what}; expected it to be forgotten when all is at rest`)
    }
  }
}

/** What a partition sent to another of its app is decided there, and nothing that it did not send. */
function checkLanes(partition: Partition, partitions: ReadonlyMap<string, Partition>, findings: Findings): void {
  for (const [id, outbox] of partition.outboxes) {
    const destination = parseDestination(id)
    const to = destination.type === "peer" ? undefined : partitions.get(journalId(partition.app, destination.partition))
    const channel = to?.channels.get(channelOf(partition, destination))
    // Events are for whoever reads them: where nobody of the app does, there is no channel.
    if (to === undefined || (channel === undefined && destination.type === "events")) continue
    findings.saw("lanes at rest")
    const last = Math.max(channel?.low ?? 0, ...(channel?.decided ?? []))
    if (last > outbox.last) {
      const what = `record ${last} from partition ${partition.index} to ${id} of ${partition.app} was decided there`
      findings.add("I7", `${id}#${last}`, `${what}, and no more than ${outbox.last} were sent; expected nothing from nowhere`)
    }
    for (let number = (channel?.low ?? 0) + 1; number <= outbox.last; number += 1) {
      if (channel?.decided.has(number) === true) continue
      const message = number > outbox.confirmed ? outbox.owed(number - 1, 1).messages[0] : undefined
      const what = `record ${number} from partition ${partition.index} to ${id} of ${partition.app} was never decided there`
      const whose = message === undefined ? "" : ` (${message.type} for ${addressText(message.to)})`
      findings.add("I10", `${id}#${number}`, `${what}${whose}; expected nothing under way when all is at rest`, message)
      break
    }
  }
}

function channelOf({ incarnation, index }: Partition, destination: Destination): string {
  if (destination.type === "events") return factChannel(incarnation, index, destination.partition)
  return destination.type === "lane" ? laneChannel(incarnation, index, destination.lane) : ""
}

function checkMailboxes({ app, index, held, parked }: Partition, findings: Findings): void {
  for (const row of held.rows()) {
    const waiting = [...held.of(row)]
    // Behind a parked record an actor may wait for an operator.
    if (waiting.length === 0 || waiting.some(([, record]) => record.parked === true)) continue
    const [number, record] = waiting[0] ?? []
    const what = `${waiting.length} records wait in the mailbox of ${row} in ${app} partition ${index} when all is at rest`
    findings.add("I10", row, `${what}; expected none`, number, record?.message)
  }
  for (const [id, { record }] of parked) {
    if (record === undefined || !("effect" in record)) continue
    findings.saw("records parked at rest")
    for (const [, waiting] of held.of(addressText(record.to))) {
      if (waiting.parked === true || !("effect" in waiting.message) || waiting.message.effect !== record.effect) continue
      const where = `effect ${record.effect} is parked and waits in the mailbox of ${addressText(record.to)} too`
      findings.add("I10", id, `${where}; expected it in one place`)
    }
  }
}
