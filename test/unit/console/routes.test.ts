// Every route answers as the OpenAPI document says, and tells what the app knows.
import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { get } from "node:http"
import { test, type TestContext } from "node:test"
import { openApi, startConsole } from "../../../runtime/index.ts"
import { misfit } from "../../../runtime/console/api/check-shape.ts"
import { type RouteName, routes, shapes } from "../../../runtime/console/api/open-api.ts"
import type { Route } from "../../../runtime/console/api/route.ts"
import type { Shape } from "../../../runtime/console/api/shape.ts"
import { askInMemory, type MemoryProcess, newWorld, startInMemory, type World } from "../../../runtime/testing/index.ts"
import { bank, transfer } from "../../support/bank.ts"
import { appInMemory, type Asker, askUrl, consoleInMemory, operatorToken } from "../../support/console-in-memory.ts"
import { anOrder, desk, order, ordersShop, stock } from "../../support/orders-shop.ts"

const shop = ordersShop()

interface Shown extends Asker {
  readonly world: World
  readonly process: MemoryProcess
  tell(command: Parameters<typeof askInMemory>[2]): ReturnType<typeof askInMemory>
  /** Until all is decided, and shown. */
  settled(): Promise<void>
}

async function show(t: TestContext): Promise<Shown> {
  const world = newWorld()
  const process = await startInMemory(shop, world)
  const asker = await consoleInMemory(shop, world, process)
  t.after(async () => {
    await asker.console.close()
    await process.kill()
  })
  const projector = asker.console.apps.get("shop")!.projector
  return {
    ...asker, world, process,
    tell: (command) => askInMemory(shop, world, command),
    async settled() {
      await process.until(() => process.engine.isIdle())
      const last = Math.max(...[0, 1].map((partition) => world.journal.records(partition).at(-1)?.sequence ?? 0))
      assert.ok(await projector.until(() => projector.status().sequence >= last, 5_000))
    },
  }
}

/** One order of each kind, and a note that is parked. */
async function fill({ tell, settled }: Shown): Promise<void> {
  await tell(stock.fill("P1", { units: 10 }))
  for (const [key, cents] of [["done", 700], ["poor", 20_000], ["waits", 800], ["stuck", 200_000]] as const)
    void tell(order.start(key, anOrder(`c-${key}`, cents)))
  for (const key of ["done", "poor", "stuck"]) await tell(order.signal(key, "approval", { by: "bob" }))
  await tell(order.pause("waits", { by: "ann", why: "the customer called" }))
  await tell(desk.note("d/1 x", { text: "a note", amount: -5, cardNumber: "4111" }))
  await settled()
}

function check(name: RouteName, json: unknown): void {
  const { answer } = routes[name] as Route // cast: the table's own type
  assert.equal(answer && misfit(answer, json, shapes), undefined, name)
}

const reading: readonly (readonly [name: RouteName, path: string])[] = [
  ["session", "/api/session"], ["apps", "/api/apps"], ["overview", "overview"], ["health", "health"], ["services", "services"],
  ["partitions", "partitions"], ["handlings", "handlings?service=desk"], ["subscriptions", "subscriptions"],
  ["rates", "rates?stepMs=10000"], ["orders", "orders?by=ann"], ["flow", "flow"], ["findSagas", "sagas?count=true&order=due"],
  ["countSagas", "saga-counts"], ["showSaga", "sagas/order/waits"], ["showSaga", "sagas/order/poor"],
  ["sagaTimeline", "sagas/order/poor/timeline?payloads=true"], ["sagaTimeline", "sagas/order/waits/timeline?limit=1"],
  ["sagaGraph", "sagas/order/stuck/graph"], ["showDefinition", "definitions/order"], ["showActor", "actors/stock/P1"],
  ["actorTimeline", "actors/desk/d%2F1%20x/timeline?payloads=true"], ["parkedGroups", "parked-groups?service=desk"],
  ["parked", "parked?limit=1"], ["awaitSaga", "sagas/order/poor/outcome"],
]

test("what reads answers as the document says", async (t) => {
  const shown = await show(t)
  await fill(shown)
  for (const [name, path] of reading) {
    const reply = await shown.ask("GET", path)
    assert.equal(reply.status, 200, `${path}: ${reply.text}`)
    check(name, reply.json)
  }
  const read = new Set<string>(reading.map(([name]) => name))
  const others = new Set(["sagaDrawing", "drawDefinition", "flowDrawing", "live", "showParked"])
  const asked = Object.entries(routes).filter(([, { method }]) => method === "GET").map(([name]) => name)
  assert.deepEqual(asked.filter((name) => !read.has(name) && !others.has(name)), [])
})

