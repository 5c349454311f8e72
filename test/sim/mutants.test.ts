// A few mutants, each at a seed that killed it before: that the simulation still sees what it saw. All of them:
// `npm run sim -- --mutants`.
import assert from "node:assert/strict"
import { test } from "node:test"
import { hunt } from "../proof/mutants/hunt.ts"
import { killedBefore } from "../proof/mutants/main.ts"

/** One for the fence, outboxes, memory, timers and compensation: of seeds that are run once as control for all of them. */
const names = [
  "refusal-taken-for-its-own-block", "dispatch-before-commit", "answers-not-remembered", "timer-early", "compensates-forwards",
]

test("mutants of the engine are killed within a few seeds, and the engine as it is holds at the seeds that kill", async () => {
  const { hunted, unfit } = await hunt({ names, seeds: 5, known: killedBefore() })
  const alive = hunted.flatMap(({ mutant, killed }) => (killed === undefined ? [mutant.name] : []))
  assert.deepEqual({ alive, unfit }, { alive: [], unfit: [] })
  assert.equal(hunted.length, names.length)
})
