// kill -9 at every step of handle, commit, journal, publish and mark: a worker dies at a point in the middle of work, the next
// finishes that and dies at the next point. A record that is there when three owners in a row die is parked (R13): so each
// finishes what it found. At the end rows, effects and events are one to one.
import assert from "node:assert/strict"
import { once } from "node:events"
import { test } from "node:test"
import { walletWorld } from "../support/postgres/wallet-world.ts"

const steps = [
  "before begin", "in handler", "before commit", "while committing", "after commit",
  "before commit of the journal", "after commit of the journal",
  "before dispatch", "after dispatch", "before settle", "after settle",
]
const points = [1, 2, 3, 4, 6].flatMap((times) => steps.map((step) => `${step}#${times}`))
const wallets = Array.from({ length: 25 }, (_, index) => `wallet-${index}`)

test(`kill -9 at ${points.length} points, 100 changes at each: effects, rows and events are one to one`, async (t) => {
  const world = await walletWorld()
  t.after(() => world.stop())
  for (const [index, point] of points.entries()) {
    if (index % 11 === 0) t.diagnostic(`${index} points done`)
    const worker = world.work(point)
    const died = once(worker.process, "exit")
    await worker.until(() => worker.owned.length > 0)
    await world.settled(100_000)
    worker.process.kill("SIGUSR2")
    await world.change(wallets, 100 / wallets.length)
    const [, signal] = await died
    assert.equal(signal, "SIGKILL", point)
  }
  const last = world.work()
  await world.settled(60_000)
  await world.check()
  await last.end("SIGTERM")
})