test("several apps are shown together, each with its own", async (t) => {
  const [one, other] = [ordersShop(), bank]
  const worlds = [newWorld(), newWorld()] as const
  await Promise.all([startInMemory(one, worlds[0]), startInMemory(other, worlds[1])].map(async (starting) => {
    const process = await starting
    t.after(() => process.kill())
  }))
  await askInMemory(other, worlds[1], transfer.start("t-1", { from: "a", to: "b", amount: 1 }))
  const sources = [appInMemory(one, worlds[0]), appInMemory(other, worlds[1])]
  const console = await startConsole(sources, { port: 0, token: operatorToken })
  t.after(() => console.close())
  const { projector } = console.apps.get("bank")!
  await projector.until(() => projector.status().state === "live", 5_000)
  const read = (path: string) => askUrl("GET", `${console.url}${path}`, undefined, { authorization: `Bearer ${operatorToken}` })
  const { apps } = (await read("/api/apps")).json as { apps: readonly { app: string }[] } // cast: of its shape
  assert.deepEqual(apps.map(({ app }) => app), ["shop", "bank"])
  assert.match((await read("/api/apps/bank/sagas")).text, /"key":"t-1"/)
  assert.doesNotMatch((await read("/api/apps/shop/sagas")).text, /"key"/)
})

