// With thousands of sagas each question is still answered at once. The figures of the bar are those of test/load/read-model.ts.
import assert from "node:assert/strict"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test } from "node:test"
import { consoleLoad } from "../../support/console-load.ts"

test("of 3,300 sagas each list, search and page takes less than 200 ms, and none takes a kilobyte of the store", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "troupe-read-model-"))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const { answers, storeBytes, sagas } = await consoleLoad(3_000, 300, join(folder, "model.sqlite"), 5)
  for (const { what, cpuMs } of answers) assert.ok(cpuMs < 200, `${what}: ${cpuMs.toFixed(0)} ms`)
  assert.ok(storeBytes / sagas < 1_024, `${Math.round(storeBytes / sagas)} bytes a saga`)
})
