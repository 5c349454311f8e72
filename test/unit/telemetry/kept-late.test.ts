// Sagas that were not chosen to be traced and turn out to be worth it.
import assert from "node:assert/strict"
import { test, type TestContext } from "node:test"
import type { Closing, Telemetry } from "../../../runtime/ports/telemetry.ts"
import { parseTraceparent, sagaTrace } from "../../../runtime/telemetry/saga-trace.ts"
import { startTracing, type Tracing } from "../../../runtime/telemetry/setup.ts"
import { startCollector, type OtlpCollector } from "../../support/otlp-collector.ts"
import { canary, command, lifeOf, playCompensatedSaga, reply, sagaServices } from "./compensated-saga.ts"

const saga = { service: "place-order", key: "o-1" }
const reserve = { to: { service: "inventory", key: "sku-1" }, name: "reserve", effect: "place-order/o-1:1:0" }
const charge = { to: { service: "payment", key: "customer-9" }, name: "charge", effect: "place-order/o-1:2:0" }
const ok = { type: "done", value: null } as const
const { traceId, rootSpanId, startSpanId } = sagaTrace(lifeOf("o-1", 1_000))

interface Kept {
  readonly collector: OtlpCollector
  readonly tracing: Tracing
}

/** Nothing is chosen. */
async function traceNothing(t: TestContext, instanceId = "host-1"): Promise<Kept> {
  const collector = await startCollector()
  t.after(() => collector.close())
  const where = { services: sagaServices, namespace: "shop", instanceId, endpoint: collector.endpoint }
  return { collector, tracing: await startTracing({ ...where, ratio: 0, slowMs: 60_000 }) }
}

/** One step of the saga and how it closed; gives the traceparent that the saga's command carries. */
function step(telemetry: Telemetry, nowMs: number, closing: Omit<Closing, "nowMs"> = {}, trace?: string) {
  const standing = { state: "running", startedMs: 1_000 } as const
  const message = { ...reply(saga, reserve, ok), ...(trace === undefined ? {} : { trace }) }
  const span = telemetry.process({ message, kind: "saga", begins: false, standing, nowMs })
  const sent = span.send({ type: "command", ...charge, direction: "do" })
  span.end({ nowMs: nowMs + 5, ...closing })
  return sent
}

test("what was not chosen and goes well leaves nothing, and its records carry the flag 00 and the saga's start", async (t) => {
  const { collector, tracing } = await traceNothing(t)
  const start = command({ to: saga, name: "start", effect: "r-1" }, "do")
  const span = tracing.telemetry.process({ message: start, kind: "saga", begins: true, nowMs: 1_000 })
  const sent = span.send({ type: "command", ...reserve, direction: "do" })
  assert.equal(sent, `00-${traceId}-${startSpanId}-00`)
  assert.equal(span.trace, sent)
  span.end({ nowMs: 1_001 })
  assert.equal(step(tracing.telemetry, 1_002, { ended: { outcome: "completed", startedMs: 1_000 } }, sent), sent)
  await tracing.shutdown()
  assert.deepEqual(collector.spans, [])
})

test("a compensated saga is kept from its first refusal on, as one tree with its start, its undos and its outcome", async (t) => {
  const { collector, tracing } = await traceNothing(t)
  playCompensatedSaga(tracing.telemetry, { key: "o-1", startedMs: 1_000 })
  await tracing.shutdown()
  assert.equal(collector.tree(traceId).whole, true)
  const draw = (parent: string | undefined, depth: number): string[] =>
    collector.spans.flatMap(({ serviceName, name, spanId, parentSpanId }) =>
      parentSpanId === parent ? [`${" ".repeat(depth)}${serviceName}: ${name}`, ...draw(spanId, depth + 1)] : [],
    )
  assert.deepEqual(draw(undefined, 0), [
    "place-order: place-order",
    " place-order: place-order started",
    "  payment: process payment.charge",
    "   payment: send place-order reply",
    "    place-order: process place-order reply",
    "     place-order: send inventory.release",
    "      inventory: process inventory.release",
    "       inventory: send place-order reply",
    "        place-order: process place-order reply",
  ])
  const [root] = collector.tree(traceId).roots
  assert.deepEqual([root?.spanId, root?.startMs], [rootSpanId, 1_000])
  assert.deepEqual([root?.attributes["troupe.trace.kept_late"], root?.attributes["troupe.saga.outcome"]], [true, "compensated"])
  assert.equal(collector.received(canary), false)
})

test("an undo is the turn as well, where no participant has refused: a timeout, or a cancel", async (t) => {
  const { collector, tracing } = await traceNothing(t)
  const standing = { state: "running", startedMs: 1_000 } as const
  const message = reply(saga, reserve, ok)
  const span = tracing.telemetry.process({ message, kind: "saga", begins: false, standing, nowMs: 1_010 })
  const undo = span.send({ type: "command", to: reserve.to, name: "release", direction: "undo" })
  assert.equal(parseTraceparent(undo)?.sampled, true)
  assert.equal(parseTraceparent(span.trace)?.sampled, true, "what its timers carry")
  span.end({ nowMs: 1_011 })
  await tracing.shutdown()
  const start = collector.spans.find((found) => found.spanId === startSpanId)
  assert.deepEqual([start?.name, start?.startMs, start?.endMs], ["place-order started", 1_000, 1_000])
  assert.deepEqual(collector.spans.length, 3)
})

test("a saga that is parked, killed or slow is kept", async (t) => {
  const parked = { parked: { code: "UNDO_FAILED", message: canary } }
  const killed = { ended: { outcome: "killed", startedMs: 1_000 } } as const
  const completed = { ended: { outcome: "completed", startedMs: 1_000 } } as const
  for (const [closing, nowMs, names] of [
    [parked, 1_010, ["place-order started", "send payment.charge", "process place-order reply"]],
    [killed, 1_010, ["place-order started", "send payment.charge", "process place-order reply", "place-order"]],
    [completed, 61_000, ["place-order started", "send payment.charge", "process place-order reply", "place-order"]],
    [{}, 61_000, ["place-order started", "send payment.charge", "process place-order reply"]],
  ] as const) {
    const { collector, tracing } = await traceNothing(t)
    const sent = step(tracing.telemetry, nowMs, closing)
    await tracing.shutdown()
    const kept = collector.spans.map(({ name }) => name).filter((name) => name !== "send payment.charge")
    assert.deepEqual(kept, names.filter((name) => name !== "send payment.charge"), JSON.stringify(closing))
    // What comes of being slow is recorded by everybody from then on.
    assert.equal(parseTraceparent(sent)?.sampled, nowMs > 60_000)
  }
})

test("the flag tells the other processes, and what a process has kept it goes on keeping", async (t) => {
  const first = await traceNothing(t)
  const second = await traceNothing(t, "host-2")
  const sent = step(first.tracing.telemetry, 61_000)
  const message = { ...command(charge, "do"), trace: sent ?? "" }
  second.tracing.telemetry.process({ message, kind: "service", begins: false, nowMs: 61_010 }).end({ nowMs: 61_011 })
  // Another branch, whose record left before the turn.
  assert.equal(parseTraceparent(step(first.tracing.telemetry, 1_020, {}, `00-${traceId}-${startSpanId}-00`))?.sampled, true)
  await first.tracing.shutdown()
  await second.tracing.shutdown()
  assert.deepEqual(second.collector.spans.map(({ name }) => name), ["process payment.charge"])
  const starts = first.collector.spans.filter(({ name }) => name === "place-order started")
  assert.equal(starts.length, 1, "its start is told once")
})