test("the document is the one in the documentation, and every name that it uses is there", () => {
  const file = new URL("../../../docs/console-api.json", import.meta.url)
  assert.deepEqual(JSON.parse(readFileSync(file, "utf8")), JSON.parse(JSON.stringify(openApi())))
  const used = new Set([...JSON.stringify(openApi()).matchAll(/#\/components\/schemas\/(\w+)/g)].map(([, name = ""]) => name))
  for (const name of used) assert.ok(name in shapes, name)
  const loose = ({ type, properties, additionalProperties }: Shape): boolean =>
    type === "object" && properties === undefined && additionalProperties === undefined
  assert.deepEqual(Object.entries(shapes).filter(([, shape]) => loose(shape)), [])
})

interface Page {
  readonly item: { readonly phase: string; readonly reason?: string; readonly attributes: object }
  readonly waiting: readonly { readonly kind: string; readonly text: string; readonly sinceMs: number; readonly dueMs: number }[]
  readonly orders: readonly { readonly by: string; readonly why: string; readonly action: string }[]
  readonly actions: readonly string[]
  readonly accepts: { readonly signals: readonly string[] }
}

test("a saga's page says how it stands, why it is not finished, and who ordered what", async (t) => {
  const shown = await show(t)
  await fill(shown)
  const waits = (await shown.get("sagas/order/waits")) as Page // cast: checked above
  assert.equal(waits.item.phase, "paused")
  assert.deepEqual(waits.waiting.map(({ kind }) => kind), ["operator", "signal"])
  assert.deepEqual(waits.orders.map(({ by, why, action }) => [by, why, action]), [["ann", "the customer called", "pause"]])
  assert.ok(waits.actions.includes("resume") && !waits.actions.includes("pause"))
  assert.deepEqual(waits.accepts.signals, ["approval"])
  const stuck = (await shown.get("sagas/order/stuck")) as Page // cast: likewise
  assert.deepEqual([stuck.item.phase, stuck.waiting.map(({ kind }) => kind)], ["running", ["retry"]])
  assert.match(stuck.waiting[0]?.text ?? "", /^the next try of charge at till\/c-stuck, after HANDLER_THREW at attempt 1$/)
  const [retry] = stuck.waiting
  assert.ok((retry?.dueMs ?? 0) - (retry?.sinceMs ?? 0) > 3_000, "the next try is told, and since when")
  const poor = (await shown.get("sagas/order/poor")) as Page // cast: likewise
  assert.deepEqual([poor.item.phase, poor.item.reason, poor.waiting, poor.actions], ["compensated", "no-money", [], []])
  assert.deepEqual(poor.item.attributes, { customer: "c-poor", cents: 20_000, big: true, city: "Bern" })
  assert.equal((await shown.ask("GET", "sagas/order/none")).status, 404)
  assert.equal((await shown.ask("GET", "sagas/desk/none")).status, 404)
})

test("a run is drawn on its definition, also one that has ended", async (t) => {
  const shown = await show(t)
  await fill(shown)
  const poor = await shown.ask("GET", "sagas/order/poor/drawing.svg")
  assert.deepEqual([poor.status, poor.headers["content-type"]], [200, "image/svg+xml"])
  for (const text of ["✗ refused: no-money", "↶ undone", "not run", "compensated: no-money"])
    assert.ok(poor.text.includes(text), text)
  const stuck = await shown.ask("GET", "sagas/order/stuck/drawing.svg")
  assert.ok(stuck.text.includes("failed: HANDLER_THREW"))
  for (const path of ["definitions/order/drawing.svg", "flow.svg"]) assert.match((await shown.ask("GET", path)).text, /^<svg /)
  const bare = await consoleInMemory(shop, shown.world, undefined, { pictures: { svg: () => undefined, graph: () => undefined } })
  t.after(() => bare.console.close())
  assert.equal((await bare.ask("GET", "sagas/order/poor/drawing.svg")).status, 404)
})

interface Entry {
  readonly text: string
  readonly before?: { readonly state: string }
  readonly after?: { readonly state: string }
  readonly payloads?: { readonly state?: { readonly secret?: string } }
}

test("a timeline says what came, what it led to and how the saga stood, in pages, with payloads if asked for", async (t) => {
  const shown = await show(t)
  await fill(shown)
  type Line = { readonly entries: readonly Entry[]; readonly before?: string; readonly endsHere?: true }
  const all = (await shown.get("sagas/order/poor/timeline")) as Line // cast: checked above
  const came = all.entries.map(({ text }) => text.split(":")[0]).toReversed()
  assert.deepEqual(came, ["command start", "done", "command signal", "refused", "done"])
  assert.deepEqual(all.entries.map(({ before, after }) => [before?.state, after?.state]).toReversed(), [
    [undefined, "reserve"], ["reserve", "approval"], ["approval", "charge"], ["charge", all.entries[1]?.after?.state],
    [all.entries[1]?.after?.state, "compensated"],
  ])
  assert.equal(all.endsHere, undefined)
  assert.ok(!JSON.stringify(all).includes("sku"), "payloads are not in it")
  const paged: Entry[] = []
  for (let path = "sagas/order/poor/timeline?limit=2&payloads=true"; path !== ""; ) {
    const page = (await shown.get(path)) as Line // cast: likewise
    paged.push(...page.entries)
    path = page.before === undefined ? "" : `sagas/order/poor/timeline?limit=2&payloads=true&before=${page.before}`
  }
  assert.equal(paged.length, 5)
  assert.equal(paged.at(-1)?.payloads?.state?.secret, "[redacted]")
  const desk1 = JSON.stringify(await shown.get("actors/desk/d%2F1%20x/timeline?payloads=true"))
  assert.ok(desk1.includes("HANDLER_THREW") && desk1.includes("[redacted]") && !desk1.includes("4111"))
})

test("what was before the history is said to be gone", async (t) => {
  const small = ordersShop({ partitions: 1, compactionBytesMin: 2_048, history: "none" })
  const world = newWorld()
  const process = await startInMemory(small, world)
  t.after(() => process.kill())
  const tell = (command: Parameters<typeof askInMemory>[2]) => askInMemory(small, world, command)
  await tell(stock.fill("P1", { units: 10 }))
  void tell(order.start("old", anOrder("c-1")))
  for (let n = 0; n < 60; n += 1) await tell(desk.note("d-1", { text: `note ${n}`, amount: 1 }))
  await tell(order.signal("old", "approval", { by: "bob" }))
  await process.until(() => process.engine.isIdle())
  const { get: read, console } = await consoleInMemory(small, world, process)
  t.after(() => console.close())
  // cast: checked above
  const { endsHere, entries } = (await read("sagas/order/old/timeline")) as { endsHere?: true; entries: readonly Entry[] }
  assert.deepEqual([endsHere, entries.at(-1)?.text.startsWith("command start")], [true, false])
  const { item } = (await read("sagas/order/old")) as Page // cast: likewise
  assert.equal(item.phase, "running")
})

test("a page that listens is told at once how the app stands, and within a second what has changed", async (t) => {
  const shown = await show(t)
  await fill(shown)
  const heard: string[] = []
  const { url } = shown.console
  const listening = get(`${url}/api/apps/shop/live`, { headers: { authorization: `Bearer ${operatorToken}` } }, (response) => {
    response.setEncoding("utf8")
    response.on("data", (chunk: string) => heard.push(chunk))
  })
  t.after(() => listening.destroy())
  listening.on("error", () => undefined)
  const until = async (isHeard: () => boolean) => {
    const endMs = performance.now() + 10_000
    while (!isHeard() && performance.now() < endMs) await new Promise((resolve) => setImmediate(resolve))
    assert.ok(isHeard(), heard.join(""))
  }
  await until(() => heard.join("").startsWith("event: overview\ndata: {"))
  await shown.tell(order.resume("waits", { by: "ann", why: "all well" }))
  await until(() => /event: changed\ndata: .*"key":"waits","phase":"running"/.test(heard.join("")))
  const [first = ""] = /(?<=data: ).*/.exec(heard.join("")) ?? []
  check("overview", JSON.parse(first))
})
