// What operators and programs order over HTTP happens, is journaled with who and why, and is shown by what is asked next.
import assert from "node:assert/strict"
import { test, type TestContext } from "node:test"
import { misfit } from "../../../runtime/console/api/check-shape.ts"
import { type RouteName, routes, shapes } from "../../../runtime/console/api/open-api.ts"
import type { Route } from "../../../runtime/console/api/route.ts"
import { askInMemory, type MemoryProcess, newWorld, startInMemory, type World } from "../../../runtime/testing/index.ts"
import { tokenOf } from "../../../sagas/machine/functions.ts"
import { type Asker, consoleInMemory } from "../../support/console-in-memory.ts"
import { anOrder, order, ordersShop, stock, unrefundable } from "../../support/orders-shop.ts"

const shop = ordersShop()
const author = { by: "ann", why: "a test" }
const aNote = { service: "desk", name: "note", waitMs: 5_000 }
type Fields = Record<string, unknown>
interface Place {
  readonly partition: number
  readonly id: string
}
interface Ordered {
  readonly action: string
  readonly by: string
  readonly why: string
  readonly key?: string
  readonly service?: string
  readonly ids: readonly string[]
  readonly isEdited?: true
}

interface Shop extends Asker {
  readonly world: World
  readonly process: MemoryProcess
  tell(command: Parameters<typeof askInMemory>[2]): ReturnType<typeof askInMemory>
  /** Until all is decided, and shown. */
  settled(): Promise<void>
  phase(key: string): Promise<string>
  /** An order to a saga, which must be followed and shown. */
  act(key: string, action: string, more?: object): Promise<void>
  /** The code with which it is refused. */
  refused(path: string, body: object): Promise<unknown>
}

async function open(t: TestContext): Promise<Shop> {
  const world = newWorld()
  const process = await startInMemory(shop, world)
  const asker = await consoleInMemory(shop, world, process)
  t.after(async () => {
    await asker.console.close()
    await process.kill()
  })
  const tell = (command: Parameters<typeof askInMemory>[2]) => askInMemory(shop, world, command)
  const settled = async () => {
    await process.until(() => process.engine.isIdle())
    const { projector } = asker.console.apps.get("shop")!
    const last = Math.max(...[0, 1].map((partition) => world.journal.records(partition).at(-1)?.sequence ?? 0))
    assert.ok(await projector.until(() => projector.status().sequence >= last, 10_000))
  }
  await tell(stock.fill("P1", { units: 50 }))
  return {
    ...asker, world, process, tell,
    settled,
    async phase(key) {
      await settled()
      return ((await asker.get(`sagas/order/${key}`)) as { item: { phase: string } }).item.phase // cast: of the saga's shape
    },
    async act(key, action, more = {}) {
      const done = (await asker.post(`sagas/order/${key}/actions/${action}`, { ...author, ...more })) as Fields // cast: an object
      assert.deepEqual([(done["outcome"] as Fields)["type"], done["isShown"]], ["done", true], action) // cast: likewise
    },
    async refused(path, body) {
      const { status, json } = await asker.ask("POST", path, { body })
      assert.equal(misfit({ $ref: "#/components/schemas/Problem" }, json, shapes), undefined)
      return `${status} ${(json as Fields)["code"] as string}` // cast: a problem
    },
  }
}

function check(name: RouteName, json: unknown): void {
  const { answer }: Route = routes[name]
  assert.equal(answer && misfit(answer, json, shapes), undefined, name)
}

