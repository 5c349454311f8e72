// The order flow with stock and money in tables, as a user runs it: on PGlite and on a server, whole, killed and resumed.
import assert from "node:assert/strict"
import { rm } from "node:fs/promises"
import { test } from "node:test"
import { dataFolder, type DemoEnd, runDemo, startDemo } from "../support/demo.ts"
import { startTestPostgres } from "../support/postgres/server.ts"

const orders = 830

function assertProven({ code, summary, stderr }: DemoEnd): void {
  assert.equal(code, 0, stderr)
  assert.deepEqual([summary?.orders, summary?.parked, summary?.open], [orders, 0, 0])
  assert.deepEqual([summary?.stockConserved, summary?.moneyConserved, summary?.notified], [true, true, orders])
  assert.equal([...stderr.matchAll(/^ {2}holds {2}/gm)].length, 4, stderr)
  assert.doesNotMatch(stderr, /BROKEN/)
}

test("on PGlite, killed with -9 in the middle and resumed: SQL proves that stock and money are conserved", async (t) => {
  const { path, remove } = await dataFolder()
  t.after(remove)
  t.after(() => rm(`${path}-postgres`, { recursive: true, force: true }))
  const args = ["--store", "postgres", "--data", path]
  const run = startDemo(args)
  await run.reached(orders / 2)
  run.process.kill("SIGKILL")
  await run.ended
  const resumed = await runDemo([...args, "--resume", "--explain"])
  assertProven(resumed)
  assert.match(resumed.stderr, /full join .* using \(order_id\)/, "--explain shows the statements")
})

test("on a server with two workers, whole, and again: nothing starts twice", async (t) => {
  const { path, remove } = await dataFolder()
  t.after(remove)
  const server = await startTestPostgres()
  t.after(() => server.stop())
  const args = ["--store", "postgres", "--data", path, "--workers", "2"]
  const first = await runDemo(args, { DATABASE_URL: server.url })
  assertProven(first)
  assert.equal(first.summary?.started, orders)
  const second = await runDemo(args, { DATABASE_URL: server.url })
  assertProven(second)
  assert.equal(second.summary?.started, 0)
})

test("what cannot work is said in one sentence", async () => {
  const workers = await runDemo(["--store", "postgres", "--workers", "2"], { DATABASE_URL: "" })
  assert.match(workers.stderr, /PGlite lives in one process: with --workers, DATABASE_URL must name/)
  const explain = await runDemo(["--explain"])
  assert.match(explain.stderr, /--explain goes with --store postgres/)
  const choreographed = await runDemo(["--store", "postgres"], {}, "order-flow-choreographed")
  assert.match(choreographed.stderr, /has no --store postgres/)
  assert.deepEqual([workers.code, explain.code, choreographed.code], [2, 2, 2])
})
