// Commands between apps: durable on the way, decided once however often they are stored, answered across restarts, and
// never able to hold each other's replies up (R1, R2).
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { app, done, InvalidInput, refused, service } from "../../../runtime/index.ts"
import { limits } from "../../../runtime/kernel/limits.ts"
import { askInMemory, connectWorlds, newWorld, startInMemory, type World } from "../../../runtime/testing/index.ts"
import { saga } from "../../../sagas/index.ts"

const Quantity = Schema.toStandardSchemaV1(Schema.Struct({ quantity: Schema.Int }))
const Order = Schema.toStandardSchemaV1(Schema.Struct({ sku: Schema.String, quantity: Schema.Int, card: Schema.String }))

const stock = service("stock", { state: () => ({ left: 10, calls: 0 }) })
  .command("take", Quantity, (state, { quantity }) =>
    quantity > state.left
      ? refused("out-of-stock")
      : done({ left: state.left - quantity, calls: state.calls + 1 }, state.left - quantity),
  )
  .undo("putBack", "take", (state, { quantity }) => done({ left: state.left + quantity, calls: state.calls + 1 }, null))

const card = service("card", { state: () => ({ charged: 0 }) })
  .command("charge", Quantity, (state, { quantity }, { key }) =>
    key === "broke" ? refused("declined") : done({ charged: state.charged + quantity }, state.charged + quantity),
  )
  .undo("refund", "charge", (state, { quantity }) => done({ charged: state.charged - quantity }, null))

const buy = saga("buy", { input: Order, version: 1 })
  .step("take", {
    run: ({ input }) => stock.take(input.sku, { quantity: input.quantity }),
    undo: ({ input }) => stock.putBack(input.sku),
  })
  .step("charge", {
    run: ({ input }) => card.charge(input.card, { quantity: input.quantity }),
    undo: ({ input }) => card.refund(input.card),
  })

const shop = app("shop", {
  namespace: "test",
  partitions: 3,
  services: [buy],
  peers: [
    { app: "warehouse", partitions: 2, services: [stock] },
    { app: "bank", partitions: 5, services: [card] },
  ],
})
const warehouse = app("warehouse", { namespace: "test", partitions: 2, services: [stock] })
const bank = app("bank", { namespace: "test", partitions: 5, services: [card] })

function town() {
  const worlds = new Map([shop, warehouse, bank].map((one) => [one, newWorld()] as const))
  connectWorlds(worlds)
  const worldOf = (one: typeof shop): World => worlds.get(one) ?? newWorld()
  const start = (one: typeof shop) => startInMemory(one, worldOf(one))
  const buyNow = (key: string, sku: string, quantity: number, from = "card-1") =>
    askInMemory(shop, worldOf(shop), buy.start(key, { sku, quantity, card: from }), key)
  return { worldOf, start, buyNow }
}

const rowOf = (process: Awaited<ReturnType<typeof startInMemory>>, name: string, key: string) =>
  process.engine.row({ service: name, key })?.state

test("a saga calls services of other apps: completed and compensated, each effect once, forgotten at its end", async (t) => {
  const { start, buyNow } = town()
  const [seller, keeper, teller] = await Promise.all([start(shop), start(warehouse), start(bank)])
  t.after(() => Promise.all([seller.kill(), keeper.kill(), teller.kill()]))
  const outcomes = await Promise.all([buyNow("o1", "tea", 3), buyNow("o2", "tea", 4, "broke"), buyNow("o3", "tea", 99)])
  const ends = outcomes.map((outcome) =>
    outcome.type === "done" ? (outcome.value as { outcome: string }).outcome : outcome, // cast: a saga's end
  )
  assert.deepEqual(ends, ["completed", "compensated", "compensated"])
  assert.deepEqual(rowOf(keeper, "stock", "tea"), { left: 7, calls: 3 })
  assert.deepEqual(rowOf(teller, "card", "card-1"), { charged: 3 })
  const memory = () => keeper.engine.row({ service: "stock", key: "tea" })?.effects.size
  await keeper.until(() => memory() === 0)
  assert.equal(memory(), 0)
})

