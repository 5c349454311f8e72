// Mutants of the saga core.
import type { Mutant } from "./mutant.ts"

export const sagaMutants: readonly Mutant[] = [
  {
    name: "compensates-forwards",
    rule: "saga",
    breaks: "What was done first is undone first.",
    edits: [
      {
        file: "sagas/machine/progress.ts",
        find: "  for (const instance of Object.keys(progress.items).toReversed()) {\n    const { node }",
        replace: "  for (const instance of Object.keys(progress.items)) {\n    const { node }",
      },
    ],
  },
  {
    name: "unknown-step-not-undone",
    rule: "saga",
    breaks: "A step whose outcome stayed unknown is not undone, although it may have happened.",
    edits: [
      {
        file: "sagas/machine/progress.ts",
        find: "  return status === \"done\" || status === \"unknown\" || status === \"skipped\"\n",
        replace: "  return status === \"done\" || status === \"skipped\"\n",
      },
    ],
  },
  {
    name: "undos-all-at-once",
    rule: "saga",
    breaks: "The next undo is sent before the one before it has settled.",
    edits: [
      {
        file: "sagas/machine/advance.ts",
        find: "      if (undo !== undefined) take(sendUndo(outline, row, undo, count, at), 1)\n",
        replace:
          "      if (undo !== undefined) take(sendUndo(outline, row, undo, count, at), 1)\n" +
          "      const items = undo === undefined ? row.items : { ...row.items, [undo.instance]: [] }\n" +
          "      const progress = progressOf({ ...row, items }, at.self)\n" +
          "      const next = undo === undefined ? undefined : nextToUndo(outline, progress, action.params)\n" +
          "      if (next !== undefined) take(sendUndo(outline, row, next, count, at), 1)\n",
      },
    ],
  },
  {
    name: "undoes-what-is-under-way",
    rule: "saga",
    breaks: "Compensation does not wait for commands that are under way.",
    edits: [
      {
        file: "sagas/machine/progress.ts",
        find: "      statuses.includes(\"pending\") &&\n      isWaitedFor(",
        replace: "      statuses.length < 0 &&\n      isWaitedFor(",
      },
    ],
  },
  {
    name: "timeout-counts-as-refusal",
    rule: "saga",
    breaks: "A step that gave no answer counts as refused: it is not undone, although it may have happened.",
    edits: [
      {
        file: "sagas/machine/delivery.ts",
        find: "event: { kind: direction === \"undo\" ? \"undoFailed\" : \"unknown\", step, item, code, detail } }\n",
        replace: "event: { kind: direction === \"undo\" ? \"undoFailed\" : \"refused\", step, item, code, detail } }\n",
      },
    ],
  },
  {
    name: "any-reply-advances",
    rule: "saga",
    breaks: "A late or repeated reply counts for whatever is open.",
    edits: [
      {
        file: "sagas/machine/core.ts",
        find: "  const slot = findSlot(row, at.self, effect)\n",
        replace:
          "  const known = findSlot(row, at.self, effect)\n" +
          "  const slot = known ?? (event.type === \"timer\" ? undefined : Object.keys(row.open)[0])\n",
      },
    ],
  },
  {
    name: "retries-under-a-new-name",
    rule: "saga",
    breaks: "Each try of a command has an effect key of its own: a try whose answer was lost is carried out twice.",
    edits: [
      {
        file: "sagas/machine/commands.ts",
        find: "    return [write(effectOf(self, slot), open)]\n",
        replace: "    return [write(effectOf(self, slot) + \"~\" + String(open.attempt), open)]\n",
      },
      {
        file: "sagas/machine/core.ts",
        find: "  const { effect } = event\n",
        replace:
          "  const effect = event.effect.split(\"~\")[0] ?? event.effect\n",
      },
    ],
  },
  {
    name: "unknown-pivot-is-undone",
    rule: "saga",
    breaks: "A saga whose pivot may have happened is turned back.",
    edits: [
      {
        file: "sagas/machine/config.ts",
        find: "place === \"pivot\" ? park(\"PIVOT_UNKNOWN\", \"unknown\") : to(around.failed, \"unknown\")",
        replace: "to(around.failed, \"unknown\")",
      },
    ],
  },
  {
    name: "cancelled-past-its-pivot",
    rule: "saga",
    breaks: "A saga whose pivot was sent is turned back when somebody cancels it, or its time is over.",
    edits: [
      {
        file: "sagas/machine/standing.ts",
        find: "place === \"pivot\" && row.items[name]?.includes(\"refused\") === false)\n",
        replace: "place === \"pivot\" && row.items[name]?.length === -1)\n",
      },
    ],
  },
  {
    name: "failed-undo-counts-as-undone",
    rule: "saga",
    breaks: "An undo that failed for good counts as undone: the saga ends compensated and leaves the effect behind.",
    edits: [
      {
        file: "sagas/machine/delivery.ts",
        find: "  return { type: \"settled\", event: { kind: direction === \"undo\" ? \"undoFailed\" : \"unknown\",",
        replace:
          "  if (direction === \"undo\") return { type: \"settled\", event: { kind: \"undone\", step, item } }\n" +
          "  return { type: \"settled\", event: { kind: \"unknown\",",
      },
    ],
  },
  {
    name: "participants-not-released",
    rule: "saga",
    breaks: "Nobody is told that a saga has ended: its participants remember its effects for ever.",
    edits: [
      {
        file: "sagas/machine/stop.ts",
        find: "    return { row: { ended, ...kept }, send: [], emit, release: participants(row) }\n  }\n",
        replace: "    return { row: { ended, ...kept }, send: [], emit, release: [] }\n  }\n",
      },
    ],
  },
  {
    name: "forgets-one-of-each-list",
    rule: "saga",
    breaks: "Of a step with many commands only the last one is undone.",
    edits: [
      {
        file: "sagas/machine/progress.ts",
        find: "    if (item !== -1) return { instance, item }\n",
        replace: "    if (item === itemsOf(progress, instance).length - 1) return { instance, item }\n",
      },
    ],
  },
  {
    name: "pause-without-a-timer",
    rule: "saga",
    breaks: "A pause before the next try sets no timer: the saga waits for ever.",
    edits: [
      {
        file: "sagas/orchestrator/to-decision.ts",
        find: "if (open?.dueMs !== undefined && old.open[slot] !== open) set(effectOf(self, slot), open.dueMs)\n",
        replace: "if (open?.dueMs !== undefined && old.open[slot] === undefined) set(effectOf(self, slot), open.dueMs)\n",
      },
    ],
  },
  {
    name: "begun-do-not-journaled",
    rule: "R11",
    breaks: "A command that may have to be undone is handled before it is in the mailbox: after a crash its undo overtakes it.",
    edits: [
      {
        file: "runtime/delivery/handling.ts",
        find: "  return isTakenBack(delivery, task) ? 0 : undefined\n",
        replace: "  return isTakenBack(delivery, task) && task.noted === true ? 0 : undefined\n",
      },
    ],
  },
  {
    name: "redriven-behind-its-end",
    rule: "R23",
    breaks: "A command of a saga that has ended is redriven: it is done for nobody, and never undone.",
    edits: [
      {
        file: "runtime/delivery/parked-records.ts",
        find: "      if (isIts && entry.waits === undefined) super.set(id, { ...entry, settled: true })\n",
        replace: "      if (isIts && entry.waits === undefined) super.set(id, entry)\n",
      },
    ],
  },
]
