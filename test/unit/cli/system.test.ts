// The commands about an app as a whole, and how a console is found that answers, or does not.
import assert from "node:assert/strict"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test } from "node:test"
import { leavePlace, placeFile } from "../../../runtime/cli/console-place.ts"
import { troupe } from "../../support/command-line.ts"
import { operatorToken, viewerToken } from "../../support/console-in-memory.ts"
import { assertGolden } from "../../support/golden.ts"
import { operatedShop } from "../../support/operated-shop.ts"

test("lag and services tell of the app, and trace tells where a saga's trace is", async (t) => {
  const shop = await operatedShop(t)
  const traces = ["trace order/done --jaeger http://jaeger:16686/", "trace 0af7651916cd43dd"]
  const text = await shop.transcript(["lag", "services", ...traces])
  assertGolden(text, new URL("expected/system.txt", import.meta.url))
  assert.partialDeepStrictEqual(JSON.parse((await shop.run("lag --json")).out), { partitions: [{ state: "running" }, {}] })
  assert.equal(JSON.parse((await shop.run("services --json")).out).services.length, 5)
})

test("lag ends with 1 where a partition does not go on", async (t) => {
  const shop = await operatedShop(t)
  const { source } = shop.console.apps.get("shop")!
  Object.assign(source, { members: () => Promise.resolve([]) })
  const { code, out } = await shop.run("lag")
  assert.equal(code, 1)
  assert.match(out, /^0 +nobody/m)
})

test("a console that does not answer, lets nobody in, or is none ends a command with 3 and what to do", async (t) => {
  const shop = await operatedShop(t)
  const { url } = shop.console
  const run = (...args: readonly string[]) => troupe(["lag", ...args], { environment: { TROUPE_CONSOLE_URL: url } })
  const other = createServer((_, response) => void response.end("hello")).listen(0, "127.0.0.1")
  t.after(() => other.close())
  await new Promise((resolve) => other.once("listening", resolve))
  const { port } = other.address() as AddressInfo // cast: a TCP server's address is one
  const folder = mkdtempSync(join(tmpdir(), "troupe-token-"))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(join(folder, "wrong"), "a-token-of-another\n")
  writeFileSync(join(folder, "viewer"), `${viewerToken}\n`)
  const cases: readonly (readonly [args: readonly string[], code: number, text: RegExp])[] = [
    [["--url", "http://127.0.0.1:1"], 3, /no console answers at .*start `troupe dev FILE`/],
    [["--url", `http://127.0.0.1:${port}`], 3, /is no console \(200\)/],
    [[], 3, /set TROUPE_CONSOLE_TOKEN/],
    [["--token-file", join(folder, "wrong")], 3, /holds another token/],
    [["--token-file", join(folder, "none")], 2, /the token cannot be read/],
    [["--url", "127.0.0.1:4700"], 2, /is no address of a console/],
    [["--token-file", join(folder, "viewer"), "--app", "shp"], 2, /shows no app shp: it has shop/],
    [["--token-file", join(folder, "viewer")], 0, /^$/],
  ]
  for (const [args, code, text] of cases) {
    const ran = await run(...args)
    assert.equal(ran.code, code, ran.error)
    assert.match(ran.error, text)
  }
  const order = ["sagas", "kill", "order/done", "--why", "x", "--yes", "--token-file", join(folder, "viewer")]
  const refused = await troupe(order, { environment: { TROUPE_CONSOLE_URL: url } })
  assert.deepEqual([refused.code, /operator/.test(refused.error)], [3, true])
  const asJson = await run("--json")
  assert.equal(JSON.parse(asJson.out).error.code, "NOT_SIGNED_IN")
})

test("what `troupe dev` has left is used for that console only, and only its user can read it", async (t) => {
  const shop = await operatedShop(t)
  const folder = mkdtempSync(join(tmpdir(), "troupe-place-"))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const file = placeFile(folder)
  leavePlace(file, { url: shop.console.url, token: operatorToken, natsUrl: "nats://127.0.0.1:1", isEmbedded: true })
  assert.equal(statSync(file).mode & 0o777, 0o600)
  const environment = { TROUPE_DATA_DIR: folder }
  assert.equal((await troupe(["services"], { environment })).code, 0)
  // The token of the environment goes to no address that a file has named.
  const others = { ...environment, TROUPE_CONSOLE_TOKEN: "a-token-of-another" }
  assert.equal((await troupe(["services"], { environment: others })).code, 0)
  assert.equal((await troupe(["services"], { environment: { ...others, TROUPE_CONSOLE_URL: shop.console.url } })).code, 3)
  // The same console under another name: the token does not go there.
  const elsewhere = shop.console.url.replace("127.0.0.1", "localhost")
  assert.equal((await troupe(["services", "--url", elsewhere], { environment })).code, 3)
})
