// settle: what follows once a block is durable and handed on: sources learn their marks, callers their answers, spans end.
import { parseChannel } from "./channel-id.ts"
import type { Cut } from "./commit.ts"
import type { Delivery } from "./delivery.ts"
import { pump } from "./mailbox.ts"
import type { CommittedBlock } from "./observer.ts"
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
  const ended = cut.decisions.flatMap(({ closing, entry }) =>
    closing.ended === undefined || entry.to === undefined
      ? []
      : [{ ...closing.ended, saga: entry.to.service, key: entry.to.key, endedMs: nowMs }],
  )
  const alarms = cut.decisions.flatMap(({ closing: { alarm }, entry }) =>
    alarm === undefined || entry.to === undefined ? [] : [{ monitor: entry.to.service, kind: alarm }],
  )
  return {
    partition: delivery.partition.index,
    number: cut.head.number,
    decisions: cut.decisions.length,
    bytes: cut.bytes.length,
    ended,
    alarms,
    parked: cut.decisions.filter(({ entry }) => entry.parked !== undefined).length,
    dropped: cut.decisions.flatMap(({ dropped }) => dropped ?? []),
  }
}
