// The console on a real server: an app that launches with one, another in a process beside it, and what they show over a
// compaction, a restart, and a change of owners.
import assert from "node:assert/strict"
import { mkdtemp, rm, stat } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test, type TestContext } from "node:test"
import { type App, appOnNats, type Client, launch, readEnvironment, startConsole } from "../../runtime/index.ts"
import { sagaPictures } from "../../sagas/index.ts"
import { askUrl, operatorToken } from "../support/console-in-memory.ts"
import { withNats } from "../support/nats-process.ts"
import { anOrder, desk, order, ordersShop, stock } from "../support/orders-shop.ts"

const author = { by: "ann", why: "a test" }

async function asked(url: string, path: string, body?: object): Promise<Record<string, unknown>> {
  const { status, text, json } = await askUrl(body === undefined ? "GET" : "POST", `${url}/api/apps/shop/${path}`, body, {
    authorization: `Bearer ${operatorToken}`,
  })
  assert.equal(status, 200, text)
  return json as Record<string, unknown> // cast: every answer is an object
}

async function fill(client: Client): Promise<void> {
  await client.ask(stock.fill("P1", { units: 100 }), { effect: "fill" })
  for (let n = 0; n < 40; n += 1) await client.send(order.start(`o-${n}`, anOrder(`c-${n % 4}`)), { effect: `start ${n}` })
  for (let n = 0; n < 60; n += 1)
    await client.ask(desk.note("d-1", { text: `note ${n}`, amount: 1 }), { effect: `note ${n}` })
}

/** A console that runs nothing of the app. */
async function besideIt(t: TestContext, shop: App, natsUrl: string, storeDir: string) {
  const alone = await appOnNats(shop, { natsUrl, storeDir })
  const beside = await startConsole([alone], { port: 0, token: operatorToken, pictures: sagaPictures })
  t.after(async () => {
    await beside.close()
    await alone.close()
  })
  const shown = beside.apps.get("shop")
  await shown?.projector.until(() => shown.projector.status().state === "live", 10_000)
  return { alone, beside }
}

test("an app is launched with its console; one beside it shows the same, over a restart, and orders what happens", async (t) => {
  const { url: natsUrl } = await withNats(t)
  const dataDir = await mkdtemp(join(tmpdir(), "troupe-console-"))
  t.after(() => rm(dataDir, { recursive: true, force: true }))
  const shop = ordersShop({ compactionBytesMin: 32_768 })
  const environment = readEnvironment({ NATS_URL: natsUrl, OTEL_TRACES_EXPORTER: "none" })
  const lines: string[] = []
  const launching = () => launch(shop, {
    dataDir, environment, report: (line) => lines.push(line),
    console: { port: 0, token: operatorToken, pictures: sagaPictures },
  })
  const running = await launching()
  const url = running.consoleAt ?? ""
  assert.ok(lines.includes(`the console is at ${url}/`))
  const { client } = running
  await fill(client)
  for (let n = 0; n < 10; n += 1)
    await asked(url, `sagas/order/o-${n}/actions/signal`, { ...author, name: "approval", payload: { by: "bob" } })
  const killed = await asked(url, "sagas/order/o-30/actions/kill", author)
  assert.equal(killed["isShown"], true)
  await client.ask(desk.note("d-2", { text: "bad", amount: -1 }), { effect: "bad" })
  const { alone, beside } = await besideIt(t, shop, natsUrl, join(dataDir, "alone"))
  const search = "sagas?where=customer%3Dc-1&count=true"
  for (const path of ["saga-counts", "sagas/order/o-3", "sagas/order/o-30", search, "orders?limit=100", "parked"])
    assert.deepEqual(await asked(beside.url, path), await asked(url, path), path)
  const { total } = await asked(beside.url, "sagas?where=customer%3Dc-1&phase=live&count=true")
  assert.equal(total, 10)
  // cast: of its shape
  const partitions = (await asked(beside.url, "partitions"))["partitions"] as readonly { owner?: string; isHere?: boolean }[]
  assert.ok(partitions.every(({ owner, isHere }) => owner !== undefined && isHere === undefined), "it runs none of them")
  const [parked] = (await asked(beside.url, "parked"))["parked"] as readonly { partition: number; id: string }[] // cast: likewise
  const mended = { ...author, payload: { text: "good", amount: 1 } }
  const redriven = await asked(beside.url, `parked/${parked?.partition}/bad/redrive`, mended)
  assert.equal(redriven["count"], 1)
  assert.deepEqual((await client.query("desk", "d-2")).state, { notes: 1, total: 1 })
  // cast: likewise
  const { entries } = await asked(beside.url, "sagas/order/o-3/timeline?payloads=true") as { entries: readonly unknown[] }
  assert.ok(entries.length >= 3)
  await running.stop()
  assert.deepEqual((await asked(beside.url, "overview"))["unowned"], [0, 1], "nobody runs the app any more")
  const again = await launching()
  t.after(() => again.stop())
  // cast: likewise
  const { readModel } = await asked(again.consoleAt ?? "", "overview") as { readModel: { rebuilds: number; sequence: number } }
  assert.deepEqual([readModel.rebuilds, readModel.sequence > 0], [0, true], "it went on from its file")
  assert.ok((await stat(join(dataDir, "console", "test.shop.sqlite"))).size > 0)
  await assert.rejects(
    startConsole([{ ...alone, file: join(dataDir, "console", "test.shop.sqlite") }], { port: 0 }),
    { code: "STORE_UNUSABLE" },
  )
  const { item } = await asked(again.consoleAt ?? "", "sagas/order/o-30") as { item: { phase: string } } // cast: likewise
  assert.equal(item.phase, "killed")
  await asked(again.consoleAt ?? "", "sagas/order/o-31/actions/cancel", author)
  const end = await asked(beside.url, "sagas/order/o-31/outcome?waitMs=10000")
  assert.equal(end["outcome"], "compensated")
})
