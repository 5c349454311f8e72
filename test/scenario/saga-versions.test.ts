// Scenario: a definition is changed while 10,000 sagas are under way. In memory, where the number matters; on a real server
// a small one.
import assert from "node:assert/strict"
import { randomUUID } from "node:crypto"
import { test } from "node:test"
import { setImmediate as nextTurn } from "node:timers/promises"
import { start } from "../../runtime/index.ts"
import { migrateWhileUnderWay, type Release } from "../support/live-migration.ts"
import { migrateInMemory } from "../support/live-migration-in-memory.ts"
import { longOrders, standings } from "../support/long-order.ts"
import { withNats } from "../support/nats-process.ts"

const long = { timeout: 240_000 }

test("10,000 sagas under way in ten states and more: the predicted ones migrate, none breaks", long, async (t) => {
  const verdicts = await migrateInMemory(t, 10_000)
  assert.ok(new Set(verdicts.map(({ state }) => state)).size >= 10)
})

test("on a real server: a release with two versions takes over from one with the first", { timeout: 60_000 }, async (t) => {
  const nats = await withNats(t)
  const { before, after } = longOrders("live")
  const releaseOf = async (app: typeof before) => {
    const running = await start(app, { natsUrl: nats.url })
    t.after(() => running.stop({ withinMs: 0 }))
    const { client, operator, engine } = running
    const release: Release = {
      operator,
      ask: (command) => client.ask(command, { effect: randomUUID() }),
      rows: (service) => engine.rows(service),
      idle: () => until(() => engine.isIdle()),
    }
    return { running, release }
  }
  const first = await releaseOf(before)
  const verdicts = await migrateWhileUnderWay(5 * standings.length, first.release, async () => {
    await first.running.stop()
    const { release } = await releaseOf(after)
    return release
  })
  assert.equal(verdicts.length, 5 * standings.length)
})

/** The engine tells of blocks, and not of being idle: looked at between turns of the event loop. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await nextTurn()
}
