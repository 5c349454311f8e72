// Mutants of lanes, numbers and marks: R1 to R7.
import type { Mutant } from "./mutant.ts"

export const laneMutants: readonly Mutant[] = [
  {
    name: "replies-wait-for-room",
    rule: "R1",
    breaks: "A partition whose outbox is full refuses replies too, so two partitions wait for each other's room for ever.",
    setting: "tight",
    edits: [
      {
        file: "runtime/delivery/receive.ts",
        find: "  // What is committed here already was sent because",
        replace:
          "  if (unconfirmedCount(delivery) >= limits.outboxRecordsMax) return\n" +
          "  // What is committed here already was sent because",
      },
    ],
  },
  {
    name: "last-in-first-out",
    rule: "R1",
    breaks: "The record that came last is decided first: records of a lane reach their actor out of order.",
    edits: [
      {
        file: "runtime/delivery/record-queue.ts",
        find: "      queue.head += 1\n",
        replace: "      const last = queue.items.pop() ?? item\n",
      },
      { file: "runtime/delivery/record-queue.ts", find: "      return item.inbound\n", replace: "      return last.inbound\n" },
    ],
  },
  {
    name: "dispatch-before-commit",
    rule: "R2",
    breaks: "Records leave for other partitions before the block that makes them is stored.",
    edits: [
      {
        file: "runtime/delivery/loop.ts",
        find: "    delivery.committing = true\n",
        replace: "    delivery.committing = true\n    dispatch(delivery, cut.decisions)\n",
      },
    ],
  },
  {
    name: "confirms-what-it-took",
    rule: "R2",
    breaks: "A destination confirms a frame when it has taken it, not when a committed block has decided it.",
    edits: [
      {
        file: "runtime/delivery/receive.ts",
        find: "  delivery.work.openUnsafe()\n}\n\n/** Pulls",
        replace: "  tell(channel.high)\n  delivery.work.openUnsafe()\n}\n\n/** Pulls",
      },
    ],
  },
  {
    name: "resends-uncommitted",
    rule: "R2",
    breaks: "What is sent again includes records that no committed block holds yet.",
    edits: [
      {
        file: "runtime/delivery/dispatch.ts",
        find: "  const committed = delivery.dispatched.get(destination) ?? 0\n",
        replace:
          "  const isLane = destination.startsWith(\"lane:\")\n" +
          "  const committed = isLane ? outbox.last : (delivery.dispatched.get(destination) ?? 0)\n",
      },
    ],
  },
  {
    name: "one-count-for-both-lanes",
    rule: "R3",
    breaks: "Commands and replies of a source share one inbox channel although each lane has numbers of its own.",
    edits: [
      {
        file: "runtime/delivery/receive.ts",
        find: "  const id = laneChannel(incarnation, source, lane)\n",
        replace: "  const id = laneChannel(incarnation, source, \"commands\")\n",
      },
    ],
  },
  {
    name: "count-lost-at-compaction",
    rule: "R3",
    breaks: "A checkpoint does not keep how many records a destination was sent: numbers are given out again.",
    setting: "tight",
    edits: [
      {
        file: "runtime/delivery/compaction.ts",
        find: "        return [id, outbox.last, messages, outbox.claims.list] as const",
        replace: "        return [id, messages.length, messages, outbox.claims.list] as const",
      },
    ],
  },
  {
    name: "gap-accepted",
    rule: "R4",
    breaks: "A record behind a gap is taken: what was lost before it is never decided.",
    edits: [
      {
        file: "runtime/delivery/channel.ts",
        find: "    if (this.dense && number !== this.high + 1) return \"gap\"\n",
        replace: "",
      },
    ],
  },
  {
    name: "resend-drops-the-first",
    rule: "R4",
    breaks: "What is sent again begins behind the record that was lost.",
    edits: [
      {
        file: "runtime/delivery/dispatch.ts",
        find: "  const owed = outbox.owed(after, committedCount(delivery, destination, outbox, after))\n",
        replace:
          "  const all = outbox.owed(after, committedCount(delivery, destination, outbox, after))\n" +
          "  const owed = { first: all.first + 1, messages: all.messages.slice(1) }\n",
      },
    ],
  },
  {
    name: "sends-again-only-when-asked",
    rule: "R4",
    breaks: "What a destination leaves unconfirmed is sent again only if it notices a gap itself.",
    requests: 25,
    edits: [
      {
        file: "runtime/delivery/loop.ts",
        find: "      if (before.get(destination) === outbox.confirmed) resend(delivery, destination, 0)\n",
        replace: "",
      },
      {
        file: "runtime/delivery/loop.ts",
        find: "      for (const lane of [\"commands\", \"replies\"] as const) resend(",
        replace: "      for (const lane of [\"commands\", \"replies\"] as const) if (partition < 0) resend(",
      },
    ],
  },
  {
    name: "failed-event-counts-as-stored",
    rule: "R4",
    breaks: "An event whose publication failed counts as published.",
    edits: [
      {
        file: "runtime/delivery/publishing.ts",
        find: "    outbox.confirm(owed.first + stored - 1)\n",
        replace: "    outbox.confirm(owed.first + results.length - 1)\n",
      },
    ],
  },
  {
    name: "event-repeats-accepted",
    rule: "R4",
    breaks: "An event that was stored twice, because its first acknowledgement was lost, is delivered twice.",
    edits: [
      {
        file: "runtime/delivery/decode.ts",
        find: "    if (mark === undefined) return [{ number, marks: [], work }]\n",
        replace: "    if (mark === undefined || group === undefined) return [{ number, marks: [], work }]\n",
      },
    ],
  },
  {
    name: "decided-set-lost",
    rule: "R5",
    breaks: "A recovery forgets what was decided above the low mark, and decides it again.",
    edits: [
      {
        file: "runtime/delivery/partition.ts",
        find: "    for (const [channel, number] of entry.from) channelOf(partition, channel).restore(number)\n",
        replace: "",
      },
    ],
  },
  {
    name: "low-jumps-over-open-records",
    rule: "R5",
    breaks: "The low mark moves over records that are not decided: after a crash nobody decides them.",
    edits: [
      {
        file: "runtime/delivery/channel.ts",
        find: "      if (number === undefined || !this.decided.has(number)) break\n",
        replace: "      if (number === undefined || this.decided.size === 0) break\n",
      },
    ],
  },
  {
    name: "mark-not-stored",
    rule: "R5",
    breaks: "Blocks do not say which records they decide: a recovery takes all of them again.",
    edits: [
      {
        file: "runtime/delivery/commit.ts",
        find: "  return { head, bytes: encodeBlock(head, decisions.map((decided) => decided.encoded)), decisions }\n",
        replace:
          "  const told = { ...head, low: {} }\n" +
          "  return { head, bytes: encodeBlock(told, decisions.map((decided) => decided.encoded)), decisions }\n",
      },
      {
        file: "runtime/message/block.ts",
        find: "  return JSON.stringify(entry)\n",
        replace: "  return JSON.stringify({ ...entry, from: [] })\n",
      },
    ],
  },
  {
    name: "mailbox-reversed",
    rule: "R6",
    breaks: "A record that waits for its actor overtakes those that waited before it.",
    edits: [
      {
        file: "runtime/delivery/mailbox.ts",
        find: "  mailbox.waiting.push(task)\n",
        replace: "  mailbox.waiting.unshift(task)\n",
      },
    ],
  },
  {
    name: "retry-goes-to-the-end",
    rule: "R6",
    breaks: "A record whose handler failed is tried again behind those that came after it.",
    edits: [
      {
        file: "runtime/delivery/mailbox.ts",
        find: "  if (task !== undefined && again) mailbox.waiting.unshift(task)\n",
        replace: "  if (task !== undefined && again) mailbox.waiting.push(task)\n",
      },
    ],
  },
  {
    name: "mailbox-not-restored",
    rule: "R6",
    breaks: "A new owner does not look at the durable mailboxes: the records in them are never handled.",
    edits: [
      {
        file: "runtime/delivery/mailbox.ts",
        find: "  for (const row of delivery.partition.held.rows()) {\n    const held =",
        replace: "  for (const row of [...delivery.partition.held.rows()].slice(0, 0)) {\n    const held =",
      },
    ],
  },
  {
    name: "dispatch-skipped-after-take-over",
    rule: "R7",
    breaks: "A new owner takes what its predecessor had committed for confirmed, and never sends it.",
    edits: [
      {
        file: "runtime/delivery/recover.ts",
        find: "  partition.resynced = isResync\n",
        replace:
          "  partition.resynced = isResync\n  for (const outbox of partition.outboxes.values()) outbox.confirm(outbox.last)\n",
      },
    ],
  },
  {
    name: "journals-more-than-confirmed",
    rule: "R7",
    breaks: "Blocks say that one record more is confirmed than was: a new owner does not send it again if it was lost.",
    edits: [
      {
        file: "runtime/delivery/commit.ts",
        find: "    confirmed[destination] = outbox.confirmed\n",
        replace: "    confirmed[destination] = Math.min(outbox.last, outbox.confirmed + 1)\n",
      },
    ],
  },
]
