// Consumer groups on a real nats-server: lag of a service that is down, services that come later, resets.
import assert from "node:assert/strict"
import { test } from "node:test"
import { setTimeout as pause } from "node:timers/promises"
import { jetstreamManager } from "@nats-io/jetstream"
import { connect } from "@nats-io/transport-node"
import { type App, app, done, event, readSubscriptions, type RunningApp, service, start } from "../../runtime/index.ts"
import { range, Sold } from "../support/facts.ts"
import { withNats } from "../support/nats-process.ts"

const [namespace, partitions] = ["shop", 4]
const author = { by: "ops", why: "a test" }
const keys = range(1, 20).map((n) => `shop-${n}`)

const till = service("till", { state: () => ({ sold: 0 }) }).command("sell", Sold.schema, ({ sold }, sale) =>
  done({ sold: sold + 1 }, sold + 1, [Sold(sale)]),
)
const counting = (name: string) =>
  service(name, { state: () => ({ count: 0, last: 0 }) }).on(
    Sold,
    ({ shop }) => shop,
    ({ count }, { n }) => done({ count: count + 1, last: n }, null),
  )
const Told = event("Told", Sold.schema)
const telling = service("telling", { state: () => ({ sum: 0 }) }).on(
  Sold,
  ({ shop }) => shop,
  ({ sum }, sale) => done({ sum: sum + sale.n }, null, [Told(sale)]),
)

const appOf = (name: string, ...services: Parameters<typeof app>[1]["services"]): App =>
  app(name, { namespace, partitions, services })

async function sell(seller: RunningApp, from: number, to: number): Promise<void> {
  const all = range(from, to).map((n) => {
    const shop = keys[n % keys.length] ?? ""
    return seller.client.ask(till.sell(shop, { shop, n }), { effect: `sell ${n}` })
  })
  await Promise.all(all)
}

const countOf = ({ engine }: RunningApp, name: string): number =>
  [...engine.rows(name)].reduce((sum, [, state]) => sum + (state as { count: number }).count, 0) // cast: `counting` made it

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await pause(20)
}

async function stored(natsUrl: string, subject: string): Promise<number> {
  const connection = await connect({ servers: natsUrl })
  const manager = await jetstreamManager(connection)
  const { state } = await manager.streams.info("SHOP_EVENTS", { subjects_filter: subject })
  await connection.close()
  return Object.values(state.subjects ?? {}).reduce((sum, count) => sum + count, 0)
}

test("two services on one event: it is stored once; one that is down after 800 of 1,000 lags by 200, then by none", async (t) => {
  const { url: natsUrl } = await withNats(t)
  const seller = await start(appOf("seller", till, counting("notification")), { natsUrl })
  const shape = appOf("business", counting("business"))
  let business = await start(shape, { natsUrl })
  await sell(seller, 1, 800)
  await until(() => countOf(business, "business") === 800)
  await business.stop()
  await sell(seller, 801, 1_000)
  await until(() => countOf(seller, "notification") === 1_000)
  const lag = (await readSubscriptions(shape, { natsUrl })).reduce((sum, subscription) => sum + subscription.lag, 0)
  assert.equal(lag, 200)
  assert.equal(await stored(natsUrl, "shop.evt.>"), 1_000)
  business = await start(shape, { natsUrl })
  await until(() => countOf(business, "business") === 1_000)
  await until(async () => (await business.operator.subscriptions()).every((subscription) => subscription.lag === 0))
  assert.deepEqual([countOf(business, "business"), countOf(seller, "notification")], [1_000, 1_000])
  await Promise.all([business.stop(), seller.stop()])
})

test("a service that comes later sees all events, past and new, in an app of its own or in one that gets one more", async (t) => {
  const { url: natsUrl } = await withNats(t)
  const seller = await start(appOf("seller", till), { natsUrl })
  let office = await start(appOf("office", counting("billing")), { natsUrl })
  await sell(seller, 1, 300)
  await until(() => countOf(office, "billing") === 300)
  const later = await start(appOf("later", counting("reports")), { natsUrl })
  await office.stop()
  const selling = sell(seller, 301, 400)
  office = await start(appOf("office", counting("billing"), counting("audit")), { natsUrl })
  await selling
  await until(() => countOf(office, "audit") === 400 && countOf(later, "reports") === 400)
  await until(async () => (await office.operator.subscriptions()).every(({ state, lag }) => state === "live" && lag === 0))
  await sell(seller, 401, 420)
  await until(() => countOf(office, "audit") === 420 && countOf(later, "reports") === 420)
  assert.deepEqual([countOf(office, "billing"), countOf(office, "audit"), countOf(later, "reports")], [420, 420, 420])
  await Promise.all([later.stop(), office.stop(), seller.stop()])
})

test("an operator resets one service: reprocess does all again, rebuild says nothing again; no other notices", async (t) => {
  const { url: natsUrl } = await withNats(t)
  const shop = await start(appOf("shop", till, counting("a"), counting("b"), telling), { natsUrl })
  await sell(shop, 1, 200)
  await until(async () => countOf(shop, "a") === 200 && countOf(shop, "b") === 200)
  await until(async () => (await stored(natsUrl, "shop.evt.*.Told.>")) === 200)
  const sums = () => JSON.stringify([...shop.engine.rows("telling")].toSorted(([a], [b]) => (a < b ? -1 : 1)))
  const before = sums()
  assert.equal(await shop.operator.reset({ service: "a", mode: "reprocess" }, author), 2)
  assert.equal(await shop.operator.reset({ service: "telling", mode: "rebuild" }, author), 2)
  await until(() => countOf(shop, "a") === 400 && sums() === before)
  const isLive = async () => (await shop.operator.subscriptions()).every(({ state, lag }) => state === "live" && lag === 0)
  await until(isLive)
  await sell(shop, 201, 220)
  await until(() => countOf(shop, "a") === 420 && countOf(shop, "b") === 220)
  await until(async () => (await stored(natsUrl, "shop.evt.*.Told.>")) >= 220)
  await until(isLive)
  assert.deepEqual([countOf(shop, "a"), countOf(shop, "b"), await stored(natsUrl, "shop.evt.*.Told.>")], [420, 220, 220])
  await shop.stop()
})
