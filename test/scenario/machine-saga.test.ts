// A raw machine as a saga on a real nats-server, over services of which one is a statechart, across a restart.
import assert from "node:assert/strict"
import { test } from "node:test"
import { app, start } from "../../runtime/index.ts"
import { buy, card, parcel, stock } from "../support/machine-shop.ts"
import { withNats } from "../support/nats-process.ts"

const shop = app("shop", { namespace: "charts", partitions: 4, services: [stock, card, parcel, buy] })

test("raw sagas that a restart interrupts go on where they were, and stock and money are conserved", async (t) => {
  const { url: natsUrl } = await withNats(t)
  let running = await start(shop, { natsUrl })
  const orders = Array.from({ length: 50 }, (_, n) => `o-${n}`)
  const ask = async () => {
    const { client } = running
    return Promise.all(orders.map((order) => client.ask(buy.start(order, { quantity: 1 }), { effect: order })))
  }
  const first = ask().catch(() => undefined)
  await running.client.query("stock", "tea")
  await running.stop()
  await first
  running = await start(shop, { natsUrl })
  // cast: a saga's end
  const ends = (await ask()).map((outcome) => (outcome.type === "done" ? (outcome.value as { outcome: string }).outcome : ""))
  const count = (wanted: string) => ends.filter((end) => end === wanted).length
  assert.deepEqual([count("completed"), count("compensated")], [40, 10])
  assert.deepEqual((await running.client.query("stock", "tea")).state, { left: 960 })
  for (const n of [0, 1, 2, 3]) {
    assert.deepEqual((await running.client.query("card", `card-${n}`)).state, { charged: 10 })
  }
  assert.partialDeepStrictEqual((await running.client.query("parcel", "o-1")).state, { value: "delivered" })
  assert.deepEqual(await running.operator.list(), [])
  await running.stop()
})
