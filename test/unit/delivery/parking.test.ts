// Parking: what fails for good is set aside with its cause and everything that is needed to try it again; its actor goes
// on or waits, as declared; operators see it, edit it, try it again or give it up, and every order is recorded (R23).
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Schema from "effect/Schema"
import { app, done, effectful, OperationRefused, service } from "../../../runtime/index.ts"
import type { OnPark } from "../../../runtime/index.ts"
import { partitionOf } from "../../../runtime/message/key.ts"
import { askInMemory, newWorld, operateInMemory, startInMemory } from "../../../runtime/testing/index.ts"

const Amount = Schema.toStandardSchemaV1(Schema.Struct({ amount: Schema.Int }))
const author = { by: "ops", why: "the bug is mended" }

/** A store that cannot take 13, until the test mends it. */
async function poisonedStore(onPark: OnPark = "go on") {
  const bug = { mended: false, calls: [] as string[] } // cast: gives the empty list its type
  const store = service("store", { state: () => ({ sum: 0 }), onPark })
    .command(
      "put",
      Amount,
      effectful(
        async (state, { amount }, { idempotencyKey, run }) => {
          bug.calls.push(idempotencyKey)
          await run("book", () => `booked ${amount}`)
          if (amount === 13 && !bug.mended) throw new Error("unlucky")
          return done({ sum: state.sum + amount }, state.sum + amount)
        },
        { retry: { times: 2, from: 1, max: 1 } },
      ),
    )
    .command("add", Amount, (state, { amount }) => {
      if (amount === 13 && !bug.mended) throw new Error("unlucky")
      return done({ sum: state.sum + amount }, state.sum + amount)
    })
  const shape = app("stores", { namespace: "test", partitions: 2, services: [store] })
  const world = newWorld()
  const ask = (command: Parameters<typeof askInMemory>[2], effect?: string) => askInMemory(shape, world, command, effect)
  return { bug, store, shape, world, ask, operator: operateInMemory(shape, world) }
}

test("1 poison record among 100: 99 done, 1 parked with its cause; after the fix a redrive makes 100", async (t) => {
  const { bug, store, shape, world, ask, operator } = await poisonedStore()
  const process = await startInMemory(shape, world)
  t.after(() => process.kill())
  const numbers = Array.from({ length: 100 }, (_, n) => (n === 50 ? 13 : 1))
  const outcomes = await Promise.all(numbers.map((amount, n) => ask(store.put(`k${n % 7}`, { amount }), `put-${n}`)))
  assert.equal(outcomes.filter(({ type }) => type === "done").length, 99)
  assert.deepEqual(outcomes[50], { type: "faulted", code: "HANDLER_THREW", message: "unlucky" })
  const [parked, ...others] = await operator.list()
  assert.deepEqual(
    [parked?.id, parked?.code, parked?.attempts, parked?.to, others.length],
    ["put-50", "HANDLER_THREW", 3, { service: "store", key: "k1" }, 0],
  )
  const shown = await operator.show("put-50")
  assert.match(shown?.stack ?? "", /unlucky[\s\S]+parking\.test/)
  bug.mended = true
  assert.equal(await operator.redrive({}, author), 1)
  // cast: the state that the handlers store
  const sum = () => [...process.engine.rows("store")].reduce((all, [, row]) => all + (row as { sum: number }).sum, 0)
  await process.until(() => sum() === 99 + 13)
  assert.deepEqual(await operator.list(), [])
  const [note] = await operator.orders()
  assert.deepEqual({ ...note, atMs: 0 }, { action: "redrive", ids: ["put-50"], count: 1, atMs: 0, ...author })
})

test("R7, R23: an order that found nothing to do and is stored once more does nothing later", async (t) => {
  const { bug, store, shape, world, ask } = await poisonedStore()
  const process = await startInMemory(shape, world)
  t.after(() => process.kill())
  const partition = partitionOf("a", shape.shape.partitions)
  const order = { service: "$partition", key: String(partition), name: "redrive", payload: { ...author } }
  const nothing = { type: "done", value: { count: 0, left: 0 } }
  assert.deepEqual(await ask(order, "once"), nothing)
  await ask(store.put("a", { amount: 13 }))
  bug.mended = true
  assert.deepEqual(await ask(order, "once"), nothing)
  assert.equal(process.engine.parked().length, 1)
})

test("R23: a redriven record keeps its effect key and the steps that were done; asked again, it answers the same", async (t) => {
  const { bug, store, shape, world, ask, operator } = await poisonedStore()
  const process = await startInMemory(shape, world)
  t.after(() => process.kill())
  await ask(store.put("a", { amount: 13 }), "thirteen")
  bug.mended = true
  await operator.redrive({ id: "thirteen" }, author)
  await process.until(() => process.engine.row({ service: "store", key: "a" })?.state !== undefined)
  assert.deepEqual(
    bug.calls,
    Array.from({ length: 4 }, () => "thirteen"),
  )
  assert.deepEqual(await ask(store.put("a", { amount: 13 }), "thirteen"), { type: "done", value: 13 })
  assert.equal(bug.calls.length, 4)
})

