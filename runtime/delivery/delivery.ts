// One partition under way: what the eight verbs work on. The path of a record, one file each:
//   receive -> decode -> admit -> load -> decide -> commit -> dispatch -> settle          (the loop: loop.ts)
import * as Latch from "effect/Latch"
import type { ActorLogic } from "../actor/logic.ts"
import { limits } from "../kernel/limits.ts"
import { parseAddress } from "../message/message.ts"
import type { Peer } from "../message/peer.ts"
import type { Attachments } from "../ports/attachments.ts"
import type { Egress } from "../ports/egress.ts"
import type { Inputs, InputSource } from "../ports/inputs.ts"
import type { Journal } from "../ports/journal.ts"
import type { Lanes } from "../ports/lanes.ts"
import type { Permits } from "../ports/permits.ts"
import type { Telemetry } from "../ports/telemetry.ts"
import { KeyRates } from "./key-rates.ts"
import { Compaction, type KeptUntil } from "./compaction.ts"
import { Deadlines } from "./deadlines.ts"
import type { Decided } from "./decided.ts"
import { type EventReading, newEventReading } from "./event-reading.ts"
import type { Observer } from "./observer.ts"
import type { Partition } from "./partition.ts"
import { RecordQueue } from "./record-queue.ts"
import { Slots } from "./slots.ts"
import type { HistoryWindow } from "./stored-blocks.ts"
import { type Finished, type Mailbox, waitsForFlow } from "./task.ts"

/** What the engine knows of the app whose partition it runs. */
export interface AppShape {
  readonly name: string
  readonly partitions: number
  /** Partitions of the namespace's event subjects. */
  readonly eventPartitions: number
  readonly logics: ReadonlyMap<string, ActorLogic>
  /** Services of other apps that this one sends to, by name. */
  readonly peers?: ReadonlyMap<string, Peer>
  /** Journal bytes after which a partition compacts its journal. Default: `limits.compactionBytesMin`. */
  readonly compactionBytesMin?: number
  /** How long blocks are kept that no recovery needs. Default: `limits.historyKeptDays` and `limits.historyBytesMax`. */
  readonly history?: HistoryWindow
}

export interface Ports {
  readonly journal: Journal
  readonly inputs: Inputs
  readonly lanes: Lanes
  readonly egress: Egress
  readonly telemetry: Telemetry
  /** What the rates of services are kept with; absent, a service with a rate is never called. */
  readonly permits?: Permits
  /** What handlers fetch; absent, nothing is there. */
  readonly attachments?: Attachments
}

export interface Delivery {
  readonly app: AppShape
  readonly ports: Ports
  readonly partition: Partition
  readonly observer: Observer
  /** Admitted records that wait to be decided, one bounded queue per lane. */
  readonly queue: RecordQueue
  /** Decisions that wait for the next block. */
  pending: Decided[]
  /** Actors that cannot take their next record yet, by `addressText` (R6). */
  readonly mailboxes: Map<string, Mailbox>
  /** Records in mailboxes or under way that are in no journal yet: they count against the window. */
  undecidedCount: number
  /** Mailboxes whose current record may be handled now. */
  starting: Mailbox[]
  /** Handlings that came to an end. */
  finished: Finished[]
  /** When those under way have to be over. */
  readonly deadlines: Deadlines
  /** Decisions of actors with effectful handlers that no committed block holds yet, by actor (R12). */
  readonly uncommitted: Map<string, number>
  /** Per destination: the last record that a committed block made durable; what lies above must not leave yet. */
  readonly dispatched: Map<string, number>
  /** Per channel: the low mark of the last committed block. */
  readonly committedLow: Map<string, number>
  /** After a take-over, timers wait for what came in before (R20): of each stream the records of then that are not read yet. */
  readonly unreadBefore: Map<InputSource, number>
  /** A block is on its way to the journal. */
  committing: boolean
  readonly compaction: Compaction
  readonly events: EventReading
  /** Opened when there is something to decide, or to commit, or room to receive. */
  readonly work: Latch.Latch
  readonly decided: Latch.Latch
  readonly room: Latch.Latch
  /** The room is closed. */
  isFull: boolean
  /** Opened when an event, or a record for another app, waits to be published. */
  readonly facts: Latch.Latch
  /** What makes it likely that the journal was restored from an older copy (R14). */
  suspicion: string | undefined
  readonly suspected: Latch.Latch
  readonly sharing: Sharing
  /** How often each actor of a service with a rate per key has called the outside. */
  readonly keyRates: KeyRates
  /** The last owner did not say that it let go: what is here it may have begun to handle. */
  readonly isInherited: boolean
}

/** What the partitions of one process share. */
export interface Sharing {
  /** How many effectful handlers run at once. */
  readonly slots: Slots
  /** Whether this process may be trusted to own what it thinks it owns: without, no effectful handler starts (R10). */
  readonly mayAct: () => boolean
  /** Partitions whose block is on its way to the journal. */
  readonly appending: Set<Delivery>
}

export function newSharing(mayAct: () => boolean = () => true): Sharing {
  return { slots: new Slots(), mayAct, appending: new Set() }
}

export function newDelivery(
  app: AppShape,
  ports: Ports,
  partition: Partition,
  observer: Observer,
  sharing: Sharing = newSharing(),
): Delivery {
  return {
    app, ports, partition, observer, sharing,
    queue: new RecordQueue(),
    mailboxes: new Map(),
    undecidedCount: 0,
    starting: [],
    finished: [],
    deadlines: new Deadlines(),
    uncommitted: new Map(),
    pending: [],
    dispatched: new Map([...partition.outboxes].map(([destination, outbox]) => [destination, outbox.last])),
    committedLow: new Map([...partition.channels].map(([id, channel]) => [id, channel.low])),
    unreadBefore: new Map(),
    committing: false,
    compaction: new Compaction(app.compactionBytesMin, keptUntil(app)),
    events: newEventReading(),
    work: Latch.makeUnsafe(false),
    decided: Latch.makeUnsafe(false),
    room: Latch.makeUnsafe(true),
    isFull: false,
    facts: Latch.makeUnsafe(false),
    suspicion: undefined,
    suspected: Latch.makeUnsafe(false),
    keyRates: new KeyRates(othersCalledUntilMs(partition, sharing.slots.nowMs())),
    isInherited: partition.blockNumber > 0 && !partition.closed,
  }
}

/** An owner that did not say that it let go may have called until its lease was over (R10); of a new journal there was none. */
function othersCalledUntilMs({ blockNumber, closed }: Partition, nowMs: number): number {
  if (blockNumber <= 0) return Number.NEGATIVE_INFINITY
  return closed ? nowMs : nowMs + limits.memberTtlMs
}

/** Until when the state of an actor is kept, as its logic says. */
function keptUntil(app: AppShape): KeptUntil {
  return (row, state) => app.logics.get(parseAddress(row).service)?.keptUntilMs?.(state)
}

/**
 * Nothing waits to be decided or committed here, and no handler is under way. Pauses, parked actors, and what waits for a
 * rate or a breaker, count as idle.
 */
export function isIdle(delivery: Delivery): boolean {
  if (delivery.finished.length > 0) return false
  for (const mailbox of delivery.mailboxes.values()) if (mailbox.current !== undefined && !waitsForFlow(mailbox)) return false
  return delivery.queue.size === 0 && delivery.pending.length === 0 && !delivery.committing
}
