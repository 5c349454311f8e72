import assert from "node:assert/strict"
import { test } from "node:test"
import { type CommittedBlock, type Observer, unobserved } from "../../../runtime/delivery/observer.ts"
import { PartitionCrashed } from "../../../runtime/host/ownership-state.ts"
import { type LogLevel, loggingObserver } from "../../../runtime/telemetry/log.ts"
import { sagaTrace } from "../../../runtime/telemetry/saga-trace.ts"

const canary = "canary-77d0"
const block: CommittedBlock = {
  partition: 3, number: 7, decisions: 2, bytes: 500, alarms: [{ monitor: "watch", kind: "late" }], parked: 1, outcomes: [],
  ended: [{ saga: "place-order", key: "o 1", outcome: "compensated", reason: "declined", startedMs: 1_000, endedMs: 1_250 }],
  setAside: [{ row: "mail/m-1", code: "POISON", trace: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" }],
  dropped: [{ id: "e-1", row: "mail/m-2", code: "HANDLER_THREW", message: canary }],
}

function linesOf(level: LogLevel, tell: (observer: Observer) => void, format: "json" | "text" = "json"): readonly string[] {
  const lines: string[] = []
  const write = (line: string) => void lines.push(line)
  const options = { level, format, namespace: "shop", app: "order-flow", write, nowMs: () => 1_790_000_000_250 }
  tell(loggingObserver(options, unobserved))
  assert.ok(!lines.join("").includes(canary))
  return lines.map((line) => line.replace(/\n$/, ""))
}

const codesOf = (lines: readonly string[]) =>
  lines.map((line) => (JSON.parse(line) as { code: string }).code) // cast: a line of the log

function everything(observer: Observer): void {
  observer.committed(block)
  observer.owned([1, 3])
  observer.fenced(3)
  observer.resent(4)
  observer.breaker("card", "open")
  observer.handled({ service: "card", outcome: "faulted", tookMs: 12 })
  observer.handled({ service: "card", outcome: "done", tookMs: 12 })
  observer.broken(3, new PartitionCrashed(`Unexpected token in ${canary}`))
}

test("a line says when, how bad, what, and the ids that lead on: of the saga, its trace, the actor", () => {
  const lines = linesOf("info", ({ committed }) => committed(block))
  const base = { time: "2026-09-21T14:13:20.250Z", app: "order-flow" }
  const { traceId, rootSpanId } = sagaTrace({ namespace: "shop", saga: "place-order", key: "o 1", startedMs: 1_000 })
  assert.deepEqual(lines.map((line): unknown => JSON.parse(line)), [
    {
      ...base, level: "info", code: "SAGA_ENDED", message: "a saga ended: compensated", saga: "place-order", key: "o 1",
      outcome: "compensated", reason: "declined", tookMs: 250, traceId, spanId: rootSpanId,
    },
    {
      ...base, level: "warn", code: "PARKED", message: "it waits for an operator", partition: 3, actor: "mail/m-1",
      cause: "POISON", traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331",
    },
    {
      ...base, level: "warn", code: "DROPPED", message: "a record was given up", partition: 3, actor: "mail/m-2", record: "e-1",
      cause: "HANDLER_THREW",
    },
    { ...base, level: "warn", code: "ALARM", message: "a monitor raised an alarm", monitor: "watch", kind: "late" },
  ])
})

test("quiet unless somebody has to look: from warn on by default, and off is off", () => {
  assert.deepEqual(codesOf(linesOf("debug", everything)), [
    "BLOCK", "SAGA_ENDED", "PARKED", "DROPPED", "ALARM", "OWNED", "FENCED", "RESENT", "BREAKER", "HANDLER_FAILED",
    "PARTITION_CRASHED",
  ])
  assert.deepEqual(codesOf(linesOf("warn", everything)), ["PARKED", "DROPPED", "ALARM", "BREAKER", "PARTITION_CRASHED"])
  assert.deepEqual(codesOf(linesOf("error", everything)), ["PARTITION_CRASHED"])
  assert.deepEqual(linesOf("off", everything), [])
})

test("on a terminal a line is read by people", () => {
  const [line] = linesOf("info", ({ committed }) => committed(block), "text")
  const start = "14:13:20.250 INFO  SAGA_ENDED: a saga ended: compensated  "
  assert.ok(line?.startsWith(`${start}app=order-flow saga=place-order key="o 1" outcome=compensated`))
})

test("whoever listened before is told all the same", () => {
  const told: string[] = []
  const next: Observer = { ...unobserved, fenced: () => void told.push("fenced"), committed: () => void told.push("block") }
  const observer = loggingObserver({ level: "warn", format: "json", namespace: "n", app: "a", write: () => undefined }, next)
  observer.fenced(1)
  observer.committed(block)
  assert.deepEqual(told, ["fenced", "block"])
})
