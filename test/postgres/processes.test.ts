// Many processes on one database, and a database that dies under load: rows, effects and events are one to one.
import assert from "node:assert/strict"
import { test } from "node:test"
import { setTimeout as pause } from "node:timers/promises"
import type { WalletWorld } from "../support/postgres/wallet-world.ts"

// As many as ten processes can share, also those that the tests start.
process.env["TROUPE_TEST_PARTITIONS"] = "20"
const { walletWorld } = await import("../support/postgres/wallet-world.ts")

const names = (count: number) => Array.from({ length: count }, (_, index) => `wallet-${index}`)

test("PostgreSQL is killed with -9 three times under load: nothing is lost, doubled or out of order", async (t) => {
  const world = await walletWorld()
  t.after(() => world.stop())
  const workers = [world.work(), world.work()]
  for (const worker of workers) await worker.until(() => worker.owned.length > 0)
  for (let kills = 0; kills < 3; kills += 1) {
    await world.change(names(50), 20)
    await pause(200 + 300 * kills)
    await world.server.kill()
    await pause(500)
    await world.server.restart()
  }
  await world.settled(60_000)
  await world.check()
})

const messages = Number(process.env["TROUPE_TEST_MESSAGES"] ?? "50000")

test(`ten processes, two killed, ${messages} changes: nothing lost, doubled or out of order; no table grows`, async (t) => {
  const world = await walletWorld()
  t.after(() => world.stop())
  const workers = Array.from({ length: 10 }, () => world.work())
  for (const worker of workers) await worker.until(() => worker.owned.length > 0)
  await world.change(names(200), Math.ceil(messages / 1000))
  await world.settled(600_000)
  const before = await bytesOf(world)
  const beganMs = performance.now()
  const rest = messages - 200 * Math.ceil(messages / 1000)
  const asking = world.change(names(200), Math.floor(rest / 200))
  await pause(2_000)
  for (const worker of workers.slice(0, 2)) await worker.end("SIGKILL")
  await asking
  await world.settled(600_000)
  const tookS = (performance.now() - beganMs) / 1000
  t.diagnostic(`${rest} changes in ${tookS.toFixed(1)} s: ${(rest / tookS).toFixed(0)} a second`)
  await world.check()
  const after = await bytesOf(world)
  t.diagnostic(`the runtime's tables: ${before} bytes after ${messages - rest} changes, ${after} after ${messages}`)
  assert.ok(after <= Math.max(4 * before, 4 * 1024 * 1024), `${before} bytes became ${after}`)
})

/** Of the runtime's tables and their indexes. */
async function bytesOf(world: WalletWorld): Promise<number> {
  const text = "select (pg_total_relation_size('troupe.inbox') + pg_total_relation_size('troupe.outbox'))::float8 as bytes"
  const [row] = await world.rows<{ bytes: number }>(text)
  return row?.bytes ?? Number.NaN
}
