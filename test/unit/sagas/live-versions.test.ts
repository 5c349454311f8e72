// A new version while sagas are under way, and the list of actors that its dry run reads. The large one is a scenario.
import assert from "node:assert/strict"
import { test } from "node:test"
import { migrateInMemory } from "../../support/live-migration-in-memory.ts"
import { standings } from "../../support/long-order.ts"

test("sagas in many states: the dry run is right about each, and all come to their ends on the one version or the other", async (t) => {
  const verdicts = await migrateInMemory(t, 10 * standings.length)
  assert.ok(new Set(verdicts.map(({ state }) => state)).size >= 10)
})