test("an actor that waits when a record is parked takes nothing until an operator redrives it; other actors go on", async (t) => {
  const { bug, store, shape, world, ask, operator } = await poisonedStore("wait")
  const process = await startInMemory(shape, world)
  t.after(() => process.kill())
  const waiting = [
    ask(store.put("a", { amount: 13 })),
    ask(store.add("a", { amount: 1 })),
    ask(store.put("a", { amount: 2 })),
  ]
  await process.until(() => process.engine.parked().length === 1)
  assert.deepEqual(await ask(store.put("b", { amount: 5 })), { type: "done", value: 5 })
  assert.equal((await operator.list())[0]?.waits, true)
  bug.mended = true
  assert.equal(await operator.redrive({ service: "store" }, author), 1)
  assert.deepEqual(
    await Promise.all(waiting),
    [13, 14, 16].map((value) => ({ type: "done", value })),
  )
})

test("a pure handler that throws makes its actor wait as well, if its service says so; a restart keeps it waiting", async (t) => {
  const { bug, store, shape, world, ask, operator } = await poisonedStore("wait")
  const first = await startInMemory(shape, world)
  const waiting = [ask(store.add("a", { amount: 13 })), ask(store.add("a", { amount: 1 }))]
  await first.until(() => first.engine.parked().length === 1)
  await first.kill()
  const second = await startInMemory(shape, world)
  t.after(() => second.kill())
  assert.equal((await operator.list()).length, 1)
  assert.equal(second.engine.row({ service: "store", key: "a" })?.state, undefined, "what is behind it waits too")
  bug.mended = true
  await operator.redrive({ code: "HANDLER_THREW" }, author)
  assert.deepEqual(
    await Promise.all(waiting),
    [13, 14].map((value) => ({ type: "done", value })),
  )
})

test("a discarded record is never decided: who waits for it is told, and its actor goes on", async (t) => {
  const { store, shape, world, ask, operator } = await poisonedStore("wait")
  const process = await startInMemory(shape, world)
  t.after(() => process.kill())
  const [thirteen, next] = [ask(store.put("a", { amount: 13 })), ask(store.put("a", { amount: 2 }))]
  await process.until(() => process.engine.parked().length === 1)
  assert.equal(await operator.discard({}, author), 1)
  const message = "an operator gave the record up: the bug is mended"
  assert.deepEqual(await thirteen, { type: "faulted", code: "DISCARDED", message })
  assert.deepEqual(await next, { type: "done", value: 2 })
  assert.deepEqual(await operator.list(), [])
})

test("an operator may edit one record before it is tried again", async (t) => {
  const { store, shape, world, ask, operator } = await poisonedStore()
  const process = await startInMemory(shape, world)
  t.after(() => process.kill())
  await ask(store.put("a", { amount: 13 }), "odd")
  await operator.redrive({ id: "odd", payload: { amount: 12 } }, author)
  await process.until(() => process.engine.row({ service: "store", key: "a" })?.state !== undefined)
  assert.deepEqual(process.engine.row({ service: "store", key: "a" })?.state, { sum: 12 })
  assert.equal((await operator.orders())[0]?.edited, true)
})

test("what could not be read is parked with its bytes, and read again when it is redriven", async (t) => {
  const { shape, world, operator } = await poisonedStore()
  const process = await startInMemory(shape, world)
  t.after(() => process.kill())
  world.streams.store("external", 1, Buffer.from("not a block of commands"))
  await process.until(() => process.engine.parked().length === 1)
  const [parked] = await operator.list({ code: "MALFORMED_INPUT" })
  assert.equal(
    Buffer.from((await operator.show(parked?.id ?? ""))?.bytes ?? "", "base64").toString(),
    "not a block of commands",
  )
  await assert.rejects(operator.redrive({}, author), OperationRefused)
  assert.equal((await operator.list()).length, 1, "it stays parked")
  assert.equal(await operator.discard({}, author), 1)
  assert.deepEqual([process.engine.parked(), await operator.list()], [[], []])
})

test("an order without an author or a reason, or for nothing that exists, is refused or changes nothing", async (t) => {
  const { shape, world, operator } = await poisonedStore()
  const process = await startInMemory(shape, world)
  t.after(() => process.kill())
  await assert.rejects(operator.redrive({}, { by: "", why: "x" }), /who asks for it/)
  assert.equal(await operator.redrive({ id: "unknown" }, author), 0)
  assert.deepEqual(await operator.orders(), [])
  assert.equal(await operator.show("unknown"), undefined)
})

test("many parked records are listed in pages and redriven in portions", async (t) => {
  const { bug, store, shape, world, ask, operator } = await poisonedStore()
  const process = await startInMemory(shape, world)
  t.after(() => process.kill())
  await Promise.all(Array.from({ length: 250 }, (_, n) => ask(store.add(`k${n}`, { amount: 13 }), `add-${n}`)))
  assert.equal((await operator.list()).length, 250)
  bug.mended = true
  assert.equal(await operator.redrive({ service: "store", code: "HANDLER_THREW" }, author), 250)
  await process.until(() => [...process.engine.rows("store")].length === 250)
  assert.deepEqual(await operator.list(), [])
})

test("a redrive of what fails again ends: each record is tried once", async (t) => {
  const { store, shape, world, ask, operator } = await poisonedStore()
  const process = await startInMemory(shape, world)
  t.after(() => process.kill())
  await Promise.all(Array.from({ length: 150 }, (_, n) => ask(store.add(`k${n}`, { amount: 13 }), `add-${n}`)))
  const count = await operator.redrive({}, author)
  assert.ok(count >= 150 && count < 400, `${count} were sent again`)
  await process.until(() => process.engine.parked().length === 150)
  assert.equal((await operator.list()).length, 150)
})
