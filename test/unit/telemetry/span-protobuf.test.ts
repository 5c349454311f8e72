// Our own encoding of spans: whatever is in a span, a receiver reads the same out of it.
import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { limits } from "../../../runtime/kernel/limits.ts"
import { ProtobufWriter } from "../../../runtime/telemetry/protobuf.ts"
import { ProtobufSpans } from "../../../runtime/telemetry/span-protobuf.ts"
import { type SpanRecord, spanKind } from "../../../runtime/telemetry/span-record.ts"
import { startCollector } from "../../support/otlp-collector.ts"

const hexDigit = fc.constantFrom(..."0123456789abcdef".split(""))
const hexDigits = (length: number) => fc.string({ unit: hexDigit, minLength: length, maxLength: length })
const text = fc.oneof(fc.string({ unit: "binary", maxLength: 40 }), fc.string({ minLength: 100, maxLength: 700 }))
const value = fc.oneof(text, fc.boolean(), fc.maxSafeNat(), fc.double({ noNaN: true, min: 0.1, max: 0.9 }))
const attributes = fc.dictionary(fc.string({ minLength: 1, maxLength: 200 }), value, { maxKeys: 8, noNullPrototype: true })
// Microseconds, which is as exact as the receiver looks.
const time = fc.integer({ min: 0, max: 4_000_000_000_000_000 }).map((micros) => Math.floor(micros / 1000))

const spans: fc.Arbitrary<SpanRecord> = fc.record({
  form: fc.record({
    service: fc.constantFrom("inventory", "payment"), name: text, kind: fc.constantFrom(...Object.values(spanKind)),
    attributes: fc.constant(["messaging.system", "nats"]),
  }),
  traceId: hexDigits(32),
  spanId: hexDigits(16),
  parentSpanId: fc.option(hexDigits(16), { nil: undefined }),
  startMs: time,
  endMs: time,
  attributes: attributes.map((given) => Object.entries(given).flat()),
  status: fc.option(fc.record({ code: fc.constant(2), message: fc.option(text, { nil: undefined }) }), { nil: undefined }),
  links: fc.array(fc.record({ traceId: hexDigits(32), spanId: hexDigits(16), sampled: fc.boolean() }), { maxLength: 2 }),
  events: fc.array(fc.record({ name: text, timeMs: time, attributes: fc.constant(["exception.type", "X"]) }), { maxLength: 2 }),
})

/** A receiver sees texts as UTF-8 has them, and attributes cut. */
function seen(given: unknown): unknown {
  return typeof given === "string" ? Buffer.from(given.slice(0, limits.traceAttributeLengthMax)).toString() : given
}

function attributesOf(list: SpanRecord["attributes"]): object {
  const name = (item: unknown) => Buffer.from(String(item)).toString()
  const pairs = list.flatMap((item, n) => (n % 2 === 0 ? [[name(item), seen(list[n + 1])] as const] : []))
  return Object.fromEntries(pairs)
}

test("a receiver reads the span that was written, whatever its texts, numbers and lengths", async (t) => {
  const collector = await startCollector()
  t.after(() => collector.close())
  await fc.assert(
    fc.asyncProperty(fc.array(spans, { minLength: 1, maxLength: 5 }), async (written) => {
      const encoder = new ProtobufSpans((service) => ["service.name", service])
      const before = collector.spans.length
      for (const span of written) encoder.add(span)
      await fetch(`${collector.endpoint}/v1/traces`, { method: "POST", body: Uint8Array.from(encoder.take()) })
      const read = collector.spans.slice(before)
      const order = (one: { readonly service: string }, other: { readonly service: string }) =>
        one.service === other.service ? 0 : one.service === written[0]?.form.service ? -1 : 1
      const sorted = written.map((span) => ({ ...span, service: span.form.service })).toSorted(order)
      assert.equal(read.length, sorted.length)
      for (const [n, span] of sorted.entries()) {
        const got = read[n]
        assert.deepEqual(
          [got?.serviceName, got?.traceId, got?.spanId, got?.parentSpanId, got?.name],
          [span.service, span.traceId, span.spanId, span.parentSpanId, Buffer.from(span.form.name).toString()],
        )
        assert.deepEqual([got?.startMs, got?.endMs], [span.startMs, Math.max(span.startMs, span.endMs)])
        assert.deepEqual(got?.attributes, { "messaging.system": "nats", ...attributesOf(span.attributes) })
        assert.equal(got?.status.code, span.status === undefined ? "unset" : "error")
        assert.equal(got?.events.length, span.events.length)
        assert.deepEqual(got?.links, span.links.map(({ traceId, spanId }) => ({ traceId, spanId })))
      }
    }),
    { numRuns: 60 },
  )
})

test("numbers below zero, large lengths and fractions of a millisecond are written as the format has them", () => {
  const written = (write: (writer: ProtobufWriter) => void) => {
    const writer = new ProtobufWriter()
    write(writer)
    return writer.written.toString("hex")
  }
  assert.equal(written((writer) => writer.int64(3, -1)), "18ffffffffffffffffff01")
  assert.equal(written((writer) => writer.varint(1, 2 ** 40)), "08808080808020")
  assert.equal(written((writer) => writer.nanos(7, 1_790_000_000_000.5)), `39${littleEndian(1_790_000_000_000_500_000n)}`)
  const nested = (length: number) =>
    written((writer) => {
      const start = writer.begin(1)
      for (let n = 0; n < length; n += 1) writer.raw(Uint8Array.of(7))
      writer.end(start)
    })
  assert.equal(nested(3), "0a03070707")
  assert.equal(nested(200).slice(0, 8), "0ac80107")
  assert.equal(nested(20_000).slice(0, 10), "0aa09c0107")
  assert.equal(nested(20_000).length, 2 * 20_004)
})

function littleEndian(value: bigint): string {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(value)
  return bytes.toString("hex")
}