test("a saga is paused, resumed, signalled, tried again, skipped, cancelled, compensated and killed", async (t) => {
  const { tell, act, phase, refused, process, get } = await open(t)
  for (const key of ["a", "b", "c", "d"]) void tell(order.start(key, anOrder(`c-${key}`, key === "b" ? 200_000 : 700)))
  await act("a", "pause")
  assert.equal(await phase("a"), "paused")
  assert.equal(await refused("sagas/order/a/actions/pause", author), "409 parked")
  await act("a", "resume")
  assert.equal(await phase("a"), "running")
  assert.equal(await refused("sagas/order/a/actions/signal", { ...author, name: "nonsense" }), "409 unknown-wait")
  assert.equal(await refused("sagas/order/a/actions/signal", { ...author, name: "approval", payload: 1 }), "409 invalid-payload")
  assert.equal(await refused("sagas/order/a/actions/update", { ...author, name: "address" }), "409 unknown-update")
  for (const key of ["a", "b"]) await act(key, "signal", { name: "approval", payload: { by: "bob" } })
  await phase("a")
  assert.equal(await refused("sagas/order/a/actions/retry-now", author), "409 not-pausing")
  await process.until(() => process.engine.parked().length > 0)
  await phase("b")
  await act("b", "retry-now")
  await act("b", "skip", { step: "charge", value: { paid: 0 } })
  assert.equal(await phase("b"), "running")
  await act("c", "cancel")
  assert.equal(await phase("c"), "compensated")
  await act("a", "compensate")
  assert.equal(await phase("a"), "compensated")
  await act("d", "kill")
  assert.equal(await phase("d"), "killed")
  assert.equal(await refused("sagas/order/d/actions/cancel", author), "409 ended")
  assert.equal(await refused("sagas/order/never/actions/cancel", author), "404 not-started")
  assert.equal(await refused("sagas/order/a/actions/abandon-undo", author), "409 ended")
  const { orders } = (await get("orders?limit=100")) as { orders: readonly Ordered[] } // cast: of its shape
  const said = orders.map(({ action, by, why, key }) => `${key} ${action} ${by} ${why}`)
  for (const [key, action] of [
    ["a", "pause"], ["a", "resume"], ["a", "signal approval"], ["b", "retryNow"], ["b", "skip"], ["c", "cancel"],
    ["a", "compensate"], ["d", "kill"],
  ]) assert.ok(said.includes(`${key} ${action} ann a test`), `${key} ${action}: ${said.join(", ")}`)
})

test("a parked record is shown without secrets, tried again with another payload, or given up", async (t) => {
  const { get, post, ask, refused, process, settled } = await open(t)
  const id = "note 1/x"
  const { effect } = (await post("commands", {
    ...aNote, key: "d-1", payload: { text: "a note", amount: -5, cardNumber: "4111" }, effect: id,
  })) as { effect: string } // cast: of its shape
  assert.equal(effect, id)
  await settled()
  // cast: likewise
  const { groups } = (await get("parked-groups")) as { groups: readonly { count: number; example: Place }[] }
  assert.deepEqual([groups.length, groups[0]?.count, groups[0]?.example.id], [1, 1, id])
  const path = `parked/${groups[0]?.example.partition}/${encodeURIComponent(id)}`
  const detail = (await get(path)) as Fields // cast: likewise
  check("showParked", detail)
  assert.deepEqual([detail["payload"], detail["isRedacted"], detail["effect"], detail["canEdit"]], [
    { text: "a note", amount: -5, cardNumber: "[redacted]" }, true, id, true,
  ])
  assert.match(String(detail["stack"]), /orders-shop/)
  const mended = { text: "a note", amount: 5, cardNumber: "4111" }
  check("redriveParked", await post(`${path}/redrive`, { ...author, payload: mended }))
  assert.equal((await ask("GET", path)).status, 404)
  await process.until(() => process.engine.isIdle())
  assert.deepEqual(process.engine.row({ service: "desk", key: "d-1" })?.state, { notes: 1, total: 5 })
  assert.equal(await refused(`${path}/redrive`, author), "404 NOT_FOUND")
  await post("commands", { ...aNote, key: "d-2", payload: { text: "b", amount: -1 }, effect: "n2" })
  await settled()
  const [parked] = ((await get("parked")) as { parked: readonly { partition: number; id: string }[] }).parked // cast: likewise
  assert.equal(((await post(`parked/${parked?.partition}/n2/discard`, author)) as Fields)["count"], 1) // cast: likewise
  assert.deepEqual(process.engine.parked(), [])
  const { orders } = (await get("orders")) as { orders: readonly Ordered[] } // cast: of its shape
  const ordered = orders.map(({ action, isEdited, ids }) => [action, isEdited, ids])
  assert.deepEqual(ordered, [["discard", undefined, ["n2"]], ["redrive", true, [id]]])
})

