// Reactions to events: which actor takes one, which events are left alone, and what a handler may emit.
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Schema from "effect/Schema"
import { app, done, event, service } from "../../../runtime/index.ts"
import { askInMemory, newWorld, startInMemory, type World } from "../../../runtime/testing/index.ts"

const Sale = Schema.toStandardSchemaV1(Schema.Struct({ shop: Schema.String, cents: Schema.Int }))
const Sold = event("Sold", Sale, { key: ({ shop }) => shop })
const Counted = event("Counted", Sale)

const till = service("till", { state: () => ({ sales: 0 }) })
  .command("sell", Sale, ({ sales }, sale) => done({ sales: sales + 1 }, sales + 1, [Sold(sale)]), { emits: [Sold] })
  .command("count", Sale, (state, sale) => done(state, null, [Counted(sale)]), { emits: [Sold] })

const report = service("report", { state: () => ({ large: 0 }) }).on(
  Sold,
  ({ shop }) => shop,
  ({ large }) => done({ large: large + 1 }),
  { when: ({ cents }) => cents >= 1_000 },
)

const events = ({ streams }: World) => [0, 1, 2, 3].flatMap((partition) => streams.stored("events", partition))

const shape = app("shops", { namespace: "test", partitions: 4, services: [till, report] })

test("a filtered reaction takes only the events that it wants", async (t) => {
  const world = newWorld()
  const shops = await startInMemory(shape, world)
  t.after(() => shops.kill())
  for (const cents of [10, 1_000, 999, 5_000]) await askInMemory(shape, world, till.sell("till-1", { shop: "north", cents }))
  const large = () => shops.engine.row({ service: "report", key: "north" })?.state
  await shops.until(() => JSON.stringify(large()) === '{"large":2}')
  assert.deepEqual(large(), { large: 2 })
})

test("an event that a contract gives a key is about that key, whoever emits it", async (t) => {
  const world = newWorld()
  const shops = await startInMemory(shape, world)
  t.after(() => shops.kill())
  await askInMemory(shape, world, till.sell("till-1", { shop: "north", cents: 1_000 }))
  await shops.until(() => events(world).length === 1)
  assert.equal(events(world)[0]?.headers["ce-subject"], "north")
  assert.equal(events(world)[0]?.headers["ce-source"], "shops/till")
})

test("an event that its handler does not declare parks the record, and nothing of it happens", async (t) => {
  const world = newWorld()
  const shops = await startInMemory(shape, world)
  t.after(() => shops.kill())
  const outcome = await askInMemory(shape, world, till.count("till-1", { shop: "north", cents: 1 }))
  assert.equal(outcome.type === "faulted" && outcome.code, "HANDLER_DEFECT")
  assert.equal(shops.engine.parked()[0]?.message.includes('emits "Counted" and does not declare it'), true)
  assert.equal(events(world).length, 0)
})
