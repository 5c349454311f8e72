// What a process remembers of the sagas that it has met.
import assert from "node:assert/strict"
import { test } from "node:test"
import { Recent } from "../../../runtime/telemetry/recent.ts"

test("what is asked for again and again stays, however much else is met; the rest goes, and its number is bounded", () => {
  const recent = new Recent<number>(10)
  recent.set("kept", -1)
  for (let n = 0; n < 1_000; n += 1) {
    recent.set(`k${n}`, n)
    assert.equal(recent.get("kept"), -1)
    assert.equal(recent.get(`k${n}`), n, "the last one is there")
    assert.ok(recent.size <= 10, `${recent.size} are kept`)
  }
  assert.equal(recent.get("k3"), undefined)
  assert.equal(recent.get("k996"), 996, "half of them at least")
})

test("a value that is set again is the new one", () => {
  const recent = new Recent<number>(4)
  for (const [key, value] of [["a", 1], ["b", 2], ["a", 3]] as const) recent.set(key, value)
  assert.equal(recent.get("a"), 3)
})
