// Mutants of what is stored and deleted, and of identity: R14 to R19.
import type { Mutant } from "./mutant.ts"

export const storageMutants: readonly Mutant[] = [
  {
    name: "input-purged-before-commit",
    rule: "R15",
    breaks: "Input is deleted when it was read, not when a committed block has decided it.",
    edits: [
      {
        file: "runtime/delivery/truncation.ts",
        find: "      const before = positionOf(delivery.committedLow.get(channel) ?? 0)\n",
        replace: "      const before = positionOf(delivery.partition.channels.get(channel)?.high ?? 0) + 2\n",
      },
    ],
  },
  {
    name: "base-moved-too-early",
    rule: "R15",
    breaks: "A round of compaction counts as finished when it begins: blocks go whose rows nothing else holds.",
    setting: "tight",
    edits: [
      {
        file: "runtime/delivery/compaction.ts",
        find: "      since: round.since,\n",
        replace: "      since: partition.blockNumber + 1,\n",
      },
      {
        file: "runtime/delivery/commit.ts",
        find: "    ...(delivery.compaction.since === partition.blockNumber + 1 ? { begins: true as const } : {}),\n",
        replace: "    ...(decisions.some(({ entry }) => entry.checkpoint !== undefined) ? { begins: true as const } : {}),\n",
      },
    ],
  },
  {
    name: "effects-forgotten-at-compaction",
    rule: "R15",
    breaks: "Compaction does not carry what an actor remembers of effects: a repeated command is carried out again.",
    setting: "tight",
    edits: [
      {
        file: "runtime/delivery/compaction.ts",
        find: "    ...portions([...effects, ...asked]).map((some) => ({ from: [], to, effects: some })),\n",
        replace: "    ...portions([...effects, ...asked].slice(0, 0)).map((some) => ({ from: [], to, effects: some })),\n",
      },
    ],
  },
  {
    name: "timers-forgotten-at-compaction",
    rule: "R15",
    breaks: "Compaction does not carry the timers of an actor: they never fire.",
    setting: "tight",
    edits: [
      {
        file: "runtime/delivery/compaction.ts",
        find: "    ...portions(due).map((some) => ({ from: [], to, timers: some })),\n",
        replace: "    ...portions(due.slice(0, 0)).map((some) => ({ from: [], to, timers: some })),\n",
      },
    ],
  },
  {
    name: "outbox-forgotten-at-compaction",
    rule: "R15",
    breaks: "A checkpoint takes all that was sent for confirmed.",
    setting: "tight",
    edits: [
      {
        file: "runtime/delivery/compaction.ts",
        find: "        return [id, outbox.last, messages, outbox.claims.list] as const",
        replace: "        return [id, outbox.last, messages.slice(0, 0), outbox.claims.list] as const",
      },
    ],
  },
  {
    name: "malformed-input-dropped",
    rule: "R17",
    breaks: "Input that cannot be read is dropped instead of parked.",
    edits: [
      {
        file: "runtime/delivery/decode.ts",
        find: "work: { type: \"park\", parked: parkedBytes(\"external\", record, error) } }]\n",
        replace: "work: { type: \"forward\", messages: error === undefined ? [] : [] } }]\n",
      },
    ],
  },
  {
    name: "packed-row-is-stale",
    rule: "R18",
    breaks: "A row that was changed after it was packed once is packed no more: its last changes are lost.",
    setting: "tight",
    edits: [
      {
        file: "runtime/delivery/row-store.ts",
        find: "      if (changed && !this.#young.has(elderKey)) this.#packed.set(elderKey, packRow(row))\n",
        replace:
          "      if (changed && !this.#young.has(elderKey) && !this.#packed.has(elderKey)) {\n" +
          "        this.#packed.set(elderKey, packRow(row))\n" +
          "      }\n",
      },
    ],
  },
]
