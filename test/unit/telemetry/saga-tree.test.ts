// One compensated saga through the whole way out: port, SDK, exporter, protobuf, HTTP, collector.
import assert from "node:assert/strict"
import { test, type TestContext } from "node:test"
import { parseTraceparent, sagaTrace } from "../../../runtime/telemetry/saga-trace.ts"
import { startTracing } from "../../../runtime/telemetry/setup.ts"
import { startCollector, type OtlpCollector } from "../../support/otlp-collector.ts"
import { canary, lifeOf, playCompensatedSaga, sagaServices, type Play, type Played } from "./compensated-saga.ts"

const requester = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
const play: Play = { key: "o-1", startedMs: 1_790_000_000_250, requester }
const { traceId, rootSpanId, startSpanId } = sagaTrace(lifeOf(play.key, play.startedMs))

async function collect(t: TestContext): Promise<{ collector: OtlpCollector; played: Played }> {
  const collector = await startCollector()
  t.after(() => collector.close())
  const tracing = await startTracing({
    services: sagaServices, namespace: "shop", instanceId: "host-1", endpoint: collector.endpoint,
  })
  const played = playCompensatedSaga(tracing.telemetry, play)
  await tracing.shutdown()
  assert.deepEqual(tracing.counts(), { waiting: 0, exported: collector.spans.length, dropped: 0 })
  return { collector, played }
}

test("a compensated saga is one tree with one root and no orphans", async (t) => {
  const { collector } = await collect(t)
  const tree = collector.tree(traceId)
  assert.equal(tree.whole, true)
  assert.deepEqual(tree.orphans, [])
  assert.equal(tree.spans.length, collector.spans.length, "there is no second trace")
  assert.deepEqual(tree.roots.map((root) => root.name), ["place-order"])
})

test("the tree shows who asked whom for what, and what was undone", async (t) => {
  const { collector } = await collect(t)
  const draw = (parent: string | undefined, depth: number): string[] =>
    collector.spans
      .filter((span) => span.parentSpanId === parent)
      .flatMap((span) => {
        const line = `${" ".repeat(depth)}${span.serviceName}: ${span.name} (${span.kind})`
        return [line, ...draw(span.spanId, depth + 1)]
      })
  assert.deepEqual(draw(undefined, 0), [
    "place-order: place-order (internal)",
    " place-order: process place-order.start (consumer)",
    "  place-order: send inventory.reserve (producer)",
    "   inventory: process inventory.reserve (consumer)",
    "    inventory: send place-order reply (producer)",
    "     place-order: process place-order reply (consumer)",
    "      place-order: send payment.charge (producer)",
    "       payment: process payment.charge (consumer)",
    "        payment: send place-order reply (producer)",
    "         place-order: process place-order reply (consumer)",
    "          place-order: send inventory.release (producer)",
    "           inventory: process inventory.release (consumer)",
    "            inventory: send place-order reply (producer)",
    "             place-order: process place-order reply (consumer)",
  ])
})

test("each actor type is a service of its own", async (t) => {
  const { collector } = await collect(t)
  const services = new Set(collector.spans.map((span) => span.serviceName))
  assert.deepEqual([...services].toSorted(), ["inventory", "payment", "place-order"])
  for (const span of collector.spans) {
    assert.equal(span.resource["service.namespace"], "shop")
    assert.equal(span.resource["service.instance.id"], "host-1")
  }
})

test("the ids of a saga's trace are the same in every run", async (t) => {
  const runs = [await collect(t), await collect(t)]
  for (const { collector } of runs) {
    const [root] = collector.tree(traceId).roots
    assert.equal(root?.spanId, rootSpanId)
    const start = collector.spans.find((span) => span.spanId === startSpanId)
    assert.equal(start?.name, "process place-order.start")
    assert.deepEqual(start?.links, [{ traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331" }])
  }
})

test("the root is the whole saga: it has its real duration and its outcome", async (t) => {
  const { collector, played } = await collect(t)
  const [whole] = collector.tree(traceId).roots
  assert.equal(whole?.startMs, play.startedMs)
  assert.equal(whole?.endMs, played.endedMs)
  assert.equal(whole?.attributes["troupe.saga.outcome"], "compensated")
  assert.equal(whole?.attributes["troupe.saga.reason"], "card-declined")
  assert.equal(whole?.status.code, "unset")
})

test("a span lasts as long as the engine says", async (t) => {
  const { collector } = await collect(t)
  for (const span of collector.spans) {
    if (span.kind !== "internal") assert.equal(span.endMs - span.startMs, 5, span.name)
  }
})

test("undo is visible on the message that asks for it and where it is done", async (t) => {
  const { collector } = await collect(t)
  const undone = collector.spans.filter((span) => span.attributes["troupe.direction"] === "undo").map((span) => span.name)
  assert.deepEqual(undone.toSorted(), ["process inventory.release", "send inventory.release"])
})

test("a refusal is an outcome and not an error", async (t) => {
  const { collector } = await collect(t)
  const charge = collector.spans.find((span) => span.name === "process payment.charge")
  assert.equal(charge?.attributes["troupe.outcome"], "refused")
  assert.equal(charge?.attributes["troupe.outcome.code"], "card-declined")
  assert.ok(collector.spans.every((span) => span.status.code === "unset"))
})

test("spans carry the names of the messaging conventions, the old one of the system too", async (t) => {
  const { collector } = await collect(t)
  const reserve = collector.spans.find((span) => span.name === "process inventory.reserve")
  assert.deepEqual(reserve?.attributes, {
    "messaging.system": "nats",
    "messaging.system.name": "nats",
    "messaging.operation.name": "process",
    "messaging.operation.type": "process",
    "messaging.destination.name": "inventory",
    "messaging.message.conversation_id": "place-order/o-1",
    "troupe.actor.key": "sku-1",
    "troupe.effect.key": "place-order/o-1:1:0",
    "troupe.direction": "do",
    "troupe.attempt": 1,
    "troupe.outcome": "done",
  })
})

test("no payload leaves the process", async (t) => {
  const { collector } = await collect(t)
  assert.ok(collector.received("place-order/o-1"), "the bytes can be searched")
  assert.equal(collector.received(canary), false)
})

test("every record carries the traceparent of the span that sent it", async (t) => {
  const { collector, played } = await collect(t)
  const sends = collector.spans.filter((span) => span.kind === "producer")
  const sent = new Map(sends.map((span) => [span.spanId, span.traceId]))
  assert.equal(played.traces.length, sent.size)
  for (const text of played.traces) {
    const parsed = parseTraceparent(text)
    assert.equal(parsed?.sampled, true)
    assert.equal(sent.get(parsed?.spanId ?? ""), traceId)
  }
})