test("many parked records are tried again or given up at once, by their names or by what they have in common", async (t) => {
  const { get, post, process, refused, settled } = await open(t)
  for (let n = 0; n < 6; n += 1)
    await post("commands", { ...aNote, key: `d-${n}`, payload: { text: `t${n}`, amount: -1 }, effect: `n${n}` })
  await settled()
  const { parked } = (await get("parked")) as { parked: readonly { partition: number; id: string }[] } // cast: of its shape
  const items = parked.slice(0, 2).map(({ partition, id }) => ({ partition, id }))
  assert.equal(await refused("parked/discard", author), "400 INVALID_INPUT")
  // cast: likewise
  const some = (await post("parked/discard", { ...author, items: [...items, { partition: 0, id: "gone" }] })) as Fields
  check("discardAll", some)
  // cast: likewise
  assert.deepEqual([some["count"], (some["failed"] as Fields[]).map((failed) => failed["code"])], [2, ["not-parked"]])
  assert.equal(process.engine.parked().length, 4)
  // cast: likewise
  const again = (await post("parked/redrive", { ...author, filter: { service: "desk", code: "HANDLER_THREW" } })) as Fields
  assert.deepEqual([again["count"], again["more"]], [4, false])
  // They fail again, and are parked anew.
  await process.until(() => process.engine.parked().length === 4)
  await settled()
  assert.equal(((await post("parked/discard", { ...author, filter: { name: "note" } })) as Fields)["count"], 4) // cast: likewise
  assert.deepEqual(process.engine.parked(), [])
})

test("a saga that stands still is resumed with the parked records, and is not given up like one", async (t) => {
  const { tell, get, post, act, phase, refused } = await open(t)
  void tell(order.start("p", anOrder("c-1")))
  await act("p", "pause")
  // cast: of its shape
  const { parked } = (await get("parked?kind=actor")) as { parked: readonly { partition: number; id: string; kind: string }[] }
  assert.deepEqual(parked.map(({ id, kind }) => [id, kind]), [["order/p", "actor"]])
  const path = `parked/${parked[0]?.partition}/${encodeURIComponent("order/p")}`
  check("showParked", await get(path))
  assert.equal(await refused(`${path}/discard`, author), "409 IS_SAGA")
  assert.equal(((await post(`${path}/redrive`, author)) as Fields)["count"], 1) // cast: likewise
  assert.equal(await phase("p"), "running")
})

test("the read model is made anew when an operator wants it, and shows the same again", async (t) => {
  const { tell, get, post, settled, console } = await open(t)
  for (const key of ["a", "b"]) void tell(order.start(key, anOrder("c-1")))
  await settled()
  const before = await get("sagas?order=key")
  check("rebuildReadModel", await post("read-model/rebuild", author))
  const { projector } = console.apps.get("shop")!
  assert.ok(await projector.until(() => projector.status().rebuilds === 1 && projector.status().state === "live", 10_000))
  assert.deepEqual(await get("sagas?order=key"), before)
})

test("an undo that fails is given up, and the saga goes on to its end", async (t) => {
  const { tell, act, phase, get } = await open(t)
  void tell(order.start("u", anOrder("c-1", unrefundable)))
  await act("u", "signal", { name: "approval", payload: { by: "bob" } })
  assert.equal(await phase("u"), "running")
  await act("u", "cancel")
  assert.equal(await phase("u"), "compensating")
  const { actions } = (await get("sagas/order/u")) as { actions: readonly string[] } // cast: of its shape
  assert.ok(actions.includes("abandon-undo"), actions.join(", "))
  await act("u", "abandon-undo")
  assert.equal(await phase("u"), "compensated")
})

test("a service that does I/O is paused and resumed, which is noted with who and why; any other is not", async (t) => {
  const { post, get, refused } = await open(t)
  assert.equal(await refused("services/none/pause", author), "404 NOT_FOUND")
  assert.equal(await refused("services/desk/pause", author), "409 OPERATION_REFUSED")
  const paused = (await post("services/post/pause", author)) as Fields // cast: of its shape
  check("pauseService", paused)
  assert.equal(paused["isShown"], true)
  const sent = { service: "post", key: "p-1", name: "send", payload: { text: "x", amount: 1 }, effect: "s-1" }
  await post("commands", sent)
  const { handlings } = (await get("handlings?service=post")) as { handlings: readonly { waitsFor?: string }[] } // cast: likewise
  assert.deepEqual(handlings.map(({ waitsFor }) => waitsFor), ["pause"])
  check("resumeService", await post("services/post/resume", author))
  assert.deepEqual(await post("commands", { ...sent, waitMs: 5_000 }), { effect: "s-1", outcome: { type: "done", value: "x" } })
  const { orders } = (await get("orders")) as { orders: readonly Ordered[] } // cast: of its shape
  // Each partition has noted both.
  const ordered = new Set(orders.map(({ action, service: of, by }) => `${by} ${action} ${of}`))
  assert.deepEqual([...ordered].toSorted(), ["ann pause post", "ann resume post"])
})

