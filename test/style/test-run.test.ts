// The runner counts what it should: a file that fails, crashes, hangs or tests nothing never passes for a good one.
import assert from "node:assert/strict"
import { spawnSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type TestContext, test } from "node:test"
import { root } from "./repository.ts"

const heading = `import { test } from "node:test"\n`

function runFiles(t: TestContext, files: Readonly<Record<string, string>>, ...args: readonly string[]) {
  const folder = mkdtempSync(join(tmpdir(), "troupe-run-"))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), heading + text)
  const command = ["test/support/test-run.ts", folder, ...args]
  const { status, stdout } = spawnSync(process.execPath, command, { cwd: root, encoding: "utf8" })
  const count = (name: string) => Number(new RegExp(`^# ${name} (\\d+)$`, "m").exec(stdout)?.[1])
  return { status, stdout, pass: count("pass"), fail: count("fail"), skip: count("skip") }
}

test("good files pass, and what was skipped is told", (t) => {
  const { status, pass, fail, skip } = runFiles(t, {
    "a.test.ts": `test("a", () => {}); test("b", () => {})`,
    "b.test.ts": `test("c", () => {}); test("d", { skip: "needs a disk of its own" }, () => {})`,
  })
  assert.deepEqual({ status, pass, fail, skip }, { status: 0, pass: 3, fail: 0, skip: 1 })
})

test("a failing test is counted and shown, and the others still run", (t) => {
  const { status, stdout, pass, fail } = runFiles(t, {
    "a.test.ts": `test("takes the money twice", () => { throw new Error("charged 2 times") })`,
    "b.test.ts": `test("b", () => {})`,
  })
  assert.deepEqual({ status, pass, fail }, { status: 1, pass: 1, fail: 1 })
  assert.match(stdout, /What failed:[^]*a\.test\.ts[^]*takes the money twice[^]*charged 2 times/)
})

test("a file that crashes, or tests nothing, has failed", (t) => {
  const { status, fail, stdout } = runFiles(t, { "a.test.ts": `import "./missing.ts"`, "b.test.ts": `export {}` })
  assert.deepEqual({ status, fail }, { status: 1, fail: 2 })
  assert.match(stdout, /missing\.ts/)
  assert.match(stdout, /holds no test/)
})

test("a file that leaves something open is killed when its time is over, and has failed", (t) => {
  const files = { "a.test.ts": `test("a", () => {}); setInterval(() => {}, 1000)` }
  const { status, fail, stdout } = runFiles(t, files, "--timeout", "1")
  assert.deepEqual({ status, fail }, { status: 1, fail: 1 })
  assert.match(stdout, /did not end within 1 s/)
})

test("a folder without files is passed over, one that holds files and no test is not", (t) => {
  assert.equal(runFiles(t, {}).status, 0)
  assert.notEqual(runFiles(t, { "a.ts": "export {}" }).status, 0)
})
