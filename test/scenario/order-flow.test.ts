// The order flow as a user runs it: on a real NATS server, whole, twice, with bad input, and killed in the middle.
import assert from "node:assert/strict"
import { execFileSync } from "node:child_process"
import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { test } from "node:test"
import { dataFolder, type DemoEnd, runDemo, serverPid, startDemo } from "../support/demo.ts"
import { withNats } from "../support/nats-process.ts"

const northwindOrders = 830

function assertConserved({ code, summary, stderr }: DemoEnd, orders = northwindOrders): void {
  assert.equal(code, 0, stderr)
  assert.ok(summary !== undefined, "the last line is JSON")
  assert.equal(summary.orders, orders)
  assert.equal(summary.completed + summary.compensated, orders)
  assert.deepEqual([summary.parked, summary.open], [0, 0])
  assert.deepEqual([summary.stockConserved, summary.moneyConserved], [true, true])
  assert.equal(summary.notified, orders)
}

test("all 830 orders end completed or compensated; stock and money are conserved; run again, nothing starts twice", async (t) => {
  const { path, remove } = await dataFolder()
  t.after(remove)
  const first = await runDemo(["--data", path])
  assertConserved(first)
  assert.equal(first.summary?.started, northwindOrders)
  assert.ok(
    (first.summary?.completed ?? 0) > 100 && (first.summary?.reasons["out-of-stock"] ?? 0) > 100,
    "both ends happen",
  )
  assert.ok((first.summary?.reasons["payment-declined"] ?? 0) > 0 && (first.summary?.reasons["never-shipped"] ?? 0) > 0)
  assert.ok((first.summary?.perSecond ?? 0) > 0 && (first.summary?.p99Ms ?? 0) >= (first.summary?.p50Ms ?? 0))
  const second = await runDemo(["--data", path])
  assertConserved(second)
  assert.equal(second.summary?.started, 0)
  assert.equal(second.summary?.completed, first.summary?.completed)
})

const parts = ["worker", "server", "both"] as const
const points = [
  ["25 %", 0.25],
  ["50 %", 0.5],
  ["75 %", 0.75],
] as const
for (const [index, [name, share]] of points.entries()) {
  for (const part of parts) {
    // Every part at the middle, and one part each at the other points, keep the suite short; chaos tests do the rest.
    if (index !== 1 && parts[index] !== part) continue
    test(`killed with -9 at ${name} (${part}), --resume finishes the same run, conserving to the cent`, async (t) => {
      const { path, remove } = await dataFolder()
      t.after(remove)
      const run = startDemo(["--data", path])
      await run.reached(Math.floor(northwindOrders * share))
      const pid = await serverPid(path)
      if (part !== "worker") process.kill(pid, "SIGKILL")
      if (part !== "server") run.process.kill("SIGKILL")
      const cut = await run.ended
      assert.notEqual(cut.code, 0)
      if (part === "server") assert.match(cut.stderr, /SERVER_ENDED: the embedded nats-server/)
      const resumed = await runDemo(["--data", path, "--resume"])
      assertConserved(resumed)
      assert.ok(
        (resumed.summary?.started ?? northwindOrders) < northwindOrders,
        "the first run's orders were not started again",
      )
    })
  }
}

test("only the parent killed: a resume at the same moment ends the orphaned server and finishes the run", async (t) => {
  const { path, remove } = await dataFolder()
  t.after(remove)
  const run = startDemo(["--data", path])
  await run.reached(300)
  run.process.kill("SIGKILL")
  const resumed = await runDemo(["--data", path, "--resume"])
  assertConserved(resumed)
})

test("run by three processes, two of which are killed in the middle, the order flow conserves to the cent", async (t) => {
  const { path, remove } = await dataFolder()
  t.after(remove)
  const run = startDemo(["--data", path, "--workers", "3"])
  await run.reached(100)
  const workers = execFileSync("pgrep", ["-P", String(run.process.pid), "-f", "worker.ts"], { encoding: "utf8" })
  const pids = workers.trim().split("\n").map(Number)
  assert.equal(pids.length, 3)
  for (const pid of pids.slice(0, 2)) process.kill(pid, "SIGKILL")
  const end = await run.ended
  assertConserved(end)
  assert.match(end.stderr, /worker \d+ ended \(SIGKILL\): another takes its place/)
})

test("on a server of one's own, named by NATS_URL, the demo runs unchanged", async (t) => {
  const nats = await withNats(t)
  const { path, remove } = await dataFolder()
  t.after(remove)
  const end = await runDemo(["--data", path], { NATS_URL: nats.url })
  assertConserved(end)
  assert.match(end.stderr, /using the NATS server at nats:\/\/127\.0\.0\.1/)
})

test("a file with bad lines: each is reported with its line number and reason, the rest run", async (t) => {
  const { path, remove } = await dataFolder()
  t.after(remove)
  const good = (orderId: string, quantity: number) =>
    JSON.stringify({
      orderId,
      customerId: "C 1/*",
      carrier: "Speedy Express",
      shippedDate: "1996-07-16",
      shipTo: { name: "n", city: "c", country: "x" },
      lines: [{ sku: "P01", quantity }],
      totalCents: 1000,
    })
  const file = join(path, "orders.jsonl")
  await writeFile(
    file,
    [good("A-1", 1), "{not json", '{"orderId":"A-2"}', good("A-3", -4), good("A-1", 2), good("A.4>", 100_000)].join(
      "\n",
    ),
  )
  const end = await runDemo(["--data", join(path, "store"), "--orders", file])
  assertConserved(end, 2)
  assert.deepEqual([end.summary?.completed, end.summary?.compensated, end.summary?.rejected], [1, 1, 4])
  assert.match(end.stderr, /rejected line 2: it is not JSON/)
  assert.match(end.stderr, /rejected line 3: the order at "customerId"/)
  assert.match(end.stderr, /rejected line 4: the order at "lines\.0\.quantity"/)
  assert.match(end.stderr, /rejected line 5: order A-1 stands on line 1 already/)
})

test("what cannot be used ends with exit code 2 and one sentence: a missing file, an unknown option, no server", async (t) => {
  const { path, remove } = await dataFolder()
  t.after(remove)
  const missing = await runDemo(["--data", path, "--orders", join(path, "nowhere.jsonl")])
  assert.deepEqual([missing.code, missing.stdout], [2, ""])
  assert.match(missing.stderr, /the file of orders cannot be read/)
  const unknown = await runDemo(["--wat"])
  assert.equal(unknown.code, 2)
  assert.match(unknown.stderr, /there is no option "--wat"/)
  const nobody = await runDemo(["--data", path], { NATS_URL: "nats://127.0.0.1:9" })
  assert.equal(nobody.code, 2, nobody.stderr)
  assert.match(nobody.stderr, /SERVER_UNREACHABLE/)
})
