// R18: a bounded number of rows are objects, all others are packed, and nobody notices but the memory.
import assert from "node:assert/strict"
import { test } from "node:test"
import { getHeapSpaceStatistics, setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import fc from "fast-check"
import {
  clearTimer, emptyRow, forgetScope, isBlank, memoryOf, remember, type Row, setTimer,
} from "../../../runtime/delivery/row.ts"
import { RowStore } from "../../../runtime/delivery/row-store.ts"
import { limits } from "../../../runtime/kernel/limits.ts"
import type { EffectMemory } from "../../../runtime/message/block.ts"
import type { Json } from "../../../runtime/message/json.ts"

type Change = (row: Row) => void

const json = fc.jsonValue({ maxDepth: 3 }).map((value): Json => JSON.parse(JSON.stringify(value)) as Json) // cast: JSON
const ids = fc.oneof(
  fc.integer({ min: 0, max: 200 }).map((n) => `transfer/t${n}:do:1`),
  fc.string({ unit: "binary", maxLength: 5 }),
)
const scopes = fc.constantFrom(undefined, undefined, "transfer/t1", "transfer/t2")
const outcomes = fc.oneof(
  json.map((value) => ({ type: "done" as const, value })),
  json.map((detail) => ({ type: "refused" as const, code: "no", detail })),
)
const memories: fc.Arbitrary<EffectMemory> = fc
  .tuple(scopes, outcomes, json, fc.boolean())
  .map(([scope, outcome, payload, undone]) => ({
    ...(scope === undefined ? {} : { scope, payload }),
    ...(undone ? { undone } : { outcome }),
  }))
const changes: fc.Arbitrary<Change> = fc.oneof(
  json.map((state): Change => (row) => (row.state = state)),
  fc.constant<Change>((row) => (row.state = undefined)),
  fc.tuple(ids, memories).map(([id, memory]): Change => (row) => remember(row, id, memory)),
  fc.array(fc.tuple(ids, memories), { minLength: 70, maxLength: 200 }).map((all): Change => (row) => {
    for (const [id, memory] of all) remember(row, id, memory)
  }),
  scopes.map((scope): Change => (row) => forgetScope(row, scope ?? "transfer/t3")),
  fc.tuple(ids, json).map(([id, payload]): Change => (row) => setTimer(row, id, { dueMs: 5, payload })),
  ids.map((id): Change => (row) => clearTimer(row, id)),
)
const keys = fc.integer({ min: 0, max: 12 }).map((n) => `account/${n}-é`)
const history = fc.array(fc.tuple(keys, changes), { maxLength: 80 })

type Rows = Pick<RowStore, "get" | "delete"> & { set(key: string, row: Row): unknown }

/** As the partition applies an entry. */
function change(rows: Rows, key: string, by: Change): void {
  const row = rows.get(key) ?? emptyRow()
  by(row)
  if (isBlank(row)) rows.delete(key)
  else rows.set(key, row)
}

function essence(row: Row | undefined): object | undefined {
  return row && { state: row.state, effects: [...row.effects], asked: [...row.asked], timers: [...row.timers] }
}

test("R18: whatever happens to rows, a store that packs nearly all of them holds what a Map holds", () => {
  fc.assert(
    fc.property(fc.constantFrom(1, 2, 5, 100), history, (hotMax, steps) => {
      const map = new Map<string, Row>()
      const store = new RowStore(hotMax)
      for (const [key, by] of steps) {
        change(map, key, by)
        change(store, key, by)
        assert.deepEqual([store.has(key), store.size], [map.has(key), map.size])
        assert.deepEqual(essence(store.peek(key)), essence(map.get(key)))
      }
      assert.deepEqual(store.keys().toSorted(), [...map.keys()].toSorted())
      const rows = [...store]
      assert.equal(rows.length, map.size)
      for (const [key, row] of rows) assert.deepEqual(essence(row), essence(map.get(key)))
    }),
  )
})

test("R18: rows that are looked at in passing stay packed; what was used last stays an object", () => {
  const store = new RowStore(8)
  const keys = Array.from({ length: 100 }, (_, n) => `account/${n}`)
  for (const key of keys) change(store, key, (row) => (row.state = { balance: 1 }))
  const last = store.get("account/99")
  for (let round = 0; round < 3; round += 1) {
    for (const [key, row] of store) assert.deepEqual([key, row.state], [key, { balance: 1 }])
    for (const key of keys) assert.notEqual(store.peek(key), undefined)
  }
  assert.equal(store.get("account/99"), last, "the same object")
  assert.notEqual(store.peek("account/1"), store.peek("account/1"))
  assert.equal(store.get("account/1"), store.get("account/1"), "what is asked for in earnest becomes an object")
})

test("R18: rows may come and go while they are visited: each that is there at both times is seen once", () => {
  const store = new RowStore(4)
  for (let n = 0; n < 50; n += 1) change(store, `account/${n}`, (row) => (row.state = n))
  const seen: string[] = []
  for (const [key] of store) {
    seen.push(key)
    change(store, `other/${key}`, (row) => (row.state = 0))
    store.delete("account/30")
  }
  const others = Array.from({ length: 50 }, (_, n) => `account/${n}`).filter((key) => key !== "account/30")
  assert.deepEqual(seen.filter((key) => key !== "account/30").toSorted(), others.toSorted())
})

test("R11: an actor that was packed still answers the last requests as before, and forgets older ones", () => {
  const store = new RowStore(1)
  const asked = limits.askedPerActorMax
  const done = (value: number): EffectMemory => ({ outcome: { type: "done", value } })
  for (let n = 0; n < asked + 10; n += 1) {
    change(store, "account/a", (row) => remember(row, `deposit-${n}`, done(n)))
    change(store, "account/b", (row) => (row.state = n))
  }
  const row = store.get("account/a") ?? emptyRow()
  for (let n = 0; n < 10; n += 1) assert.equal(memoryOf(row, `deposit-${n}`), undefined)
  for (let n = 10; n < asked + 10; n += 1) assert.deepEqual(memoryOf(row, `deposit-${n}`), done(n))
})

test("R18: actors that remember ten requests each take less than 350 bytes each, and nearly none of it in the heap", () => {
  setFlagsFromString("--expose-gc")
  const collect = runInNewContext("gc") as () => void // cast: the flag puts it there
  const taken = () => {
    collect()
    const { heapUsed, arrayBuffers } = process.memoryUsage()
    return { heapUsed, arrayBuffers }
  }
  const before = taken()
  const store = new RowStore()
  for (let round = 0, n = 0; round < 10; round += 1) {
    for (let account = 0; account < 30_000; account += 1, n += 1) {
      const effect = `deposit-${n}`
      change(store, `account/account-${account}`, (row) => {
        row.state = { balance: round * 5 }
        remember(row, effect, { outcome: { type: "done", value: round * 5 } })
      })
    }
  }
  const after = taken()
  const perRow = (after.heapUsed - before.heapUsed + after.arrayBuffers - before.arrayBuffers) / store.size
  assert.equal(store.size, 30_000)
  assert.ok(perRow < 350, `${Math.round(perRow)} bytes for each row`)
  assert.ok(after.heapUsed - before.heapUsed < 4 * 2 ** 20, `${after.heapUsed - before.heapUsed} bytes of the heap`)
})

test("R18: rows that were used once and packed again die young: no table that has grown old keeps them", () => {
  setFlagsFromString("--expose-gc")
  const collect = runInNewContext("gc") as (options: { type: "minor" | "major" }) => void // cast: the flag puts it there
  const oldBytes = () => getHeapSpaceStatistics().find(({ space_name: name }) => name === "old_space")?.space_used_size ?? 0
  const store = new RowStore()
  const state = "a".repeat(200)
  // So many rows of one round are hot as ever, and the next round packs them all.
  const round = (n: number) => {
    for (let i = 0; i < limits.hotRowsMax; i += 1) change(store, `account/${n}-${i}`, (row) => (row.state = { state, i }))
    collect({ type: "minor" })
  }
  for (let n = 0; n < 5; n += 1) round(n)
  collect({ type: "major" })
  const before = oldBytes()
  for (let n = 5; n < 105; n += 1) round(n)
  const grown = oldBytes() - before
  assert.ok(grown < 2 * 2 ** 20, `${grown} bytes grew old`)
})
