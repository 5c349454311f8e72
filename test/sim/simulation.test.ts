// The bank and the shop under simulated faults: a sample of seeds, each named seed, and what a failure tells.
import assert from "node:assert/strict"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { runCampaign } from "../../runtime/simulation/campaign.ts"
import { judgedRun } from "../../runtime/simulation/judged-run.ts"
import { failureText, violationText } from "../../runtime/simulation/report.ts"
import type { NamedSeed } from "../../runtime/simulation/spec.ts"
import { simulate } from "../../runtime/testing/index.ts"
import { bank } from "../support/bank.ts"
import { judgingOf, replayCommand } from "./part.ts"
import { seedsFolder } from "./replay.ts"
import { transfers } from "./support/transfers.ts"

/** How long the seeds of one test may take, in ms of this machine. */
const sampleMs = 40_000
const sampleSeeds = 150
const sampleSagas = 60

test("the bank and the shop keep every promise under faults, seed after seed, and each seed is the same twice", async (t) => {
  const untilMs = performance.now() + sampleMs
  const { counts, failed, mismatches } = await runCampaign({
    ...judgingOf(sampleSagas), seeds: sampleSeeds, from: 10_001, isOver: () => performance.now() > untilMs,
  })
  assert.deepEqual(failed.map((run) => failureText(run, replayCommand(run.spec, sampleSagas))), [])
  assert.deepEqual(mismatches, [])
  assert.ok(counts.replayed >= 1 && counts.seeds >= 3, `${counts.seeds} seeds, ${counts.replayed} replayed`)
  t.diagnostic(`${counts.seeds} seeds, ${counts.sagas} sagas, ${counts.faults} faults, ${counts.replayed} replayed`)
})

for (const file of readdirSync(seedsFolder).toSorted()) {
  // cast: written by `npm run sim -- --seed N --save name`
  const named = JSON.parse(readFileSync(join(seedsFolder, file), "utf8")) as NamedSeed
  test(`named seed ${named.name} passes: ${named.why}`, async () => {
    const run = await judgedRun(named, judgingOf(named.sagas))
    assert.deepEqual(run.violations.map(violationText), [])
  })
}

test("simulate runs a user's app, and says what it saw", async () => {
  const { requests, setup, check } = transfers(30)
  const report = await simulate(bank, { requests, setup, check, seeds: 4 })
  assert.deepEqual(report.violations.map(violationText), [])
  assert.match(report.text, /^4 seeds, 120 sagas, \d+ faults, 0 violations$/)
  assert.equal(report.replayed, 1)
  assert.ok(report.coverage.count("sometimes a saga was completed") > 0)
})

test("simulate shrinks what fails, and says how to see it again", async () => {
  const { requests, setup } = transfers(12)
  const check = () => [{ invariant: "mine", id: "x", message: "nothing is ever right", evidence: [] }]
  const report = await simulate(bank, { requests, setup, check, seeds: 1, faults: ["crash"] })
  assert.equal(report.violations[0]?.invariant, "mine")
  assert.match(report.text, /mine: nothing is ever right[^]*see it again: simulate\(app, \{ ..., replay: \{"seed":1,"requests":1/)
})
