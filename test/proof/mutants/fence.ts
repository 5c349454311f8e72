// Mutants of the fence, of claims and unknown outcomes, and of what handlers and participants may rely on: R8 to R13.
import type { Mutant } from "./mutant.ts"

export const fenceMutants: readonly Mutant[] = [
  {
    name: "fence-dropped",
    rule: "R8",
    breaks: "A refused append is made again at the journal's new end: two owners write one journal.",
    edits: [
      {
        file: "runtime/delivery/commit.ts",
        find: "    if (result.failure._tag === \"Fenced\") return yield* ownAppend(journal, partition, bytes, result.failure)\n",
        replace:
          "    if (result.failure._tag === \"Fenced\") {\n" +
          "      partition.sequence = (yield* journal.last(partition.index))?.sequence ?? 0\n" +
          "      continue\n" +
          "    }\n",
      },
    ],
  },
  {
    name: "claims-what-it-has-not-read",
    rule: "R8",
    breaks: "A claim is appended at the journal's end, whether the claimant has read so far or not.",
    edits: [
      {
        file: "runtime/delivery/recover.ts",
        find: "    const result = yield* Effect.result(appendEpoch(ports, partition, claimant))\n",
        replace:
          "    partition.sequence = (yield* ports.journal.last(claimant.index))?.sequence ?? 0\n" +
          "    const result = yield* Effect.result(appendEpoch(ports, partition, claimant))\n",
      },
    ],
  },
  {
    name: "loses-the-last-block",
    rule: "R8",
    breaks: "A claimant stops reading one block before the journal's end, and claims at the end all the same.",
    edits: [
      {
        file: "runtime/delivery/recover.ts",
        find: "      foldBlock(partition, block, sequence, digest(bytes))\n",
        replace: "      foldBlock(partition, sequence === end ? { ...block, decisions: [] } : block, sequence, digest(bytes))\n",
      },
      {
        file: "runtime/delivery/recover.ts",
        find: "  let corrupt: CorruptJournal | NewerFormat | undefined\n",
        replace:
          "  let corrupt: CorruptJournal | NewerFormat | undefined\n" +
          "  const end = (yield* ports.journal.last(claimant.index))?.sequence ?? 0\n",
      },
    ],
  },
  {
    name: "unknown-append-counts-as-stored",
    rule: "R9",
    breaks: "An append without an answer is taken for stored.",
    edits: [
      {
        file: "runtime/delivery/commit.ts",
        find: "    if (waitedMs >= limits.appendUnknownMaxMs) return yield* Effect.fail(result.failure)\n",
        replace:
          "    if (result.failure._tag === \"AppendUnknown\") {\n" +
          "      return (yield* journal.last(partition.index))?.sequence ?? 0\n" +
          "    }\n" +
          "    if (waitedMs >= limits.appendUnknownMaxMs) return yield* Effect.fail(result.failure)\n",
      },
    ],
  },
  {
    name: "unknown-append-counts-as-refused",
    rule: "R9",
    breaks: "An append without an answer is taken for not stored: its decisions are dropped, and the next block takes its place.",
    edits: [
      {
        file: "runtime/delivery/loop.ts",
        find: "    delivery.committing = false\n",
        replace:
          "    delivery.committing = false\n" +
          "    if (delivery.partition.blockNumber !== cut.head.number) continue\n",
      },
      {
        file: "runtime/delivery/commit.ts",
        find: "  const sequence = yield* appendUntilKnown(ports.journal, partition, block.bytes)\n",
        replace:
          "  const appended = yield* Effect.result(appendUntilKnown(ports.journal, partition, block.bytes))\n" +
          "  if (appended._tag === \"Failure\") {\n" +
          "    if (appended.failure._tag === \"AppendUnknown\" && block.head.kind === \"decisions\") return\n" +
          "    return yield* Effect.fail(appended.failure)\n" +
          "  }\n" +
          "  const sequence = appended.success\n",
      },
      {
        file: "runtime/delivery/commit.ts",
        find: "    if (waitedMs >= limits.appendUnknownMaxMs) return yield* Effect.fail(result.failure)\n",
        replace: "    return yield* Effect.fail(result.failure)\n",
      },
    ],
  },
  {
    name: "refusal-taken-for-its-own-block",
    rule: "R9",
    breaks: "An append that was refused counts as stored, whatever the journal's last block is.",
    edits: [
      {
        file: "runtime/delivery/commit.ts",
        find: "  if (last !== undefined && Buffer.compare(last.bytes, bytes) === 0) return last.sequence\n",
        replace: "  if (last !== undefined) return last.sequence\n",
      },
    ],
  },
  {
    name: "lease-not-asked",
    rule: "R10",
    breaks: "A process that others may have taken for gone starts handlers that do I/O.",
    requests: 150,
    edits: [
      {
        file: "runtime/delivery/handling.ts",
        find: "  if (delivery.starting.length === 0 || !delivery.sharing.mayAct()) return\n",
        replace: "  if (delivery.starting.length === 0) return\n",
      },
    ],
  },
  {
    name: "tombstone-dropped",
    rule: "R11",
    breaks: "An undo whose do has not come leaves nothing behind: the do is carried out when it comes.",
    edits: [
      {
        file: "runtime/delivery/effect-memory.ts",
        find: "    ...(message.undoes === undefined ? [] : ([[message.undoes, tombstone]] as const)),\n",
        replace: "    ...(message.undoes === undefined || !undone ? [] : ([[message.undoes, tombstone]] as const)),\n",
      },
    ],
  },
  {
    name: "answers-not-remembered",
    rule: "R11",
    breaks: "A command that was answered before is carried out again.",
    edits: [
      {
        file: "runtime/delivery/effect-memory.ts",
        find: "  return memory?.outcome\n",
        replace: "  return undefined\n",
      },
    ],
  },
  {
    name: "void-undo-reaches-its-handler",
    rule: "R11",
    breaks: "An undo with nothing to take back is given to its handler.",
    edits: [
      {
        file: "runtime/delivery/effect-memory.ts",
        find: "  return message.direction === \"undo\" && undoneEffect(row, message) === undefined\n",
        replace: "  return message.direction === \"undo\" && row === undefined\n",
      },
    ],
  },
  {
    name: "settled-overtakes-commands",
    rule: "R11",
    breaks: "A saga's word of its end travels with the replies: a late command comes behind it and is carried out again.",
    edits: [
      {
        file: "runtime/delivery/outgoing.ts",
        find: "    if (peer === undefined) return this.#toActor({ type: \"settled\", to, scope }, \"commands\")\n",
        replace: "    if (peer === undefined) return this.#toActor({ type: \"settled\", to, scope }, \"replies\")\n",
      },
    ],
  },
  {
    name: "settled-forgets-all-sagas",
    rule: "R11",
    breaks: "When one saga ends, its participants forget what they did for the others too.",
    edits: [
      {
        file: "runtime/delivery/row.ts",
        find: "if (memory.scope === scope) row.effects",
        replace: "if (memory.scope !== undefined && scope !== \"\") row.effects",
      },
    ],
  },
  {
    name: "handles-uncommitted-state",
    rule: "R12",
    breaks: "A handler that does I/O is given a state that no committed block holds yet.",
    edits: [
      {
        file: "runtime/delivery/mailbox.ts",
        find: "    const uncommitted = isHandled && delivery.uncommitted.has(mailbox.row)\n",
        replace: "    const uncommitted = false\n",
      },
    ],
  },
  {
    name: "answers-before-commit",
    rule: "R12",
    breaks: "A client is answered before the block that makes its answer true is stored.",
    edits: [
      {
        file: "runtime/delivery/loop.ts",
        find: "    delivery.committing = true\n",
        replace:
          "    delivery.committing = true\n" +
          "    for (const { answers } of cut.decisions)\n" +
          "      for (const { to, outcome } of answers)\n" +
          "        delivery.ports.egress.answer(to, outcome, {\n" +
          "          partition: delivery.partition.index, epoch: cut.head.epoch, block: cut.head.number,\n" +
          "        })\n",

      },
    ],
  },
  {
    name: "events-before-commit",
    rule: "R12",
    breaks: "An event is published before the block that makes it is stored.",
    edits: [
      {
        file: "runtime/delivery/dispatch.ts",
        find: "  const committed = delivery.dispatched.get(destination) ?? 0\n",
        replace:
          "  const isEvents = destination.startsWith(\"events:\")\n" +
          "  const committed = isEvents ? outbox.last : (delivery.dispatched.get(destination) ?? 0)\n",
      },
      {
        file: "runtime/delivery/ready.ts",
        find: "  delivery.pending.push(decided)\n",
        replace:
          "  delivery.pending.push(decided)\n" +
          "  if (decided.entry.out !== undefined) queueMicrotask(() => delivery.facts.openUnsafe())\n",
      },
    ],
  },
  {
    name: "poison-stops-the-partition",
    rule: "R13",
    breaks: "A record whose handler throws is not parked: its partition stops with it.",
    edits: [
      {
        file: "runtime/delivery/decide.ts",
        find: "    return giveUp(delivery, task, causeOf(error, 1, nowMs), span)\n",
        replace: "    throw error\n",
      },
    ],
  },
  {
    name: "parked-record-dropped",
    rule: "R13",
    breaks: "A record that cannot be decided is forgotten instead of set aside.",
    edits: [
      {
        file: "runtime/delivery/park.ts",
        find: "    parked: parkedEntry(delivery, { ...task, message: record }, cause),\n",
        replace: "",
      },
    ],
  },
  {
    name: "parked-sender-not-told",
    rule: "R13",
    breaks: "Nobody is told that a record was parked: a saga waits for its reply, a client for its answer.",
    edits: [
      {
        file: "runtime/delivery/park.ts",
        find: "  const answers = out.reply(task.message, faulted)\n",
        replace: "  const answers: ReturnType<Outgoing[\"reply\"]> = []\n",
      },
    ],
  },
]
