// Keys as subject tokens.
import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { decodeKey, encodeKey, partitionOf } from "../../runtime/message/key.ts"

const keys = fc.string({ unit: "grapheme", minLength: 1, maxLength: 24 }).filter((key) => Buffer.byteLength(key) <= 192)

test("any key is one safe token of a subject, and the token gives the key back", () => {
  fc.assert(
    fc.property(keys, (key) => {
      assert.match(encodeKey(key), /^[A-Za-z0-9_=-]+$/)
      assert.equal(decodeKey(encodeKey(key)), key)
    }),
  )
})

test("R16: a key's partition is one of the app's", () => {
  fc.assert(fc.property(keys, fc.integer({ min: 1, max: 1024 }), (key, n) => partitionOf(key, n) >= 0 && partitionOf(key, n) < n))
})
