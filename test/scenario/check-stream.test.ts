// The check of stored events against the contracts in the code, on a real server.
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Schema from "effect/Schema"
import { app, checkStream, done, event, type EventContract, type Json, service, start } from "../../runtime/index.ts"
import { withNats } from "../support/nats-process.ts"

const Sale1 = Schema.toStandardSchemaV1(Schema.Struct({ cents: Schema.Int }))
const Sold1 = event("Sold", Sale1)
const Sale2 = Schema.toStandardSchemaV1(Schema.Struct({ amount: Schema.Int.check(Schema.isLessThan(100)) }))
const toAmount = (old: Json) => ({ amount: (old as { cents: number }).cents }) // cast: only such events are stored here
const Sold2 = event("Sold", Sale2, { version: 2, upcast: { 1: toAmount } })

const till = service("till", { state: () => ({}) }).command("sell", Sale1, (state, sale) => done(state, null, [Sold1(sale)]))
const shop = app("shop", { namespace: "test", partitions: 2, services: [till] })

function reader<Payload>(contract: EventContract<Payload>) {
  const report = service("report", { state: () => ({}) }).on(contract, () => "all", (state) => done(state))
  return app("report", { namespace: "test", partitions: 2, services: [report] })
}

test("stored events that a new contract cannot read are counted and named, and what is stored stays as it is", async (t) => {
  const { url: natsUrl } = await withNats(t)
  assert.deepEqual(await checkStream(reader(Sold2), { natsUrl }), [
    { event: "Sold", service: "report", stored: 0, tried: 0, unreadable: 0, examples: [] },
  ])
  const running = await start(shop, { natsUrl })
  t.after(() => running.stop())
  const sales = Array.from({ length: 20 }, (_, n) => till.sell(`till-${n % 5}`, { cents: n * 10 }))
  const all = sales.map((sale, n) => running.client.ask(sale, { effect: `s${n}` }))
  await Promise.all(all)
  await running.stop()
  const check = async (max?: number) => (await checkStream(reader(Sold2), { natsUrl, ...(max === undefined ? {} : { max }) }))[0]
  const found = await check()
  assert.deepEqual([found?.stored, found?.tried, found?.unreadable, found?.examples.length], [20, 20, 10, 5])
  const [first] = found?.examples ?? []
  assert.deepEqual([first?.source, first?.version, first?.code], ["shop/till", 1, "SCHEMA_MISMATCH"])
  assert.equal(typeof first?.sequence, "number")
  assert.equal(JSON.stringify(found).includes("cents"), false)
  assert.deepEqual([(await check(7))?.tried, (await check(7))?.stored], [7, 20])
  const [plain] = await checkStream(reader(event("Sold", Sale2)), { natsUrl })
  assert.equal(plain?.unreadable, 20, "without an upcaster nothing of it is read")
  const both = await checkStream(reader(Sold1), { natsUrl, events: [Sold2] })
  assert.deepEqual(both.map(({ service: who, unreadable }) => [who, unreadable]), [["report", 0], ["", 10]])
})
