// The list of a service's actors: every actor once, page by page, whatever is hot, packed or left out.
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Schema from "effect/Schema"
import { app, done, type Json, limits, OperationRefused, service } from "../../../runtime/index.ts"
import { listOf } from "../../support/list-of.ts"
import { askInMemory, newWorld, operateInMemory, startInMemory } from "../../../runtime/testing/index.ts"

const Nothing = Schema.toStandardSchemaV1(Schema.Struct({}))
const counter = service("counter", { state: () => ({ count: 0 }) })
  .command("add", Nothing, ({ count }) => done({ count: count + 1 }))
const other = service("count", { state: () => ({ count: 0 }) }).command("add", Nothing, ({ count }) => done({ count: count + 1 }))
const asked: Json[] = []
const listed = {
  logic: {
    ...counter.logic,
    summarize(state: Json, { key }: { readonly key: string }, ask: Json) {
      asked.push(ask)
      return ask === "odd" && Number(key.slice(1)) % 2 === 0 ? undefined : { ...Object(state), key }
    },
  },
}
const counters = app("counters", { namespace: "test", partitions: 2, services: [listed, other] })

test("every actor of a service is listed once, in order, with its summary; those left out cost no page", async (t) => {
  const world = newWorld()
  const process = await startInMemory(counters, world)
  t.after(() => process.kill())
  const count = 2 * limits.rowsLookedAtMax + 300
  const keys = Array.from({ length: count }, (_, n) => `k${n}`)
  await Promise.all([
    ...keys.map((key) => askInMemory(counters, world, counter.add(key, {}))),
    ...keys.slice(0, 10).map((key) => askInMemory(counters, world, other.add(key, {}))),
  ])
  const operator = operateInMemory(counters, world)
  const all = await listOf(operator.rows("counter"))
  assert.deepEqual(all.map(({ key }) => key).toSorted(), keys.toSorted())
  for (const partition of [0, 1]) {
    const own = all.filter((row) => row.partition === partition).map(({ key }) => key)
    assert.deepEqual(own, own.toSorted())
  }
  assert.deepEqual(all.find(({ key }) => key === "k7")?.summary, { count: 1, key: "k7" })
  const odd = await listOf(operator.rows("counter", "odd"))
  assert.equal(odd.length, count / 2)
  assert.equal(asked.at(-1), "odd")
  const plain = await listOf(operator.rows("count"))
  assert.deepEqual(plain.map(({ summary }) => summary), Array.from({ length: 10 }, () => null), "its actors tell nothing")
})

test("a service that the app does not have has no list", async (t) => {
  const world = newWorld()
  const process = await startInMemory(counters, world)
  t.after(() => process.kill())
  await assert.rejects(listOf(operateInMemory(counters, world).rows("nobody")), (error: unknown) => {
    assert.ok(error instanceof OperationRefused)
    assert.match(error.message, /has no service \\"nobody\\"/)
    return true
  })
})
