// Who may ask the console what: tokens, roles, cookies, origins, and bodies that are bounded.
import assert from "node:assert/strict"
import { test, type TestContext } from "node:test"
import { limits, startConsole } from "../../../runtime/index.ts"
import type { Route } from "../../../runtime/console/api/route.ts"
import { routes } from "../../../runtime/console/api/open-api.ts"
import { Callers } from "../../../runtime/console/caller.ts"
import { newWorld, startInMemory } from "../../../runtime/testing/index.ts"
import { appInMemory, type Asker, askUrl, consoleInMemory, operatorToken, viewerToken } from "../../support/console-in-memory.ts"
import { ordersShop } from "../../support/orders-shop.ts"

const bearer = (token: string) => ({ headers: { authorization: token === "" ? "" : `Bearer ${token}` } })
const codeOf = ({ json }: { readonly json: unknown }) => (json as { code?: string }).code // cast: a problem, or nothing

async function openConsole(t: TestContext): Promise<Asker> {
  const shop = ordersShop()
  const world = newWorld()
  const process = await startInMemory(shop, world)
  const asker = await consoleInMemory(shop, world, process)
  t.after(async () => {
    await asker.console.close()
    await process.kill()
  })
  return asker
}

/** With something in place of each segment. */
const filled = ({ path }: Route) =>
  path.replaceAll("{app}", "shop").replaceAll("{partition}", "0").replaceAll(/\{\w+\}/g, "order")
const table = Object.entries<Route>(routes)

test("nothing but the session and the document is told to whoever is not signed in", async (t) => {
  const { ask } = await openConsole(t)
  for (const [name, route] of table) {
    if (route.needs === "nothing") continue
    const { status, headers } = await ask(route.method, filled(route), { ...bearer(""), body: route.body && {} })
    assert.deepEqual([status, headers["www-authenticate"]], [401, "Bearer"], name)
    const wrong = await ask(route.method, filled(route), { ...bearer("a wrong token that is long"), body: route.body && {} })
    assert.deepEqual([wrong.status, codeOf(wrong)], [401, "WRONG_TOKEN"], name)
  }
  assert.deepEqual((await ask("GET", "/api/session", bearer(""))).json, { isSignedIn: false, payloads: false })
  assert.equal((await ask("GET", "/openapi.json", bearer(""))).status, 200)
})

test("a viewer may look at everything but payloads, and order nothing", async (t) => {
  const { ask } = await openConsole(t)
  for (const [name, route] of table) {
    if (route.answerType === "text/event-stream") continue
    const { status, json } = await ask(route.method, filled(route), { ...bearer(viewerToken), body: route.body && {} })
    if (route.needs === "operator") assert.deepEqual([status, codeOf({ json })], [403, "ONLY_OPERATORS"], name)
    else assert.notEqual(status, 403, name)
  }
  const session = await ask("GET", "/api/session", bearer(viewerToken))
  assert.deepEqual(session.json, { isSignedIn: true, role: "viewer", payloads: false })
  const payloads = await ask("GET", "actors/desk/d-1/timeline?payloads=true", bearer(viewerToken))
  assert.deepEqual([payloads.status, codeOf(payloads)], [403, "NO_PAYLOADS"])
})

test("no route that only reads is asked by anything but GET, and none that changes by GET", async (t) => {
  const { ask } = await openConsole(t)
  for (const [name, route] of table) {
    if (route.method === "GET") assert.equal(route.body, undefined, name)
    else assert.ok(route.needs === "operator" || name === "signIn" || name === "signOut", name)
  }
  const wrong = await ask("GET", "sagas/order/o-1/actions/kill")
  assert.deepEqual([wrong.status, codeOf(wrong)], [405, "METHOD_NOT_ALLOWED"])
})

test("a token is given for a cookie that no script reads, which says the role until it is signed out", async (t) => {
  const { ask, console } = await openConsole(t)
  const origin = { origin: console.url }
  const signed = await ask("POST", "/api/session", { headers: { authorization: "", ...origin }, body: { token: operatorToken } })
  assert.equal(signed.status, 200)
  const [set = ""] = [signed.headers["set-cookie"]].flat()
  assert.match(set, /^troupe_session=operator\.\d+\.[\w-]+; Max-Age=43200; Path=\/; HttpOnly; SameSite=Strict$/)
  const cookie = set.split(";")[0] ?? ""
  const asked = (method: string, path: string, more: Record<string, string> = {}, body?: unknown) =>
    ask(method, path, { headers: { authorization: "", cookie, ...more }, body })
  assert.equal((await asked("GET", "overview")).status, 200)
  const kill = await asked("POST", "sagas/order/none/actions/kill", origin, { by: "ann", why: "a test" })
  assert.deepEqual([kill.status, codeOf(kill)], [404, "not-started"])
  const unsaid = await asked("POST", "sagas/order/none/actions/kill", {}, { by: "ann", why: "a test" })
  assert.deepEqual([unsaid.status, codeOf(unsaid)], [403, "NO_ORIGIN"])
  const foreign = await asked("POST", "sagas/order/none/actions/kill", { origin: "http://evil.example" }, { by: "a", why: "b" })
  assert.deepEqual([foreign.status, codeOf(foreign)], [403, "OTHER_ORIGIN"])
  for (const forged of [cookie.replace("operator", "operatos"), cookie.replace(/\d+\./, "99999999999999."), `${cookie}x`])
    assert.equal((await ask("GET", "overview", { headers: { authorization: "", cookie: forged } })).status, 401, forged)
  const out = await asked("DELETE", "/api/session", origin)
  assert.match(String(out.headers["set-cookie"]), /^troupe_session=; Max-Age=0/)
})

