// What a process may show of itself, with every metric in it.
import { Histogram } from "../../../runtime/kernel/histogram.ts"
import type { Shown } from "../../../runtime/telemetry/metric-points.ts"

const times = new Histogram([0.1, 1])
for (const seconds of [0.05, 0.5, 5]) times.add(seconds)

export const shown: Shown = {
  app: "order-flow",
  gauges: [
    {
      partition: 3, lag: 1, inFlight: 2, mailbox: 3, parked: 4, outbox: 5, rows: 6, timers: 7, timersDue: 2,
      timerLateMs: 1_500, journalBytes: 8, storedBytes: 80,
      sagas: [{ saga: "place-order", running: 20, compensating: 21, parked: 22 }],
      subscriptions: [{ service: "mail", generation: 1, state: "live", position: 9, lag: 17 }],
    },
  ],
  counts: [{ partition: 3, blocks: 11, decisions: 12, bytes: 13, parked: 14, dropped: 16, fenced: 15 }],
  states: { claiming: 1, running: 2, stalled: 0, broken: 3, refused: 0 },
  sagas: [{ saga: "place-order", outcome: "compensated", ended: 9 }],
  alarms: [{ monitor: "order-monitor", kind: "late", raised: 17 }],
  resent: 16,
  flows: [{ service: "mail", running: 17, waiting: 18, waitsFor: "breaker", breaker: "half open", breakerOpened: 19 }],
  heartbeatAgeMs: 250,
  outcomes: [{ service: "mail", outcome: "refused", count: 23 }],
  durations: {
    sagas: [Object.assign(new Histogram([1]), { saga: "place-order", outcome: "completed" as const })],
    handlers: [Object.assign(times, { service: "mail", outcome: "done" as const })],
    appends: new Histogram([1]),
  },
  spans: { waiting: 0, exported: 24, dropped: 25 },
  overloaded: 26,
}
