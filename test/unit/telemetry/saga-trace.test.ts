import assert from "node:assert/strict"
import { createHash } from "node:crypto"
import { test } from "node:test"
import fc from "fast-check"
import {
  formatTraceparent, notZero, parseTraceparent, sagaTrace, sagaTraceId,
} from "../../../runtime/telemetry/saga-trace.ts"

const life = { namespace: "shop", saga: "place-order", key: "o-1", startedMs: 1_790_000_000_250 }

test("a saga's trace id is the first 128 bits of a SHA-256 of namespace, name, key and start", () => {
  const expected = createHash("sha256").update("saga:shop:place-order:o-1:1790000000250").digest("hex")
  assert.equal(sagaTraceId(life), expected.slice(0, 32))
  const { traceId, rootSpanId, startSpanId } = sagaTrace(life)
  assert.deepEqual([traceId, rootSpanId, startSpanId], [expected.slice(0, 32), expected.slice(32, 48), expected.slice(48)])
})

test("the same order in another namespace, or in another run, has a trace of its own", () => {
  const lives = [life, { ...life, namespace: "test" }, { ...life, startedMs: life.startedMs + 1 }]
  assert.equal(new Set(lives.map(sagaTraceId)).size, 3)
})

test("different sagas have different traces, and ids have the form that the W3C asks for", () => {
  const key = fc.string({ minLength: 1, maxLength: 40 })
  fc.assert(
    fc.property(key, key, (one, other) => {
      const [trace, others] = [one, other].map((of) => sagaTrace({ ...life, key: of }))
      assert.match(trace?.traceId ?? "", /^[0-9a-f]{32}$/)
      assert.match(trace?.rootSpanId ?? "", /^[0-9a-f]{16}$/)
      assert.equal(trace?.traceId === others?.traceId, one === other)
    }),
  )
})

test("an id is never all zero", () => {
  assert.equal(notZero("0".repeat(16)), `${"0".repeat(15)}1`)
  assert.equal(notZero("00a0"), "00a0")
})

test("a traceparent is read back as it was written", () => {
  const hexDigit = fc.constantFrom(..."0123456789abcdef".split(""))
  const hexDigits = (length: number) => fc.string({ unit: hexDigit, minLength: length, maxLength: length }).map(notZero)
  fc.assert(
    fc.property(hexDigits(32), hexDigits(16), fc.boolean(), (traceId, spanId, sampled) => {
      assert.deepEqual(parseTraceparent(formatTraceparent({ traceId, spanId, sampled })), { traceId, spanId, sampled })
    }),
  )
})

const trace = "0af7651916cd43dd8448eb211c80319c"
const span = "b7ad6b7169203331"

test("a traceparent of a later version is read as far as it is known", () => {
  const expected = { traceId: trace, spanId: span, sampled: true }
  assert.deepEqual(parseTraceparent(`01-${trace}-${span}-09-more`), expected)
  assert.deepEqual(parseTraceparent(`00-${trace}-${span}-03`), expected)
})

test("what is not a traceparent is no trace", () => {
  const broken = [
    undefined, "", "-", `00-${trace}-${span}`, `00-${trace}-${span}-01-more`, `ff-${trace}-${span}-01`,
    `00-${trace.toUpperCase()}-${span}-01`, `00-${"0".repeat(32)}-${span}-01`, `00-${trace}-${"0".repeat(16)}-01`,
    ` 00-${trace}-${span}-01`, `00-${trace}-${span}-01\n`, `01-${trace}-${span}-01more`,
  ]
  for (const text of broken) assert.equal(parseTraceparent(text), undefined, JSON.stringify(text))
})
