// settle: what follows once a block is durable and handed on: sources learn their marks, callers their answers, spans end.
import type { ParkedEntry } from "../message/block.ts"
import { type Address, addressText } from "../message/message.ts"
import type { Outcome } from "../message/outcome.ts"
import { parseChannel } from "./channel-id.ts"
import type { Cut } from "./commit.ts"
import type { Decided } from "./decided.ts"
import type { AppShape, Delivery } from "./delivery.ts"
import { pump } from "./mailbox.ts"
import type { CommittedBlock, OutcomeCount } from "./observer.ts"
import { channelOf } from "./partition.ts"
import { noteCommitted } from "./ready.ts"

export function settle(delivery: Delivery, cut: Cut, nowMs: number): void {
  confirmSources(delivery, cut)
  const receipt = { partition: delivery.partition.index, epoch: cut.head.epoch, block: cut.head.number }
  for (const decided of cut.decisions) {
    const { answers, span, closing } = decided
    for (const { to, outcome } of answers) delivery.ports.egress.answer(to, outcome, receipt)
    span?.end({ ...closing, nowMs })
    decided.durable?.()
    wakeMailbox(delivery, noteCommitted(delivery, decided), nowMs)
  }
  delivery.observer.committed(summary(delivery, cut, nowMs))
}

/** An effectful handler waited for its actor's state to be committed (R12). */
function wakeMailbox(delivery: Delivery, row: string | undefined, nowMs: number): void {
  const mailbox = row === undefined ? undefined : delivery.mailboxes.get(row)
  if (mailbox?.waitsFor === "commit") pump(delivery, mailbox, nowMs)
}

/** The marks of this block, from the block: what is confirmed is committed, never merely decided (R2). */
function confirmSources(delivery: Delivery, cut: Cut): void {
  const { partition, ports } = delivery
  for (const [id, low] of Object.entries(cut.head.low)) {
    delivery.committedLow.set(id, low)
    const channel = parseChannel(id)
    if (channel.type !== "lane") continue
    const { incarnation, source, lane } = channel
    const claim = channelOf(partition, id).claims.at(low)
    const mark = claim === undefined ? { low } : { low, claim }
    ports.lanes.confirm({ incarnation, source, destination: partition.index, lane, ...mark })
  }
}

function summary(delivery: Delivery, cut: Cut, nowMs: number): CommittedBlock {
  const ended: CommittedBlock["ended"][number][] = []
  const alarms: CommittedBlock["alarms"][number][] = []
  const aside: CommittedBlock["setAside"][number][] = []
  const given: CommittedBlock["dropped"][number][] = []
  for (const decided of cut.decisions) {
    const { closing, entry: { to }, dropped } = decided
    if (closing.ended !== undefined && to !== undefined)
      ended.push({ ...closing.ended, saga: to.service, key: to.key, endedMs: nowMs })
    if (closing.alarm !== undefined && to !== undefined) alarms.push({ monitor: to.service, kind: closing.alarm })
    if (decided.entry.parked !== undefined) aside.push(setAside(decided, decided.entry.parked))
    if (dropped !== undefined) given.push(dropped)
  }
  return {
    partition: delivery.partition.index,
    number: cut.head.number,
    decisions: cut.decisions.length,
    bytes: cut.bytes.length,
    ended,
    alarms,
    parked: aside.length,
    setAside: aside,
    outcomes: outcomesOf(delivery.app, cut),
    dropped: given,
  }
}

function setAside({ entry: { to }, span }: Decided, parked: ParkedEntry): CommittedBlock["setAside"][number] {
  const { trace } = span ?? {}
  return { row: rowOf(to, parked), code: parked.code, ...(trace === undefined ? {} : { trace }) }
}

function rowOf(to: Address | undefined, { record, id }: ParkedEntry): string {
  return record !== undefined ? addressText(record.to) : to === undefined ? id : addressText(to)
}

function outcomesOf({ logics }: AppShape, { decisions }: Cut): readonly OutcomeCount[] {
  const services = new Map<string, Record<Outcome["type"], number>>()
  for (const { closing, entry } of decisions) {
    if (closing.outcome === undefined || entry.to === undefined) continue
    const { service } = entry.to
    let counts = services.get(service)
    if (counts === undefined) {
      // A stranger may address services of any name.
      if (!logics.has(service)) continue
      services.set(service, (counts = { done: 0, refused: 0, faulted: 0 }))
    }
    counts[closing.outcome.type] += 1
  }
  return [...services].flatMap(([service, counts]) =>
    outcomeTypes.flatMap((outcome) => (counts[outcome] === 0 ? [] : [{ service, outcome, count: counts[outcome] }])),
  )
}

const outcomeTypes = ["done", "refused", "faulted"] as const
