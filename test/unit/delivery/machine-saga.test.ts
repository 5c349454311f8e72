// A raw machine as a saga on the engine, over services of which one is a statechart: crashes lose nothing and double nothing.
import assert from "node:assert/strict"
import { test } from "node:test"
import { app } from "../../../runtime/host/app.ts"
import { askInMemory, newWorld, startInMemory } from "../../../runtime/testing/index.ts"
import { buy, card, parcel, stock } from "../../support/machine-shop.ts"

const shop = app("shop", { namespace: "test", partitions: 4, services: [stock, card, parcel, buy] })

test("a process that is killed in the middle of raw sagas is replaced, and each of them ends once", async () => {
  const world = newWorld()
  let process = await startInMemory(shop, world)
  const orders = Array.from({ length: 40 }, (_, n) => `o-${n}`)
  const asked = orders.map((order) => askInMemory(shop, world, buy.start(order, { quantity: 1 }), order))
  for (const blocks of [3, 6, 10]) {
    const dying = process
    await dying.until(() => dying.blocks.length >= blocks)
    await dying.kill()
    process = await startInMemory(shop, world)
  }
  const ends = (await Promise.all(asked)).map((outcome) => {
    return outcome.type === "done" ? (outcome.value as { outcome: string }) : outcome // cast: a saga's end
  })
  const count = (wanted: string) => ends.filter((end) => "outcome" in end && end.outcome === wanted).length
  assert.deepEqual([count("completed"), count("compensated")], [32, 8])
  const state = (service: string, key: string) => process.engine.row({ service, key })?.state
  assert.deepEqual(state("stock", "tea"), { left: 1_000 - 32 })
  const charged = [0, 1, 2, 3].map((n) => state("card", `card-${n}`))
  assert.deepEqual(charged, [8, 8, 8, 8].map((cents) => ({ charged: cents })))
  assert.partialDeepStrictEqual(state("parcel", "o-0"), { value: "delivered", context: { key: "o-0" } })
  assert.equal(state("parcel", "o-4"), undefined)
  assert.deepEqual(process.engine.parked(), [])
  await process.kill()
})
