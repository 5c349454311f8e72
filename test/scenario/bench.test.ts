// The benchmark as a user starts it, on a tiny scale: what it prints, and that it measures what it says. How fast anything
// is, is not looked at.
import assert from "node:assert/strict"
import { execFile } from "node:child_process"
import { mkdtemp, readdir, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test } from "node:test"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import type { Machine } from "../../bench/machine.ts"
import { readOptions } from "../../bench/options.ts"
import type { Result } from "../../bench/result.ts"
import { costlierThan, slowerThan } from "../../bench/table.ts"

const run = promisify(execFile)
const main = fileURLToPath(new URL("../../bench/main.ts", import.meta.url))
const tiny = ["--runs", "1", "--warm-up-s", "0.2", "--measure-s", "0.8"]

interface Report {
  readonly machine: Machine
  readonly rows: readonly Result[]
}

/** The last line of what a run of the benchmark printed. */
async function bench(...args: readonly string[]): Promise<Report> {
  const { stdout } = await run(process.execPath, [main, "--json", ...tiny, ...args])
  return JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "") as Report // cast: checked by the tests
}

test("a run gives one row for each system, with what was measured, and all its sagas ended", { timeout: 60_000 }, async () => {
  const { machine, rows } = await bench("--in-flight", "8", "--outcome", "mixed")
  assert.match(machine.node, /^v\d+/)
  assert.match(machine.natsServer, /nats-server/)
  assert.deepEqual(rows.map(({ system }) => system), ["troupe", "nats-chain"])
  for (const row of rows) {
    const { mode, services, handlers, outcome, inFlight, tracing } = row
    assert.deepEqual(
      { mode, services, handlers, outcome, inFlight, tracing },
      { mode: "strict", services: "same-app", handlers: "effectful", outcome: "mixed", inFlight: 8, tracing: "off" },
    )
    for (const name of ["perSecond", "p50Ms", "p99Ms", "cpuMsPerSaga", "rssMiB", "bytesPerSaga", "sagas"] as const)
      assert.ok(row[name] > 0, `${row.system}: ${name} is ${row[name]}`)
    assert.ok(row.p50Ms <= row.p99Ms && row.p99Ms <= row.maxMs)
  }
  const [troupe] = rows
  assert.equal(troupe?.hopsInProcess, 1, "one process has all partitions")
  assert.ok((troupe?.recordsPerAppend ?? 0) >= 1)
})

test("it measures open loops, traces, and services in other apps too, and writes profiles", { timeout: 60_000 }, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "troupe-profiles-"))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const { rows } = await bench(
    "--system", "troupe", "--services", "other-apps", "--tracing", "100%", "--rate", "20", "--profile", folder,
  )
  const [row] = rows
  assert.deepEqual([row?.rate, row?.inFlight, row?.tracing], [20, 0, "100%"])
  assert.ok((row?.perSecond ?? 0) > 0)
  assert.ok((row?.hopsInProcess ?? 1) < 1, "commands leave for the other apps")
  const profiles = await readdir(folder)
  assert.deepEqual([...new Set(profiles.map((name) => name.replace(/-\d+.*/, "")))].toSorted(), ["driver", "worker"])
  assert.equal(profiles.length, 5, "one of the driver, and one of each app")
})

test("sagas that wait meanwhile are counted and weighed", { timeout: 60_000 }, async () => {
  const { rows: [row] } = await bench("--system", "troupe", "--in-flight", "4", "--open-sagas", "400")
  assert.equal(row?.openSagas, 400)
  assert.ok((row?.bytesPerOpenSaga ?? 0) > 200, "an order of so many bytes is kept")
  assert.ok((row?.appendsPerSaga ?? 0) < 20, "what opening them took is not counted with the orders")
})

test("a row that is not so many times as fast as the chain beside it is told, and only such a row", () => {
  const { rows } = readOptions(["--quick"], 8) ?? { rows: [] }
  const withRates = (troupe: number, chain: number) =>
    // cast: only the rate and the row are looked at
    rows.map((row) => ({ ...row, perSecond: row.system === "troupe" ? troupe : chain }) as Result)
  assert.deepEqual(slowerThan(2, withRates(100, 40)), [])
  assert.deepEqual(slowerThan(3, withRates(100, 40)).map(({ system }) => system), ["troupe"])
})

test("a row beside which the chain does not take so many times the CPU is told, and only such a row", () => {
  const { rows } = readOptions(["--quick"], 8) ?? { rows: [] }
  // cast: only the CPU time and the row are looked at
  const results = rows.map((row) => ({ ...row, cpuMsPerSaga: row.system === "troupe" ? 2 : 3 }) as Result)
  assert.deepEqual(costlierThan(1.4, results), [])
  assert.deepEqual(costlierThan(1.6, results).map(({ system }) => system), ["troupe"])
})

test("what is no option is refused with one sentence", () => {
  assert.throws(() => readOptions(["--mode", "fast"], 8), /^WrongUse: --mode is one of strict, default, not fast$/)
  assert.throws(() => readOptions(["--in-flight", "many"], 8), /--in-flight is a number from 0 up, not many/)
  assert.throws(() => readOptions(["--system", "nats-chain", "--tracing", "10%"], 8), /there are no such rows/)
})

test("the standard rows have every mode, outcome, kind of handler, place of services and rate of traces", () => {
  const { rows } = readOptions([], 8) ?? { rows: [] }
  const values = (axis: keyof (typeof rows)[number]) => new Set(rows.map((row) => row[axis]))
  assert.deepEqual(values("mode"), new Set(["strict", "default"]))
  assert.deepEqual(values("outcome"), new Set(["happy", "compensated", "mixed"]))
  assert.deepEqual(values("services"), new Set(["same-app", "other-apps"]))
  assert.deepEqual(values("handlers"), new Set(["effectful", "pure"]))
  assert.deepEqual(values("tracing"), new Set(["off", "10%", "100%"]))
  assert.deepEqual(values("inFlight"), new Set([1, 64, 256, 1024, 0]))
})
