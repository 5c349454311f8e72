// I6, of actors whose handlers do I/O: what waits in a durable mailbox is the front of what waits, and is taken in its order
// (R6); and the next handler sees a state that is stored (R12).
import { cancelHandlingCommand, queryCommand } from "../../message/contract.ts"
import type { Entry } from "../../message/block.ts"
import { addressText } from "../../message/message.ts"
import type { HandlingHappening, History } from "../history.ts"
import type { Findings } from "./findings.ts"
import { blockName, type JournalOf } from "./journals.ts"
import { commandEffect, type Log } from "./log.ts"

/** Numbers of the records in the durable mailbox of each actor. */
type Mailboxes = Map<string, Set<number>>

export function checkMailboxes({ journals }: Log, findings: Findings): void {
  for (const journal of journals.values()) checkMailboxesOf(journal, findings)
}

function checkMailboxesOf({ blocks }: JournalOf, findings: Findings): void {
  const first = blocks[0]?.block
  if (first?.number !== 0 || first.moved === true) return
  const mailboxes: Mailboxes = new Map()
  for (const block of blocks) {
    for (const entry of block.block.decisions) {
      const wrong = takeEntry(mailboxes, entry, findings)
      if (wrong === undefined) continue
      const row = entry.to === undefined ? "" : addressText(entry.to)
      findings.add("I6", row, `${wrong} in ${blockName(block)}; expected the order in which they came`, entry)
    }
  }
}

/** What is wrong with it, if anything is. */
function takeEntry(mailboxes: Mailboxes, entry: Entry, findings: Findings): string | undefined {
  const { to, hold, took, carry, unpark = [], events } = entry
  if (carry !== undefined) mailboxes.delete(carry.row)
  if (events?.wipe !== undefined)
    for (const row of mailboxes.keys()) if (row.startsWith(`${events.wipe}/`)) mailboxes.delete(row)
  for (const { action, waits } of unpark)
    if (action === "discard" && waits !== undefined) mailboxes.get(addressText(waits.to))?.delete(waits.number)
  if (to === undefined) return undefined
  const row = addressText(to)
  const held = mailboxes.get(row) ?? new Set()
  mailboxes.set(row, held)
  const wrong = wrongOrder(row, held, entry, findings)
  if (hold !== undefined) held.add(hold[0])
  if (took !== undefined) held.delete(took)
  return wrong
}

function wrongOrder(row: string, held: ReadonlySet<number>, entry: Entry, findings: Findings): string | undefined {
  const { took, from, by, hold, parked } = entry
  // A timer that fails goes into the mailbox behind what became durable while it was handled.
  if (by === undefined || by.type === "timer") return undefined
  const before = took === undefined ? held.values().next().value : [...held].find((number) => number < took)
  if (took !== undefined) {
    findings.saw("records from mailboxes")
    return before === undefined ? undefined : `${row} decided record ${took} of its mailbox while record ${before} was in it`
  }
  const isForEngine = by.name === queryCommand || by.name === cancelHandlingCommand
  if (from.length === 0 || hold !== undefined || isForEngine || parked?.code === "MAILBOX_FULL") return undefined
  findings.saw("records beside mailboxes")
  if (before === undefined) return undefined
  return `${row} decided ${by.name ?? by.type} ${by.id ?? ""} while record ${before} waited in its mailbox`
}

/** What a handler came to, until a block holds it. */
interface Ended {
  readonly process: string
  readonly record: string
  /** The next handler of the same actor in the same process, if it began before. */
  next?: HandlingHappening
}

/** Of more than so many that no block tells of, the oldest are of no interest any more. */
const endedMax = 8

/** Only where blocks are told when they are stored. */
export function checkHandlersSeeStored({ run, happenings }: History, findings: Findings): void {
  if (run.mode !== "simulation") return
  const open = new Map<string, Ended[]>()
  for (const happening of happenings) {
    if (happening.type === "handling") noteHandling(open, happening)
    if (happening.type !== "block") continue
    const { app, partition, block } = happening
    // Whatever was not stored is forgotten.
    if (block.kind !== "decisions") for (const id of open.keys()) if (id.startsWith(`${app}/${partition} `)) open.delete(id)
    for (const entry of block.decisions) {
      // What is parked changes nothing of its actor.
      const to = entry.to ?? entry.parked?.record?.to
      if (to === undefined || entry.by?.type !== "command") continue
      const id = `${app}/${partition} ${addressText(to)}`
      const effect = commandEffect(entry)
      const ended = open.get(id)?.find(({ record }) => record === effect)
      if (ended === undefined) continue
      open.delete(id)
      findings.saw("handlings stored")
      if (ended.next === undefined || entry.to === undefined) continue
      const what = `${ended.process} began to handle ${ended.next.record} before ${blockName(happening)}`
      const late = `${what} held what ${ended.record} had come to`
      findings.add("I6", ended.next.actor, `${late}; expected it to see what is stored`, entry)
    }
  }
}

function noteHandling(open: Map<string, Ended[]>, happening: HandlingHappening): void {
  const { process, app, partition, actor, record, phase } = happening
  const id = `${app}/${partition} ${actor}`
  const all = open.get(id) ?? []
  if (phase === "ended") open.set(id, [...all.slice(1 - endedMax), { process, record }])
  else for (const ended of all) if (ended.process === process) ended.next ??= happening
}
