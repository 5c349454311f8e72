// Several apps on one real nats-server: each in a process of its own would do the same; here they share the test's.
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Schema from "effect/Schema"
import { app, done, event, refused, service, start } from "../../runtime/index.ts"
import { saga } from "../../sagas/index.ts"
import { withNats } from "../support/nats-process.ts"

const Quantity = Schema.toStandardSchemaV1(Schema.Struct({ quantity: Schema.Int }))

const stock = service("stock", { state: () => ({ left: 300 }) })
  .command("take", Quantity, (state, { quantity }) =>
    quantity > state.left ? refused("out-of-stock") : done({ left: state.left - quantity }, null),
  )
  .undo("putBack", "take", (state, { quantity }) => done({ left: state.left + quantity }, null))

const card = service("card", { state: () => ({ charged: 0 }) })
  .command("charge", Quantity, (state, { quantity }, { key }) =>
    key === "card-4" ? refused("declined") : done({ charged: state.charged + quantity }, null),
  )
  .undo("refund", "charge", (state, { quantity }) => done({ charged: state.charged - quantity }, null))

const buy = saga("buy", { input: Quantity, version: 1 })
  .step("take", { run: ({ input }) => stock.take("tea", input), undo: () => stock.putBack("tea") })
  .step("charge", {
    run: ({ input, sagaId }) => card.charge(`card-${sagaId.length % 5}`, input),
    undo: ({ sagaId }) => card.refund(`card-${sagaId.length % 5}`),
  })

const [namespace, partitions] = ["town", 4]
const warehouse = app("warehouse", { namespace, partitions, services: [stock] })
const bank = app("bank", { namespace, partitions, services: [card] })
const shop = app("shop", {
  namespace,
  partitions,
  services: [buy],
  peers: [
    { app: "warehouse", partitions, services: [stock] },
    { app: "bank", partitions, services: [card] },
  ],
})

test("a saga in one app calls services of two others over durable streams; a restart loses nothing", async (t) => {
  const { url: natsUrl } = await withNats(t)
  const [seller, teller] = await Promise.all([start(shop, { natsUrl }), start(bank, { natsUrl })])
  let keeper = await start(warehouse, { natsUrl })
  const asked = Array.from({ length: 200 }, (_, n) => {
    const key = "o".repeat((n % 5) + 1) + n.toString().padStart(5, "0")
    return seller.client.ask(buy.start(key, { quantity: 1 }), { effect: key })
  })
  await keeper.stop()
  keeper = await start(warehouse, { natsUrl })
  const outcomes = await Promise.all(asked)
  const ends = outcomes.map((outcome) =>
    outcome.type === "done" ? (outcome.value as { outcome: string }).outcome : outcome, // cast: a saga's end
  )
  const completed = ends.filter((end) => end === "completed").length
  assert.deepEqual([completed, ends.filter((end) => end === "compensated").length], [160, 40])
  assert.deepEqual((await keeper.client.query("stock", "tea")).state, { left: 300 - completed })
  const charged = [0, 1, 2, 3].map((n) => teller.client.query("card", `card-${n}`))
  // cast: the handlers' state
  const total = (await Promise.all(charged)).reduce((sum, { state }) => sum + (state as { charged: number }).charged, 0)
  assert.equal(total, completed)
  await Promise.all([seller.stop(), teller.stop(), keeper.stop()])
})

test("an app that reacts to events is told at its start of the apps whose events it would not get all", async (t) => {
  const { url: natsUrl } = await withNats(t)
  const Sold = event("Sold", Quantity)
  const ledger = service("ledger", { state: () => ({ sold: 0 }) }).on(
    Sold,
    () => "all",
    (state, { quantity }) => done({ sold: state.sold + quantity }, null),
  )
  const startedWith = async (count: number, services: Parameters<typeof app>[1]["services"]) => {
    const lines: string[] = []
    const shape = app(`books-${count}`, { namespace, partitions: count, services })
    await (await start(shape, { natsUrl, report: (line) => void lines.push(line) })).stop()
    return lines.filter((line) => line.startsWith("EVENTS_MISSED"))
  }
  assert.deepEqual(await startedWith(5, [stock]), [])
  assert.deepEqual(await startedWith(6, [ledger]), [], "it gets all of an app with fewer")
  assert.deepEqual(await startedWith(3, [stock]), [], "it reacts to nothing")
  const told = await startedWith(4, [ledger])
  assert.equal(told.length, 2)
  assert.match(told.join("\n"), /app books-5 of this namespace has 5 partitions and books-4 has 4.*\n.*app books-6/)
})
