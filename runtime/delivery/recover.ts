// Recovery and claim. The partition is read back from its journal, block by block, from where the newest finished round of
// compaction began: what lies before is history. Then this process makes itself the owner by appending an epoch block at the
// very sequence it has read to. Refused: somebody wrote; read on and try (R8).
import * as Effect from "effect/Effect"
import type { ActorLogic } from "../actor/logic.ts"
import { type Block, CorruptJournal, decodeBlock, encodeBlock, NewerFormat } from "../message/block.ts"
import { digest } from "../message/hash.ts"
import type { AppendUnknown, Fenced, JournalRecord, JournalUnavailable } from "../ports/journal.ts"
import { commit, nextHead, takeConfirmed } from "./commit.ts"
import { type Delivery, isIdle, type Ports } from "./delivery.ts"
import { claimOf, emptyPartition, foldBlock, type Partition, resync } from "./partition.ts"

export interface Claimant {
  readonly app: string
  readonly index: number
  /** Random, from the host, and another for each claim: becomes the journal's identity if the journal is empty (R14). */
  readonly incarnation: string
  readonly nowMs: number
  /** An operator said that the journal is to be taken as it is (R14). */
  readonly resync?: boolean
  /** Who looks after the states; absent: nobody does, they are only moved. */
  readonly logics?: ReadonlyMap<string, ActorLogic>
}

/** Who reads a journal, and perhaps claims nothing. */
type Reader = Pick<Claimant, "app" | "index" | "logics">

/** How often a claim that lost to another writer is tried again before it is given up. */
const claimsMax = 5

/** The partition as its journal tells it, owned by this process from here on. */
export const claim = Effect.fnUntraced(function* (
  ports: Pick<Ports, "journal">,
  claimant: Claimant,
): Effect.fn.Return<Partition, CorruptJournal | NewerFormat | Fenced | AppendUnknown | JournalUnavailable> {
  for (let attempt = 1; ; attempt += 1) {
    const partition = yield* recover(ports, claimant)
    const result = yield* Effect.result(appendEpoch(ports, partition, claimant))
    if (result._tag === "Success") return partition
    if (result.failure._tag !== "Fenced" || attempt === claimsMax) return yield* Effect.fail(result.failure)
  }
})

/** The journal from its base on; all of it if its last block names none, or one behind which it is not whole. Claims nothing. */
export const recover = Effect.fnUntraced(function* (
  ports: Pick<Ports, "journal">,
  claimant: Reader,
): Effect.fn.Return<Partition, CorruptJournal | NewerFormat | JournalUnavailable> {
  const last = yield* ports.journal.last(claimant.index)
  const base = last === undefined ? 0 : baseOf(last.bytes)
  if (base > 0) {
    const partition = yield* fold(ports, claimant, base)
    if (partition.blockNumber >= 0 && !partition.partial) return partition
  }
  const partition = yield* fold(ports, claimant, 0)
  if (!partition.partial) return partition
  return yield* Effect.fail(
    new CorruptJournal(
      `journal of ${claimant.app} partition ${claimant.index} begins at block ${partition.since} and nothing stands in for ` +
        "the blocks before it; the partition stops until its journal is restored",
    ),
  )
})

/** What the last block of a journal says of it. Bytes that say nothing are found out when they are read (R17). */
function baseOf(bytes: Uint8Array): number {
  try {
    const block: unknown = JSON.parse(Buffer.from(bytes).toString("utf8"))
    return typeof block === "object" && block !== null && "base" in block && typeof block.base === "number" ? block.base : 0
  } catch {
    return 0
  }
}

/** Folds the journal from a sequence on. Stops at the first block that does not follow its predecessor (G9). */
const fold = Effect.fnUntraced(function* (
  ports: Pick<Ports, "journal">,
  claimant: Reader,
  from: number,
): Effect.fn.Return<Partition, CorruptJournal | NewerFormat | JournalUnavailable> {
  const partition = emptyPartition(claimant.app, claimant.index, claimant.logics)
  let corrupt: CorruptJournal | NewerFormat | undefined
  const visit = ({ sequence, bytes }: JournalRecord) => {
    if (corrupt !== undefined) return
    const where = `journal of ${claimant.app} partition ${claimant.index} at sequence ${sequence}`
    try {
      const block = decodeBlock(bytes, where)
      checkStates(block, claimant, where)
      foldBlock(partition, block, sequence, digest(bytes))
      noteStored(partition, block, sequence, bytes.length)
    } catch (error) {
      corrupt =
        error instanceof CorruptJournal || error instanceof NewerFormat
          ? error
          : new CorruptJournal(`${where} cannot be applied; the partition stops`, { cause: error })
    }
  }
  yield* ports.journal.read(claimant.index, visit, { from })
  return corrupt === undefined ? partition : yield* Effect.fail(corrupt)
})

/** As the owner that wrote the block has noted it. */
function noteStored({ stored }: Partition, block: Block, sequence: number, bytes: number): void {
  stored.note(block, sequence, bytes)
  for (const { checkpoint } of block.decisions) if (checkpoint !== undefined) stored.finish(checkpoint)
}

/** A state of a newer version was written by a newer release: another member of that release takes the partition (R17). */
function checkStates({ decisions }: Block, { logics }: Reader, where: string): void {
  for (const { to, carry, stateVersion = carry?.stateVersion } of decisions) {
    if (stateVersion === undefined) continue
    const service = to?.service ?? carry?.row.slice(0, carry.row.indexOf("/")) ?? ""
    const known = logics?.get(service)?.states?.version
    if (known === undefined || stateVersion <= known) continue
    const newer = `${where} holds states of ${service} in version ${stateVersion}, and this release reads up to ${known}`
    throw new NewerFormat(`${newer}: a newer member takes the partition`)
  }
}

const appendEpoch = Effect.fnUntraced(function* (
  ports: Pick<Ports, "journal">,
  partition: Partition,
  claimant: Claimant,
): Effect.fn.Return<void, Fenced | AppendUnknown | JournalUnavailable> {
  const isNew = partition.blockNumber === -1
  const isResync = !isNew && claimant.resync === true
  if (isNew) partition.incarnation = claimant.incarnation
  if (isResync) resync(partition, claimant.incarnation)
  partition.epoch += 1
  const head = {
    ...nextHead(partition, Math.max(claimant.nowMs, partition.atMs)),
    kind: isNew ? ("genesis" as const) : ("epoch" as const),
    claimant: claimant.incarnation,
    low: {},
    confirmed: {},
    ...(isResync ? { resync: true as const } : {}),
  }
  yield* commit(ports, partition, { head, bytes: encodeBlock(head, []) })
  partition.claim = claimOf(partition.previous)
  partition.resynced = isResync
})

/** Says in the journal that the owner let go with nothing under way. Best effort: without it the next one is careful. */
export const closeJournal = Effect.fnUntraced(function* (delivery: Delivery): Effect.fn.Return<void> {
  const { ports, partition } = delivery
  // Interrupted in the middle of an append: what is stored is not known.
  if (!isIdle(delivery)) return
  const head = { ...nextHead(partition, partition.atMs), kind: "closed" as const, low: {}, confirmed: takeConfirmed(partition) }
  yield* Effect.ignore(commit(ports, partition, { head, bytes: encodeBlock(head, []) }))
})