test("a session ends with its time, and with a change of the tokens", () => {
  const callers = new Callers({ token: operatorToken })
  const { header, expiresMs } = callers.cookieFor("viewer", 1_000)
  // cast: of a request only the headers are read
  const request = { headers: { cookie: header.split(";")[0] } } as Parameters<Callers["of"]>[0]
  assert.equal(callers.of(request, expiresMs - 1)?.role, "viewer")
  assert.equal(callers.of(request, expiresMs), undefined)
  assert.equal(new Callers({ token: "another-token-12" }).of(request, 2_000), undefined)
})

test("a server on the loopback address answers to its names only, so that no page reaches it by another", async (t) => {
  const { console } = await openConsole(t)
  const asked = (host: string) => askUrl("GET", `${console.url}/api/session`, undefined, { host })
  assert.equal((await asked("localhost:1234")).status, 200)
  const other = await asked("evil.example")
  assert.deepEqual([other.status, codeOf(other)], [403, "UNKNOWN_HOST"])
})

test("a body that is too large, no JSON, or not what the route takes is refused, and says why", async (t) => {
  const { ask } = await openConsole(t)
  const author = { by: "ann", why: "a test" }
  const refused = async (body: unknown, headers: Record<string, string> = {}) => {
    const { status, json } = await ask("POST", "sagas/order/o-1/actions/signal", { body, headers })
    return [status, codeOf({ json }), (json as { detail: string }).detail] // cast: a problem
  }
  assert.deepEqual((await refused("x".repeat(limits.consoleBodyBytesMax + 1))).slice(0, 2), [413, "BODY_TOO_LARGE"])
  assert.deepEqual((await refused("{")).slice(0, 2), [400, "INVALID_INPUT"])
  assert.deepEqual((await refused({ ...author, name: "x" }, { "content-type": "text/plain" })).slice(0, 2), [415, "NOT_JSON"])
  assert.deepEqual(await refused({ by: "ann", name: "x" }), [400, "INVALID_INPUT", 'the body: it has no "why"'])
  assert.deepEqual(await refused({ ...author, why: "", name: "x" }), [400, "INVALID_INPUT", "the body: why is empty"])
  assert.deepEqual(await refused({ ...author, name: "x", more: 1 }), [400, "INVALID_INPUT", "the body: more is not expected"])
  const query = await ask("GET", "sagas?limit=1000")
  // cast: a problem
  assert.deepEqual([query.status, (query.json as { detail: string }).detail], [400, "the query: limit is more than 200"])
  assert.equal((await ask("GET", "sagas?nonsense=1")).status, 400)
  assert.equal((await ask("GET", "sagas/order/%E0%A4%A")).status, 400)
  assert.equal((await ask("GET", "/api/nothing")).status, 404)
  assert.equal((await ask("GET", "/api/apps/other/overview")).status, 404)
})

test("every answer forbids to be kept, guessed or framed, and a page finds its way by any path", async (t) => {
  const shop = ordersShop()
  const world = newWorld()
  const page = new URL("page/", import.meta.url).pathname
  const { ask, console } = await consoleInMemory(shop, world, undefined, { pageDir: page })
  t.after(() => console.close())
  const data = await ask("GET", "sagas")
  assert.deepEqual([data.headers["cache-control"], data.headers["x-content-type-options"]], ["no-store", "nosniff"])
  for (const path of ["/", "/sagas/order/o-1", "/index.html"]) {
    const { status, text, headers } = await ask("GET", path, bearer(""))
    assert.deepEqual([status, text.includes("a page"), headers["content-type"]], [200, true, "text/html; charset=utf-8"], path)
    const policy = String(headers["content-security-policy"])
    assert.match(policy, /default-src 'none'; script-src 'self'; style-src 'self';.*frame-ancestors 'none'/)
  }
  const script = await ask("GET", "/assets/page.js")
  assert.match(String(script.headers["cache-control"]), /immutable/)
  assert.equal((await ask("GET", "/assets/none.js")).status, 404)
  assert.equal((await ask("GET", "/assets/..%2f..%2faccess.test.ts")).status, 404)
  assert.equal((await ask("POST", "/", { body: {} })).status, 405)
})

test("a console without a good token, or on a port that is taken, is not started", async (t) => {
  const shop = ordersShop()
  const source = appInMemory(shop, newWorld())
  await assert.rejects(startConsole([source], { port: 0, token: "short" }), /too short/)
  await assert.rejects(startConsole([source, source], { port: 0 }), /two apps "shop"/)
  const lines: string[] = []
  const first = await startConsole([source], { port: 0, report: (line) => lines.push(line) })
  t.after(() => first.close())
  assert.match(lines[0] ?? "", /^the console is at http:\/\/127\.0\.0\.1:\d+\/#token=[\w-]{32}$/)
  const { port } = new URL(first.url)
  await assert.rejects(startConsole([source], { port: Number(port) }), { code: "CONSOLE_PORT_UNUSABLE" })
})
