// The password is changed while an app and a client are connected: whoever is refused for good says so, and can be replaced.
import assert from "node:assert/strict"
import { mkdtemp } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test } from "node:test"
import { connect, start } from "../../runtime/index.ts"
import { connectChecked } from "../../runtime/nats/server/connect.ts"
import { Janitor } from "../chaos/janitor.ts"
import { Servers } from "../chaos/servers.ts"
import { account, bank } from "../support/bank.ts"
import { untilTrue } from "../support/polling.ts"

test("who loses the login is lost, and says so; started anew with a right one it goes on where it was", async (t) => {
  const janitor = await Janitor.start()
  t.after(() => janitor.clean())
  const folder = await mkdtemp(join(tmpdir(), "troupe-login-"))
  janitor.owns("folder", folder)
  const servers = await Servers.make(janitor, { folder, names: ["n1"], sync: "default" })
  await servers.startAll()
  const natsUrl = servers.url
  const running = await start(bank, { natsUrl })
  const asking = await connect(bank, { natsUrl })
  const first = await asking.client.ask(account.deposit("a", { amount: 5 }), { effect: "d1" })
  assert.equal(first.type === "done" && first.value, 5)
  await servers.refuseLogins(true)
  const faults = await Promise.all([running.lost, asking.lost])
  assert.deepEqual(faults.map(({ code }) => code), ["LINK_LOST", "LINK_LOST"])
  assert.match(faults[0]?.message ?? "", /start it anew/)
  assert.doesNotMatch(faults.map(({ message }) => message).join(), /right/, "no password is shown")
  await Promise.all([running.stop({ withinMs: 0 }), asking.close()])
  await servers.refuseLogins(false)
  const isLetIn = () => connectChecked({ url: natsUrl }).then((connection) => connection.close()).then(() => true)
  await untilTrue("the server has read its configuration again", isLetIn, 30_000)
  const again = await start(bank, { natsUrl })
  t.after(() => again.stop())
  const second = await again.client.ask(account.deposit("a", { amount: 2 }), { effect: "d2" })
  assert.equal(second.type === "done" && second.value, 7)
})

test("an app that is told to stop is not lost", async (t) => {
  const janitor = await Janitor.start()
  t.after(() => janitor.clean())
  const folder = await mkdtemp(join(tmpdir(), "troupe-login-"))
  janitor.owns("folder", folder)
  const servers = await Servers.make(janitor, { folder, names: ["n1"], sync: "default" })
  await servers.startAll()
  const running = await start(bank, { natsUrl: servers.url })
  let isLost = false
  void running.lost.then(() => (isLost = true))
  await running.stop()
  await new Promise((resolve) => setImmediate(resolve))
  assert.equal(isLost, false)
})
