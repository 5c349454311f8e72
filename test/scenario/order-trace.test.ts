// One compensated order, traced through the real engine, server and exporter: its spans form one tree.
import assert from "node:assert/strict"
import { test } from "node:test"
import { inventory } from "../../examples/order-flow/inventory.ts"
import { placeOrder } from "../../examples/order-flow/place-order.ts"
import { shop } from "../../examples/order-flow/shop.ts"
import { launch, sagaTraceId } from "../../runtime/index.ts"
import { withNats } from "../support/nats-process.ts"
import { type CollectedSpan, startCollector } from "../support/otlp-collector.ts"

const order = {
  orderId: "T-1",
  customerId: "ALFKI",
  carrier: "Speedy Express",
  shippedDate: null,
  totalCents: 4200,
  shipTo: { name: "canary-name", city: "Berlin", country: "Germany" },
  lines: [
    { sku: "P01", quantity: 2 },
    { sku: "P02", quantity: 3 },
  ],
}

test("the spans of a compensated order form one tree: start, every command sent, its processing, every undo", async (t) => {
  const nats = await withNats(t)
  const collector = await startCollector()
  t.after(() => collector.close())
  const environment = { natsUrl: nats.url, otlpEndpoint: collector.endpoint, otlpTracesEndpoint: undefined }
  const running = await launch(shop("shop"), { dataDir: nats.dataDir, environment })
  for (const sku of ["P01", "P02"])
    await running.client.ask(inventory.stock(sku, { units: 10 }), { effect: `stock ${sku}` })
  const outcome = await running.client.ask(placeOrder.start(order.orderId, order), { effect: "place T-1" })
  assert.ok(outcome.type === "done" && JSON.stringify(outcome.value).includes('"outcome":"compensated"'))
  const { startedMs } = outcome.value as { readonly startedMs: number } // cast: what a saga ends with
  const traceId = sagaTraceId({ namespace: "shop", saga: "place-order", key: "T-1", startedMs })
  const ofSaga = () => collector.spans.filter((span) => span.traceId === traceId)
  await collector.waitFor((spans) =>
    spans.some((span) => span.traceId === traceId && span.serviceName === "notification"),
  )
  await running.stop()

  const tree = collector.tree(traceId)
  assert.ok(tree.whole, `one root and no orphans: ${tree.orphans.map(({ name }) => name).join(", ")}`)
  assert.equal(tree.roots[0]?.serviceName, "place-order")
  const commands = [
    "inventory.reserve",
    "inventory.reserve",
    "payment.charge",
    "shipping.book",
    "payment.refund",
    "inventory.release",
    "inventory.release",
  ]
  assert.deepEqual(
    namesOf(ofSaga(), "producer", /\.(reserve|charge|book|refund|release)$/),
    commands.map((name) => `send ${name}`).toSorted(),
  )
  assert.deepEqual(
    namesOf(ofSaga(), "consumer", /\.(reserve|charge|book|refund|release)$/),
    commands.map((name) => `process ${name}`).toSorted(),
  )
  for (const span of ofSaga().filter(({ name }) => /^process (inventory|payment|shipping)\./.test(name))) {
    const parent = ofSaga().find(({ spanId }) => spanId === span.parentSpanId)
    assert.equal(parent?.name, span.name.replace("process", "send"), "each processing hangs below its sending")
    assert.equal(parent?.serviceName, "place-order")
  }
  assert.deepEqual(
    new Set(ofSaga().map(({ serviceName }) => serviceName)),
    new Set(["place-order", "inventory", "payment", "shipping", "notification"]),
  )
  assert.equal(collector.received("canary-name"), false, "no payload in any span")
})

function namesOf(spans: readonly CollectedSpan[], kind: CollectedSpan["kind"], pattern: RegExp): readonly string[] {
  return spans
    .filter((span) => span.kind === kind && pattern.test(span.name))
    .map(({ name }) => name)
    .toSorted()
}