test("a program starts a saga, awaits its end, signals it and completes its token without a NATS client", async (t) => {
  const { get, post, ask, refused, process, phase } = await open(t)
  assert.equal(await refused("sagas/order/http-1", { input: { customer: 1 } }), "400 SCHEMA_MISMATCH")
  const started = await post("sagas/order/http-1", { input: anOrder("c-1"), effect: "start http-1" })
  check("startSaga", started)
  assert.deepEqual(started, { effect: "start http-1" })
  await post("sagas/order/http-1/actions/signal", { ...author, name: "approval", payload: { by: "bob" } })
  await phase("http-1")
  const soon = await get("sagas/order/http-1/outcome?waitMs=0")
  check("awaitSaga", soon)
  assert.equal((soon as Fields)["isEnded"], false) // cast: of its shape
  const waiting = get("sagas/order/http-1/outcome?waitMs=20000")
  const state = process.engine.row({ service: "order", key: "http-1" })?.state as { secret: string } // cast: a saga's row
  const token = tokenOf({ saga: "order" }, { sagaId: "http-1", secret: state.secret }, "courier")
  assert.equal(await refused("tokens", { token: `${token}x`, payload: { courier: "UPS" } }), "409 wrong-token")
  assert.equal(await refused("tokens", { token: "nonsense", payload: null }), "400 INVALID_INPUT")
  check("completeToken", await post("tokens", { token, payload: { courier: "UPS" } }))
  const ended = (await waiting) as Fields // cast: of its shape
  check("awaitSaga", ended)
  assert.deepEqual([ended["isEnded"], ended["outcome"], ended["result"]], [true, "completed", { courier: "UPS" }])
  const again = (await post("sagas/order/http-1", { input: anOrder("c-1"), waitMs: 5_000 })) as Fields // cast: likewise
  assert.equal(((again["outcome"] as Fields)["value"] as Fields)["outcome"], "completed") // cast: likewise
  assert.equal((await ask("GET", "sagas/order/none/outcome?waitMs=0")).status, 404)
})

test("a program sends a command once, however often it asks, and publishes an event", async (t) => {
  const { post, refused, process, ask } = await open(t)
  const command = { service: "desk", key: "d-9", name: "note", payload: { text: "x", amount: 2 }, effect: "once", waitMs: 5_000 }
  const first = await post("commands", command)
  check("sendCommand", first)
  assert.deepEqual(await post("commands", command), first)
  assert.deepEqual(process.engine.row({ service: "desk", key: "d-9" })?.state, { notes: 1, total: 2 })
  assert.equal(await refused("commands", { ...command, name: "nonsense" }), "404 NOT_FOUND")
  assert.equal(await refused("commands", { ...command, service: "nonsense" }), "404 NOT_FOUND")
  assert.equal(await refused("commands", { ...command, service: "order", name: "kill" }), "400 USE_SAGA_ROUTES")
  assert.equal(await refused("commands", { ...command, service: "$partition", name: "redrive" }), "404 NOT_FOUND")
  assert.equal(await refused("commands", { ...command, name: "$cancel" }), "400 INVALID_INPUT")
  assert.equal(await refused("commands", { ...command, payload: { text: 1 } }), "400 SCHEMA_MISMATCH")
  const published = await post("events", { name: "Restocked", key: "P5", payload: { sku: "P5", units: 4 }, id: "e-1" })
  check("publishEvent", published)
  assert.deepEqual(published, { id: "e-1" })
  await process.until(() => process.engine.row({ service: "stock", key: "P5" }) !== undefined)
  assert.deepEqual(process.engine.row({ service: "stock", key: "P5" })?.state, { left: 4 })
  assert.equal(await refused("events", { name: "Restocked", key: "P5", payload: { sku: "P5" } }), "400 SCHEMA_MISMATCH")
  const actor = await ask("GET", "actors/stock/P5")
  assert.deepEqual((actor.json as Fields)["state"], { left: 4 }) // cast: of its shape
})
