// The rules of the span model, one at a time, seen by a collector.
import assert from "node:assert/strict"
import { test, type TestContext } from "node:test"
import { limits } from "../../../runtime/kernel/limits.ts"
import type { Message } from "../../../runtime/message/message.ts"
import type { Closing, Opening, Telemetry } from "../../../runtime/ports/telemetry.ts"
import { parseTraceparent, sagaTrace } from "../../../runtime/telemetry/saga-trace.ts"
import { startTracing } from "../../../runtime/telemetry/setup.ts"
import { startCollector, type CollectedSpan } from "../../support/otlp-collector.ts"
import { canary, command, lifeOf, reply, sagaServices, timer } from "./compensated-saga.ts"

const saga = { service: "place-order", key: "o-1" }
const stock = { service: "inventory", key: "sku-1" }
const reserve = { to: stock, name: "reserve", effect: "place-order/o-1:1:0" }
const { traceId: sagaId, rootSpanId: rootId, startSpanId: startId } = sagaTrace(lifeOf("o-1", 1_000))
const standing = { state: "running", startedMs: 1_000 } as const
const foreign = { traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331" }
const foreignTrace = `00-${foreign.traceId}-${foreign.spanId}-01`
const ownTrace = `00-${sagaId}-00f067aa0ba902b7-01`
const ok = { type: "done", value: null } as const

/** The spans that these calls lead to, in the order in which they ended. */
async function spansOf(t: TestContext, calls: (telemetry: Telemetry) => void, ratio = 1): Promise<readonly CollectedSpan[]> {
  const collector = await startCollector()
  t.after(() => collector.close())
  const tracing = await startTracing({
    services: sagaServices, namespace: "shop", instanceId: "host-1", endpoint: collector.endpoint, ratio,
  })
  calls(tracing.telemetry)
  await tracing.shutdown()
  assert.equal(collector.received(canary), false)
  return collector.spans
}

function opening(message: Message, more: Partial<Opening> = {}): Opening {
  const isSaga = message.to.service === saga.service
  const opened: Opening = { message, kind: isSaga ? "saga" : "service", begins: false, nowMs: 1_000, ...more }
  return isSaga && !opened.begins ? { standing, ...opened } : opened
}

async function spanOf(t: TestContext, opened: Opening, closing: Partial<Closing> = {}): Promise<CollectedSpan> {
  const [span, ...others] = await spansOf(t, (telemetry) => telemetry.process(opened).end({ nowMs: 1_004, ...closing }))
  assert.ok(span !== undefined && others.length === 0)
  return span
}

test("a message of a saga that carries no trace hangs on the saga's start", async (t) => {
  for (const trace of [undefined, "not a traceparent"]) {
    const message = { ...reply(saga, reserve, ok), ...(trace === undefined ? {} : { trace }) }
    const span = await spanOf(t, opening(message))
    assert.deepEqual([span.traceId, span.parentSpanId, span.links], [sagaId, startId, []])
  }
})

test("a saga stays in its own trace when a message comes from another one, and links to that", async (t) => {
  const span = await spanOf(t, opening({ ...reply(saga, reserve, ok), trace: foreignTrace }))
  assert.deepEqual([span.traceId, span.parentSpanId, span.links], [sagaId, startId, [foreign]])
})

test("a message that carries the saga's own trace is a child of the span that sent it", async (t) => {
  const span = await spanOf(t, opening({ ...reply(saga, reserve, ok), trace: ownTrace }))
  assert.deepEqual([span.traceId, span.parentSpanId, span.links], [sagaId, "00f067aa0ba902b7", []])
})

test("a late reply to a saga that has been forgotten stays in the trace that it comes from", async (t) => {
  const span = await spanOf(t, opening({ ...reply(saga, reserve, ok), trace: ownTrace }, { standing: undefined }))
  assert.deepEqual([span.traceId, span.parentSpanId], [sagaId, "00f067aa0ba902b7"])
})

test("a start that was turned away is the root of its trace: there will be no saga", async (t) => {
  const start = opening(command({ to: saga, name: "start", effect: "r-1" }, "do"), { begins: true })
  const refused = { type: "refused", code: "invalid-input", detail: null } as const
  const span = await spanOf(t, start, { outcome: refused })
  assert.deepEqual([span.traceId, span.spanId, span.parentSpanId], [sagaId, startId, undefined])
})

test("a saga that is taken back after its end ends once more, below the root of the first time", async (t) => {
  const ended = { outcome: "compensated", startedMs: 1_000 } as const
  const spans = await spansOf(t, (telemetry) => {
    const again = opening(reply(saga, reserve, ok), { standing: { state: "ended", startedMs: 1_000 } })
    telemetry.process(again).end({ nowMs: 1_004, ended })
  })
  assert.deepEqual(spans.map((span) => [span.name, span.parentSpanId]), [
    ["process place-order reply", startId], ["place-order", rootId],
  ])
})

test("an event can start a saga's trace as well as a command", async (t) => {
  const event = { type: "event", to: saga, name: "OrderPlaced", id: "e-1", source: "shop", subject: "o-1", timeMs: 0 } as const
  const span = await spanOf(t, opening({ ...event, payload: { secret: canary }, trace: foreignTrace }, { begins: true }))
  assert.deepEqual([span.traceId, span.spanId, span.parentSpanId, span.links], [sagaId, startId, rootId, [foreign]])
  assert.equal(span.name, "process place-order on OrderPlaced")
  assert.equal(span.attributes["messaging.message.id"], "e-1")
})

test("a timer's span belongs to the decision that set it; its name has the timer's, and never an id", async (t) => {
  const span = await spanOf(t, opening({ ...timer(saga, "place-order/o-1:4:0"), trace: ownTrace }))
  assert.deepEqual([span.name, span.parentSpanId], ["process place-order timer", "00f067aa0ba902b7"])
  assert.equal(span.attributes["troupe.effect.key"], "place-order/o-1:4:0")
  const own = await spanOf(t, opening(timer(stock, "restock:sku-1")))
  assert.equal(own.name, "process inventory timer restock")
})

test("the trace of a process span is what a timer of the decision carries", async (t) => {
  let carried: string | undefined
  const [span] = await spansOf(t, (telemetry) => {
    const process = telemetry.process(opening(command({ to: saga, name: "start", effect: "r-1" }, "do"), { begins: true }))
    carried = process.trace
    process.end({ nowMs: 1_000 })
  })
  assert.deepEqual(parseTraceparent(carried), { traceId: span?.traceId, spanId: span?.spanId, sampled: true })
})

test("a service takes on the trace of whoever asked it", async (t) => {
  const span = await spanOf(t, opening({ ...command(reserve, "do"), trace: foreignTrace }))
  assert.deepEqual([span.traceId, span.parentSpanId], [foreign.traceId, foreign.spanId])
})

test("a message to a service that carries no trace begins one", async (t) => {
  const spans = await spansOf(t, (telemetry) => {
    for (const _ of [1, 2]) telemetry.process(opening(command(reserve, "do"), { begins: true })).end({ nowMs: 1_000 })
  })
  assert.equal(new Set(spans.map((span) => span.traceId)).size, 2)
  assert.ok(spans.every((span) => span.parentSpanId === undefined))
})

test("what comes after the start of a saga does not get the saga's ids", async (t) => {
  const spans = await spansOf(t, (telemetry) => {
    const start = opening(command({ to: saga, name: "start", effect: "r-1" }, "do"), { begins: true })
    telemetry.process(start).end({ nowMs: 1_000 })
    telemetry.process(opening(command(reserve, "do"))).end({ nowMs: 1_000 })
  })
  const [start, other] = spans
  assert.deepEqual([start?.traceId, start?.spanId], [sagaId, startId])
  assert.notEqual(other?.traceId, sagaId)
  assert.notEqual(other?.spanId, startId)
})

test("a text that is too long for an attribute is cut", async (t) => {
  const outcome = { type: "refused", code: "x".repeat(10_000), detail: null } as const
  const span = await spanOf(t, opening(command(reserve, "do")), { outcome })
  assert.equal(String(span.attributes["troupe.outcome.code"]).length, limits.traceAttributeLengthMax)
})

test("an event is sent under its own name", async (t) => {
  const [sent] = await spansOf(t, (telemetry) => {
    const process = telemetry.process(opening(command(reserve, "do")))
    process.send({ type: "event", to: stock, name: "StockReserved" })
    process.end({ nowMs: 1_000 })
  })
  assert.deepEqual([sent?.name, sent?.kind], ["send StockReserved", "producer"])
  assert.equal(sent?.attributes["messaging.destination.name"], "StockReserved")
})

test("a command that could not be decided is an error with its code and without its text", async (t) => {
  const outcome = { type: "faulted", code: "SCHEMA_MISMATCH", message: `saw ${canary}` } as const
  const span = await spanOf(t, opening(command(reserve, "do")), { outcome })
  assert.deepEqual(span.status, { code: "error", message: "SCHEMA_MISMATCH" })
  assert.equal(span.attributes["error.type"], "SCHEMA_MISMATCH")
})

test("what is parked is an error and says so", async (t) => {
  const span = await spanOf(t, opening(reply(saga, reserve, ok)), { parked: { code: "UNDO_FAILED", message: canary } })
  assert.deepEqual(span.status, { code: "error", message: "UNDO_FAILED" })
  assert.equal(span.attributes["troupe.parked"], true)
})

test("a reply that tells of a fault is no error of the saga that reads it", async (t) => {
  const span = await spanOf(t, opening(reply(saga, reserve, { type: "faulted", code: "POISON", message: canary })))
  assert.deepEqual([span.status.code, span.attributes["troupe.outcome.code"]], ["unset", "POISON"])
})

test("bookkeeping between engines, and actors that nobody declared, get no span", async (t) => {
  const spans = await spansOf(t, (telemetry) => {
    const messages: Message[] = [
      { type: "settled", to: stock, scope: "place-order/o-1" },
      command({ to: { service: "stranger", key: "k" }, name: "ask", effect: "e-1" }, "do"),
    ]
    for (const message of messages) {
      const process = telemetry.process(opening(message))
      assert.equal(process.send({ type: "command", to: stock, name: "reserve" }), undefined)
      assert.equal(process.trace, undefined)
      process.end({ nowMs: 1_000 })
    }
  })
  assert.deepEqual(spans, [])
})

test("a simulation's times come out as they went in, and a clock that is set back makes no negative span", async (t) => {
  const spans = await spansOf(t, (telemetry) => {
    telemetry.process(opening(command(reserve, "do"), { nowMs: 0 })).end({ nowMs: 1.5 })
    telemetry.process(opening(command(reserve, "do"), { nowMs: 1_790_000_000_999 })).end({ nowMs: 1_790_000_000_000 })
  })
  assert.deepEqual(spans.map((span) => [span.startMs, span.endMs]), [[0, 1.5], [1_790_000_000_999, 1_790_000_000_999]])
})

test("every process takes the same decision on what part of the sagas is recorded", async (t) => {
  const keys = Array.from({ length: 1_000 }, (_, index) => `o-${index}`)
  const decide = async () => {
    const flags: (boolean | undefined)[] = []
    await spansOf(t, (telemetry) => {
      for (const key of keys) {
        const start = command({ to: { ...saga, key }, name: "start", effect: key }, "do")
        flags.push(parseTraceparent(telemetry.process(opening(start, { begins: true })).trace)?.sampled)
        // A message whose trace was lost comes to the same decision as the start.
        flags.push(parseTraceparent(telemetry.process(opening(reply({ ...saga, key }, reserve, ok))).trace)?.sampled)
      }
    }, 0.3)
    return flags
  }
  const [one, other] = [await decide(), await decide()]
  assert.deepEqual(one, other)
  assert.ok(keys.every((_, index) => one[2 * index] === one[2 * index + 1]))
  const part = one.filter((flag) => flag === true).length / one.length
  assert.ok(part > 0.2 && part < 0.4, `recorded: ${part}`)
})
