// Scenario: a definition is changed while 10,000 sagas are under way. In memory, where the number matters; on a real server
// a small one.
import assert from "node:assert/strict"
import { test } from "node:test"
import { migrateInMemory } from "../support/live-migration-in-memory.ts"

test("10,000 sagas under way in ten states and more: the predicted ones migrate, none breaks", { timeout: 240_000 }, async (t) => {
  const verdicts = await migrateInMemory(t, 10_000)
  assert.ok(new Set(verdicts.map(({ state }) => state)).size >= 10)
})
