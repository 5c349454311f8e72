// Texts packed into blocks of bytes: nothing is lost or mixed up, and the holes that changes leave are filled again.
import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { PackedTexts } from "../../../runtime/delivery/packed-texts.ts"

const keys = fc.oneof(fc.integer({ min: 0, max: 40 }).map((n) => `key-${n}`), fc.constantFrom("é", "日本", "x".repeat(300)))
const texts = fc.oneof(
  fc.string({ unit: "binary", maxLength: 40 }).map((text) => text.toWellFormed()),
  // Some fill blocks, some are larger than one.
  fc.integer({ min: 0, max: 3 }).map((n) => "0123456789".repeat(n * 4_000)),
)
const steps = fc.array(fc.tuple(fc.constantFrom("set", "set", "delete"), keys, texts), { maxLength: 300 })

test("whatever is set and deleted, it holds what a Map holds", () => {
  fc.assert(
    fc.property(steps, (changes) => {
      const map = new Map<string, string>()
      const packed = new PackedTexts()
      for (const [what, key, text] of changes) {
        if (what === "set") packed.set(key, text)
        if (what === "set") map.set(key, text)
        if (what === "delete") assert.equal(packed.delete(key), map.delete(key))
        assert.deepEqual([packed.has(key), packed.get(key), packed.size], [map.has(key), map.get(key), map.size])
      }
      assert.deepEqual(packed.keys().toSorted(), [...map.keys()].toSorted())
      for (const [key, text] of map) assert.equal(packed.get(key), text)
    }),
  )
})

test("ten thousand texts that change at random a hundred thousand times take little more than their bytes", () => {
  const packed = new PackedTexts()
  const lengths = new Map<string, number>()
  for (let n = 0, random = 1; n < 100_000; n += 1) {
    random = (Math.imul(random, 1_103_515_245) + 12_345) >>> 0
    const key = `account/${(random >>> 8) % 10_000}`
    const text = `${n}:`.padEnd(100 + (random % 200), "x")
    packed.set(key, text)
    lengths.set(key, 12 + key.length + text.length)
  }
  const alive = [...lengths.values()].reduce((sum, length) => sum + length, 0)
  assert.ok(packed.bytes < 1.3 * alive + 2 ** 19, `${packed.bytes} bytes are held for ${alive}`)
  for (const key of lengths.keys()) assert.match(packed.get(key) ?? "", /^\d+:x*$/)
})

test("what is deleted gives its bytes back", () => {
  const packed = new PackedTexts()
  for (let n = 0; n < 20_000; n += 1) packed.set(`key-${n}`, "x".repeat(200))
  assert.ok(packed.bytes > 4_000_000)
  for (let n = 0; n < 19_990; n += 1) packed.delete(`key-${n}`)
  assert.ok(packed.bytes < 300_000, `${packed.bytes} bytes are held for ten texts`)
  assert.deepEqual([packed.size, packed.get("key-19995")], [10, "x".repeat(200)])
})
