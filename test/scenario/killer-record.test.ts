// Scenario 56: a record that ends its process, again and again, with processes that really end and are started anew.
import assert from "node:assert/strict"
import { once } from "node:events"
import { test, type TestContext } from "node:test"
import { connect } from "../../runtime/index.ts"
import { limits } from "../../runtime/kernel/limits.ts"
import { partitionOf } from "../../runtime/message/key.ts"
import { withNats } from "../support/nats-process.ts"
import { patient, ward } from "../support/ward.ts"
import { startWorker, type Worker } from "../support/worker.ts"

/** Keeps one process running, as an orchestrator of containers does; gives the exit codes of those that ended. */
function keepRunning(t: TestContext, natsUrl: string): readonly (number | null)[] {
  const codes: (number | null)[] = []
  let worker: Worker | undefined
  let isOver = false
  const run = () => {
    if (isOver) return
    worker = startWorker(natsUrl, "ward-worker.ts")
    void once(worker.process, "exit").then(([code]: (number | null)[]) => {
      codes.push(code ?? null)
      run()
    })
  }
  run()
  t.after(() => {
    isOver = true
    return worker?.end("SIGKILL")
  })
  return codes
}

/** Two keys of one partition, and one of the other. */
const [killer = "", beside = ""] = Array.from({ length: 20 }, (_, n) => `k${n}`).filter((key) => partitionOf(key, 2) === 0)
const elsewhere = Array.from({ length: 20 }, (_, n) => `k${n}`).find((key) => partitionOf(key, 2) === 1) ?? ""

for (const [what, exitCode] of [["collapse", 70], ["faint", 71]] as const) {
  test(`scenario 56: a record (${what}) that ends its process again and again is parked, its partition goes on`, async (t) => {
    const { url: natsUrl } = await withNats(t)
    const codes = keepRunning(t, natsUrl)
    const { client, operator, close } = await connect(ward, { natsUrl })
    t.after(close)
    const visits = (round: string) => [killer, beside, elsewhere].map((key) =>
      client.ask(patient.visit(key, {}), { effect: `${round} ${key}`, timeoutMs: 60_000 }))
    const before = visits("before")
    const poisoned = client.ask(patient[what](killer, {}), { effect: what, timeoutMs: 60_000 })
    const after = visits("after")
    const outcome = await poisoned
    assert.equal(outcome.type === "faulted" && outcome.code, "KILLED_PROCESS")
    assert.deepEqual((await Promise.all(before)).map(({ type }) => type), ["done", "done", "done"])
    assert.deepEqual(await Promise.all(after), [killer, beside, elsewhere].map(() => ({ type: "done", value: 2 })))
    const ended = [...codes]
    t.diagnostic(`${ended.length} processes ended: ${ended.join(", ")}`)
    assert.deepEqual(new Set(ended), new Set([exitCode]))
    assert.ok(ended.length >= limits.deathsMax && ended.length <= limits.deathsMax + 1, `${ended.length} ended`)
    assert.deepEqual((await operator.list()).map(({ code }) => code), ["KILLED_PROCESS"])
    assert.deepEqual(await client.ask(patient.visit(killer, {}), { effect: "once more" }), { type: "done", value: 3 })
    assert.equal(codes.length, ended.length, "the last process lives")
  })
}
