// Mutants of time, answers, events, operators and members: R20 to R24.
import type { Mutant } from "./mutant.ts"

export const timeMutants: readonly Mutant[] = [
  {
    name: "timers-before-the-news",
    rule: "R20",
    breaks: "After a take-over timers fire before what had already arrived is decided.",
    edits: [
      {
        file: "runtime/delivery/timers.ts",
        find:
          "  yield* allReady\n" +
          "  while (delivery.unreadBefore.size > 0) yield* Effect.sleep(limits.timerTickMs)\n" +
          "  yield* whenTaken(delivery, delivery.queue.arrivals)\n" +
          "  const clock = yield* Effect.clockWith(Effect.succeed)\n" +
          "  let lastMs = clock.currentTimeMillisUnsafe()\n",
        replace:
          "  const clock = yield* Effect.clockWith(Effect.succeed)\n" +
          "  let lastMs = clock.currentTimeMillisUnsafe()\n" +
          "  queueDueTimers(delivery, lastMs + 0 * Number(allReady === undefined))\n",
      },
    ],
  },
  {
    name: "timer-early",
    rule: "R20",
    breaks: "Timers fire up to two seconds before they are due.",
    edits: [
      {
        file: "runtime/delivery/timers.ts",
        find: "    queueDueTimers(delivery, lastMs)\n",
        replace: "    queueDueTimers(delivery, lastMs + 2_000)\n",
      },
    ],
  },
  {
    name: "timers-lost-at-take-over",
    rule: "R20",
    breaks: "A new owner does not know the timers that its predecessor had set.",
    edits: [
      {
        file: "runtime/delivery/recover.ts",
        find: "  partition.resynced = isResync\n",
        replace:
          "  partition.resynced = isResync\n" +
          "  while (partition.dueTimers.takeDue(Number.MAX_SAFE_INTEGER) !== undefined);\n",
      },
    ],
  },
  {
    name: "timer-fires-twice",
    rule: "R20",
    breaks: "A timer that has fired is not cleared with the decision that it led to: a new owner fires it again.",
    edits: [
      {
        file: "runtime/delivery/conclude.ts",
        find: "    ...(message.type === \"timer\" ? [{ type: \"clear\" as const, name: message.name }] : []),\n",
        replace: "",
      },
    ],
  },
  {
    name: "cancelled-timer-fires",
    rule: "R20",
    breaks: "A timer that was cancelled fires all the same.",
    edits: [
      {
        file: "runtime/delivery/conclude.ts",
        find: "        ? { type: \"clear\" as const, name: change.name }\n",
        replace: "        ? { type: \"clear\" as const, name: change.name + \"!\" }\n",
      },
    ],
  },
  {
    name: "requests-not-remembered",
    rule: "R21",
    breaks: "What a client asked is not remembered: when it asks again, it is done again.",
    edits: [
      {
        file: "runtime/delivery/row.ts",
        find: "  const asked = put(row.asked, effect, memory)\n",
        replace: "  if (memory.undone === undefined) return\n  const asked = put(row.asked, effect, memory)\n",
      },
    ],
  },
  {
    name: "second-start-begins-again",
    rule: "R21",
    breaks: "A start of a saga that has ended begins it once more.",
    edits: [
      {
        file: "sagas/orchestrator/saga-actor.ts",
        find:
          "  if (message.name === \"start\") return row === undefined ? begin(parts, message, context) : " +
          "join(row, message)\n",
        replace:
          "  if (message.name === \"start\")\n" +
          "    return row === undefined || \"ended\" in row ? begin(parts, message, context) : join(row, message)\n",
      },
    ],
  },
  {
    name: "ended-saga-says-nothing",
    rule: "R21",
    breaks: "Who asks again for the outcome of a saga that has ended gets no answer.",
    edits: [
      {
        file: "sagas/orchestrator/answers.ts",
        find: "  if (\"ended\" in row) return { state: row, answer: [{ to: waiter, outcome: endOutcome(row.ended, waiter) }] }\n",
        replace: "  if (\"ended\" in row) return { state: row }\n",
      },
    ],
  },
  {
    name: "event-mark-without-its-records",
    rule: "R22",
    breaks: "The mark of an event and what it leads to are two entries: a crash between them loses the reaction.",
    edits: [
      {
        file: "runtime/delivery/event-delivery.ts",
        find: "    return seal({ from, ...out.entry() })\n",
        replace:
          "    const later = () => delivery.queue.push({ lane: \"events\", from: [], work: { type: \"forward\", messages } })\n" +
          "    queueMicrotask(() => queueMicrotask(() => { later(); delivery.work.openUnsafe() }))\n" +
          "    return seal({ from })\n",
      },
    ],
  },
  {
    name: "claims-without-a-heartbeat",
    rule: "R24",
    breaks: "A process that could not say that it lives takes the others for gone and claims everything.",
    edits: [
      {
        file: "runtime/host/ownership.ts",
        find: "  return heard._tag === \"Some\"\n",
        replace:
          "  if (heard._tag === \"None\" || heard.value._tag === \"Failure\")\n" +
          "    for (let partition = 0; partition < state.options.app.partitions; partition += 1)\n" +
          "      if (!state.taken.has(partition) && state.phase === \"owning\") yield* take(state, partition)\n" +
          "  return heard._tag === \"Some\"\n",
      },
    ],
  },
  {
    name: "everybody-owns-everything",
    rule: "R24",
    breaks: "Each process takes all partitions for its share, and takes them from the others again and again.",
    edits: [
      {
        file: "runtime/host/ownership.ts",
        find: "  const owners = assignPartitions(app.partitions, members)\n",
        replace: "  const owners = assignPartitions(app.partitions, members.filter(({ name }) => name === self))\n",
      },
    ],
  },
  {
    name: "waits-for-a-heartbeat-for-ever",
    rule: "R24",
    breaks: "A heartbeat whose answer was lost with its link is waited for without an end: the process is gone for the others.",
    edits: [
      {
        file: "runtime/host/ownership.ts",
        find: "Effect.timeoutOption(said, limits.heartbeatMaxMs)\n",
        replace: "Effect.timeoutOption(said, 1_000_000 * limits.heartbeatMaxMs)\n",
      },
    ],
  },
]