test("an app that is down is waited for: its commands are durable, and it answers when it is back", async (t) => {
  const { start, buyNow, worldOf } = town()
  const [seller, teller] = await Promise.all([start(shop), start(bank)])
  const bought = Array.from({ length: 5 }, (_, n) => buyNow(`o${n}`, "tea", 1))
  await seller.until(
    () => worldOf(warehouse).streams.kept("external", 0) + worldOf(warehouse).streams.kept("external", 1) > 0,
  )
  await seller.kill()
  const keeper = await start(warehouse)
  await keeper.until(() => keeper.engine.isIdle() && rowOf(keeper, "stock", "tea") !== undefined)
  await keeper.kill()
  const again = await Promise.all([start(shop), start(warehouse)])
  t.after(() => Promise.all([...again, teller].map((process) => process.kill())))
  for (const outcome of await Promise.all(bought)) assert.equal(outcome.type, "done")
  assert.deepEqual(rowOf(again[1], "stock", "tea"), { left: 5, calls: 5 })
})

test("records that are stored twice, or behind a gap, are decided once and in order", async (t) => {
  const { start, buyNow, worldOf } = town()
  const { streams } = worldOf(shop)
  const send = streams.send.bind(streams)
  let sent = 0
  // Every third frame is lost, every second is stored twice.
  Object.assign(streams, {
    send: (frame: Parameters<typeof send>[0]) => {
      sent += 1
      if (sent % 3 === 0) return send({ ...frame, app: "nobody" })
      if (sent % 2 === 0) Effect.runSync(send(frame))
      return send(frame)
    },
  })
  const processes = await Promise.all([start(shop), start(warehouse), start(bank)])
  t.after(() => Promise.all(processes.map((process) => process.kill())))
  const outcomes = await Promise.all(Array.from({ length: 9 }, (_, n) => buyNow(`o${n}`, "tea", 1)))
  assert.ok(outcomes.every(({ type }) => type === "done"))
  assert.deepEqual(rowOf(processes[1], "stock", "tea"), { left: 1, calls: 9 })
})

test("what claims to come from another app and cannot be read is parked with its bytes", async (t) => {
  const { start, worldOf } = town()
  const keeper = await start(warehouse)
  t.after(() => keeper.kill())
  const { streams } = worldOf(warehouse)
  streams.store("external", 0, Buffer.from("{}"), { "troupe-peer": "j 0 commands 1" })
  streams.store("replies", 1, Buffer.from("x"), { "troupe-peer": "nonsense" })
  await keeper.until(() => keeper.engine.parked().length === 2)
  assert.deepEqual(
    keeper.engine.parked().map(({ code }) => code),
    ["MALFORMED_FRAME", "MALFORMED_FRAME"],
  )
})

test("an app cannot be its own peer, and a service has one home", () => {
  const options = { namespace: "test", services: [card] }
  assert.throws(() => app("bank", { ...options, peers: [{ app: "bank", services: [stock] }] }), InvalidInput)
  assert.throws(() => app("shop", { ...options, peers: [{ app: "bank", services: [card] }] }), /two ways to go/)
})

test("R1: two apps that send to each other at their limits do not wait for each other for ever", async (t) => {
  const give = (name: string) =>
    service(name, { state: () => ({ got: 0 }) })
      .command("give", Quantity, (state, { quantity }) => done({ got: state.got + quantity }, null))
      .undo("takeBack", "give", (state, { quantity }) => done({ got: state.got - quantity }, null))
  const [east, west] = [give("east"), give("west")]
  const send = (name: string, to: typeof east) =>
    saga(name, { input: Quantity, version: 1 }).step("give", {
      run: ({ input, sagaId }) => to.give(`k${sagaId.length}`, { quantity: input.quantity }),
      undo: "nothing",
    })
  const [eastward, westward] = [send("eastward", east), send("westward", west)]
  const eastApp = app("east", {
    namespace: "test",
    partitions: 1,
    services: [east, westward],
    peers: [{ app: "west", partitions: 1, services: [west] }],
  })
  const westApp = app("west", {
    namespace: "test",
    partitions: 1,
    services: [west, eastward],
    peers: [{ app: "east", partitions: 1, services: [east] }],
  })
  const [eastWorld, westWorld] = [newWorld(), newWorld()]
  connectWorlds(
    new Map([
      [eastApp, eastWorld],
      [westApp, westWorld],
    ]),
  )
  const count = limits.externalInFlightMax + 500
  const asked = Array.from({ length: count }, (_, n) => [
    askInMemory(eastApp, eastWorld, westward.start(`s${n}`, { quantity: 1 }), `s${n}`),
    askInMemory(westApp, westWorld, eastward.start(`s${n}`, { quantity: 1 }), `s${n}`),
  ])
  const processes = await Promise.all([startInMemory(eastApp, eastWorld), startInMemory(westApp, westWorld)])
  t.after(() => Promise.all(processes.map((process) => process.kill())))
  const outcomes = await Promise.all(asked.flat())
  assert.ok(outcomes.every(({ type }) => type === "done"))
})
