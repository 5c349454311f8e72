// A new version while sagas are under way: the dry run, the order, and what is said when they cannot be. The large test of it
// is a scenario.
import assert from "node:assert/strict"
import { test } from "node:test"
import { type App, InvalidInput } from "../../../runtime/index.ts"
import { askInMemory, newWorld, operateInMemory, startInMemory } from "../../../runtime/testing/index.ts"
import { applyMigration, liveVerdicts, planMigration, versions } from "../../../sagas/index.ts"
import { listOf } from "../../support/list-of.ts"
import { migrateInMemory } from "../../support/live-migration-in-memory.ts"
import { both, longOrders, orderV1, orderV2, standings } from "../../support/long-order.ts"

const author = { by: "ann", why: "orders are insured now" }
const input = { sku: "P1", customer: "rich", isRisky: true }
const signal = (key: string, name: string) =>
  ({ service: "order", key, name: "signal", payload: { name, payload: { ok: true } } }) as const

/** Three orders: two that are vetted, one that awaits offers, where version 2 would have insured it. */
async function threeOrders(app: App) {
  const world = newWorld()
  const process = await startInMemory(app, world)
  const ask = (command: Parameters<typeof askInMemory>[2]) => askInMemory(app, world, command)
  const ends = ["a", "b", "c"].map((key) => ask(orderV1.start(key, { ...input, isRisky: key !== "c" })))
  await Promise.all(["packed", "printed"].map((name) => ask(signal("c", name))))
  await ask(orderV1.pause("b", author))
  await process.until(() => process.engine.isIdle())
  await process.kill()
  return { world, ends }
}

test("sagas in many states: the dry run is right about each, and all come to their ends on one of the versions", async (t) => {
  const verdicts = await migrateInMemory(t, 10 * standings.length)
  assert.ok(new Set(verdicts.map(({ state }) => state)).size >= 10)
})

test("a plan groups sagas by where they stand and by what is said of them", async (t) => {
  const { before, after } = longOrders("plan")
  const { world } = await threeOrders(before)
  const process = await startInMemory(after, world)
  t.after(() => process.kill())
  const operator = operateInMemory(after, world)
  const plan = await planMigration(operator, both)
  assert.deepEqual([plan.to, plan.migrates, plan.stays], [2, 2, 1])
  const groups = plan.groups.toSorted((x, y) => String(x.keys).localeCompare(String(y.keys)))
  const why = '"insure" of version 2 stands where it has been already'
  assert.deepEqual(groups, [
    { version: 1, state: "vetted", migrates: true, count: 1, keys: ["a"] },
    { version: 1, state: "vetted, parked: PAUSED", migrates: true, count: 1, keys: ["b"] },
    {
      version: 1, state: '{"carrier":{"fast":"fastOffer","slow":"slowOffer"}}', migrates: false,
      code: "ORDER_CHANGED", why, count: 1, keys: ["c"],
    },
  ])
  await assert.rejects(planMigration(operator, both, { to: 3 }), InvalidInput)
  await assert.rejects(applyMigration(operator, both, author, { perSecond: 0 }), InvalidInput)
})

test("a saga that went on after the dry run is decided as it is then, and told why it stays", async (t) => {
  const { before, after } = longOrders("moved")
  const { world } = await threeOrders(before)
  const process = await startInMemory(after, world)
  t.after(() => process.kill())
  const operator = operateInMemory(after, world)
  const ask = (command: Parameters<typeof askInMemory>[2]) => askInMemory(after, world, command)
  const moving = {
    rows: operator.rows.bind(operator),
    async tell(command: Parameters<typeof operator.tell>[0]) {
      if (command.key === "a") {
        for (const name of ["vetted", "packed", "printed"]) await ask(signal("a", name))
        await process.until(() => process.engine.isIdle())
      }
      if (command.key === "b") await ask(orderV1.kill("b", author))
      return operator.tell(command)
    },
  }
  const report = await applyMigration(moving, both, author)
  assert.deepEqual(report, { to: 2, migrated: 0, refused: 2, stayed: 1, codes: { ORDER_CHANGED: 2, ended: 1 } })
  const left = await listOf(liveVerdicts(operator, both))
  assert.deepEqual(left.map(({ key, version }) => `${key} ${version}`).toSorted(), ["a 1", "c 1"])
})

test("an app that does not run these versions yet is told apart", async (t) => {
  const { before } = longOrders("early")
  const { world } = await threeOrders(before)
  const process = await startInMemory(before, world)
  t.after(() => process.kill())
  await assert.rejects(planMigration(operateInMemory(before, world), both), /not have saga order in this version/)
  const command = { ...orderV1.cancel("a"), name: "migrate", payload: { to: 2, hash: "x" } }
  const outcome = await operateInMemory(before, world).tell(command)
  assert.equal(outcome.type === "refused" && outcome.code, "unknown-version")
})

test("sagas whose version is not here are listed as such", async (t) => {
  const { before } = longOrders("gone")
  const { world } = await threeOrders(before)
  const only = versions(orderV2)
  const { after } = longOrders("gone")
  const app = { ...after, shape: { ...after.shape, logics: new Map(after.shape.logics).set("order", only.logic) } }
  const process = await startInMemory(app, world)
  t.after(() => process.kill())
  const plan = await planMigration(operateInMemory(app, world), only)
  assert.deepEqual([plan.migrates, plan.stays, plan.groups[0]?.code], [0, 3, "OTHER_VERSION"])
})

test("an owner that dies meanwhile loses nothing: the next one decides, and a second round finds nothing to do", async (t) => {
  const { before, after } = longOrders("crash")
  const { world, ends } = await threeOrders(before)
  let process = await startInMemory(after, world)
  const operator = operateInMemory(after, world)
  let told = 0
  const crashing = {
    rows: operator.rows.bind(operator),
    async tell(command: Parameters<typeof operator.tell>[0]) {
      const outcome = operator.tell(command)
      if (told++ === 0) {
        await process.kill()
        process = await startInMemory(after, world)
      }
      return outcome
    },
  }
  t.after(() => process.kill())
  const report = await applyMigration(crashing, both, author)
  assert.deepEqual([report.migrated, report.refused, report.stayed], [2, 0, 1])
  const again = await applyMigration(operator, both, author)
  assert.deepEqual([again.migrated, again.stayed], [0, 1])
  const ask = (command: Parameters<typeof askInMemory>[2]) => askInMemory(after, world, command)
  await ask(orderV2.resume("b", author))
  const waits = ["cleared", "packed", "printed", "fastOffer", "bid", "delivered"]
  await Promise.all(["a", "b", "c"].flatMap((key) => waits.map((name) => ask(signal(key, name)))))
  for (const outcome of await Promise.all(ends)) assert.equal(outcome.type, "done")
})
