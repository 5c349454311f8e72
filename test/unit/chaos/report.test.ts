// The verdict and the report of a run, on hand-made ends of runs.
import assert from "node:assert/strict"
import { test } from "node:test"
import type { Outcome } from "../../../runtime/index.ts"
import type { ClientHappening, Happening } from "../../../runtime/simulation/history.ts"
import { countSagas, judge } from "../../chaos/judge.ts"
import { readOptions } from "../../chaos/options.ts"
import { reportText, summaryOf } from "../../chaos/report.ts"
import type { RunEnd } from "../../chaos/run.ts"

function options() {
  const read = readOptions(["--out", "ledgers", "--seed", "5", "--profile", "ci", "--kinds", "power-cut,kill-worker"])
  if (read === "help") throw new Error("help was not asked for")
  return read
}

const means = { servers: 1, hasDisks: true, hasNetwork: true } as const

function seen(effect: string, phase: ClientHappening["phase"], outcome?: Outcome): ClientHappening {
  const what = { app: "bank-and-shop", effect, to: `transfer/${effect}`, name: "start", kind: "start" } as const
  return { type: "client", atMs: 1, client: "client-1", ...what, phase, ...(outcome === undefined ? {} : { outcome }) }
}

const ended = (outcome: string): Outcome => ({ type: "done", value: { outcome } })

function endOf(happenings: readonly Happening[], changes: Partial<RunEnd> = {}): RunEnd {
  const run = { type: "run", v: 1, workload: "bank-and-shop", seed: "5", mode: "processes", apps: [] } as const
  return {
    history: { run, happenings },
    spans: [{ kind: "power-cut", target: "n1", beganMs: 10_000, mendedMs: 11_000, untilMs: 15_000 }],
    answersMs: Array.from({ length: 150 }, (_, n) => n * 100),
    stuck: 0, isAtRest: true, seconds: 60, codes: new Map([["NO_OUTCOME", 3]]), alarms: [], crashes: [], resent: 7, fenced: 2,
    rssMax: new Map([["worker-1", 100 * 1024 * 1024]]),
    ...changes,
  }
}

test("sagas are counted by what their clients were told; one that was only tried was not started", () => {
  const happenings = [
    seen("a", "invoke"), seen("a", "accepted"), seen("a", "answered", ended("completed")),
    seen("b", "invoke"), seen("b", "accepted"), seen("b", "unknown"), seen("b", "answered", ended("compensated")),
    seen("c", "accepted"), seen("c", "answered", { type: "faulted", code: "X", message: "parked" }),
    seen("d", "accepted"),
    seen("e", "invoke"), seen("e", "unknown"),
  ]
  const run = { type: "run", v: 1, workload: "w", seed: "1", mode: "processes", apps: [] } as const
  assert.deepEqual(countSagas({ run, happenings }), { started: 4, completed: 1, compensated: 1, parked: 1, unknown: 1 })
})

test("a run without violations, with everything answered and at rest, is green", () => {
  const verdict = judge(options(), endOf([]))
  assert.deepEqual([verdict.isGreen, verdict.complaints], [true, []])
})

for (const [what, changes] of [
  ["a request without an answer", { stuck: 1 }],
  ["a worker that never rests", { isAtRest: false }],
  ["a process that ended for no known reason", { crashes: ["worker-1 ended with code 1"] }],
  ["a partition that stopped for good", { alarms: ["worker-1: bank-and-shop 3: CORRUPT_JOURNAL: ..."] }],
] as const) {
  test(`${what} makes a run not green`, () => {
    const verdict = judge(options(), endOf([], changes))
    assert.equal(verdict.isGreen, false)
    assert.equal(verdict.complaints.length, 1)
  })
}

test("a saga that was accepted and is in no journal is lost, and the report says how to run it again", () => {
  const settled = { type: "phase", atMs: 2, phase: "settled" } as const
  const facts = { app: "bank-and-shop", partitions: 8, services: [], sagas: ["transfer"] }
  const end = endOf([seen("transfer t1", "invoke"), seen("transfer t1", "accepted"), settled])
  const run = { ...end, history: { ...end.history, run: { ...end.history.run, apps: [facts] } } }
  const verdict = judge(options(), run)
  assert.ok(verdict.lost > 0, verdict.complaints.join("\n"))
  assert.match(reportText(options(), means, run, verdict), /NOT GREEN[^]*npm run chaos -- .*--seed 5/)
})

test("the summary has the promised fields, and the report the figures of each kind of fault", () => {
  const end = endOf([])
  const verdict = judge(options(), end)
  assert.deepEqual(summaryOf(options(), end, verdict), {
    sagas: 0, faults: 1, lost: 0, doubled: 0, orderBreaks: 0, stuck: 0, powerCuts: 1, maxStallMs: 100, ledgers: "ledgers",
  })
  const text = reportText(options(), means, end, verdict)
  const words = ["strict: R1", "seed", "power-cut", "worker-1 100 MiB", "NO_OUTCOME 3", "green"]
  for (const word of words) assert.ok(text.includes(word), word)
  assert.match(reportText(options(), { ...means, hasDisks: false }, end, verdict), /left out +power cuts and full disks/)
})
