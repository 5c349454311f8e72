// The maps of a packed row, as one text each: they behave as a Map does, in its order.
import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { entriesText, TextMap, type TextMapKey } from "../../../runtime/delivery/text-map.ts"
import type { Json } from "../../../runtime/message/json.ts"

const texts = fc.oneof(
  fc.string({ unit: "binary", maxLength: 6 }),
  fc.constantFrom("a", "ab", "1", "\u0001", '"', "\\", "é", "日本"),
)
const keys: fc.Arbitrary<TextMapKey> = fc.oneof({ weight: 3, arbitrary: texts }, fc.integer({ min: 0, max: 20 }))
const json = fc.jsonValue({ maxDepth: 2 }).map((value): Json => JSON.parse(JSON.stringify(value)) as Json) // cast: JSON
const values: fc.Arbitrary<Json> = fc.oneof(
  json.map((value) => ({ outcome: { type: "done", value } })),
  json.map((value) => ({ outcome: { type: "done", value }, undone: true })),
  json.map((detail) => ({ scope: "transfer/t", payload: detail, outcome: { type: "refused", code: "no", detail } })),
  json,
)
const steps = fc.array(fc.tuple(fc.constantFrom("set", "delete", "get"), keys, values), { maxLength: 60 })

function unpacked(map: ReadonlyMap<TextMapKey, Json>): TextMap<TextMapKey, Json> {
  return new TextMap(entriesText(map), map.size)
}

test("a map that was packed and unpacked holds the same entries in the same order", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(keys, values)), (entries) => {
      const map = new Map(entries)
      const text = unpacked(map)
      assert.deepEqual([...text], [...map])
      assert.deepEqual([...text.keys()], [...map.keys()])
      assert.deepEqual([...text.values()], [...map.values()])
      assert.deepEqual([...new TextMap(entriesText(text), text.size)], [...map])
    }),
  )
})

test("whatever is set, deleted and asked for, it answers as a Map does", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(keys, values)), steps, (entries, changes) => {
      const map = new Map(entries)
      const text = unpacked(map)
      for (const [what, key, value] of changes) {
        if (what === "set") assert.equal(text.set(key, value), text)
        if (what === "set") map.set(key, value)
        if (what === "delete") assert.equal(text.delete(key), map.delete(key))
        assert.deepEqual([text.has(key), text.get(key), text.size], [map.has(key), map.get(key), map.size])
      }
      assert.deepEqual([...text], [...map])
    }),
  )
})

test("an entry that is deleted while the entries are visited does not disturb the visit", () => {
  const text = unpacked(new Map([["a", 1], ["b", 2], ["c", 3]]))
  const seen: TextMapKey[] = []
  for (const [key] of text) {
    seen.push(key)
    text.delete(key)
  }
  assert.deepEqual([seen, text.size], [["a", "b", "c"], 0])
})

test("a remembered answer takes the bytes of its key, its value, and two more", () => {
  const memory = { outcome: { type: "done", value: 1234 } }
  assert.equal(entriesText(new Map([["deposit-77", memory]])).length, "deposit-77".length + "1234".length + 2)
})
