// What a saga allocates, as a count that no clock and little else changes: within 3 % from run to run, on a busy machine too.
// Raised only on purpose. It is measured in a process of its own; in service the optimising compiler saves part of it.
import assert from "node:assert/strict"
import { execFile } from "node:child_process"
import { test } from "node:test"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"

const run = promisify(execFile)
const file = fileURLToPath(new URL("../../support/saga-allocations.ts", import.meta.url))
const flags = ["--no-opt", "--no-maglev", "--min-semi-space-size=256", "--max-semi-space-size=256"]

async function allocated(handlers: "effectful" | "pure"): Promise<number> {
  const { stdout } = await run(process.execPath, [...flags, file, handlers])
  const { bytes, collections } = JSON.parse(stdout) as { bytes: number; collections: number } // cast: what the file says
  assert.equal(collections, 0, "the heap was collected meanwhile, so its growth says nothing: the young generation is too small")
  return bytes
}

test("a saga of three steps allocates 450 kB at most, of which its start and end in memory are a part", async () => {
  const bytes = await allocated("effectful")
  assert.ok(bytes > 0 && bytes <= 450_000, `${bytes.toFixed(0)} bytes a saga`)
})

test("with pure handlers it allocates 330 kB at most", async () => {
  const bytes = await allocated("pure")
  assert.ok(bytes > 0 && bytes <= 330_000, `${bytes.toFixed(0)} bytes a saga`)
})
