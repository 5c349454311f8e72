// `troupe check FILE`: its exit codes, its table and its JSON.
import assert from "node:assert/strict"
import { spawnSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, test } from "node:test"
import { troupe } from "../../support/command-line.ts"

const repository = join(import.meta.dirname, "../../..")
const folder = mkdtempSync(join(tmpdir(), "troupe-command-"))
after(() => rmSync(folder, { recursive: true, force: true }))

const run = (...args: readonly string[]) => troupe(["check", ...args])

function file(name: string, text: string): string {
  const head = `import { mistakes } from "${repository}/test/unit/check/mistakes.ts"
import { order, placeOrder } from "${repository}/test/unit/sagas/shop.ts"
const input = { ...order, lines: order.lines.slice(0, 1) }
`
  const path = join(folder, name)
  writeFileSync(path, head + text)
  return path
}

const answers = `{ charge: { id: "p" }, ship: { tracking: "t" } }`
const good = file("good.ts", `export const check = [{ saga: placeOrder, input, answers: ${answers} }]`)

test("exit code 0: every property holds, and a line says what was covered", async () => {
  const { code, out } = await run(good)
  assert.equal(code, 0)
  assert.match(out, /^saga +situations +transitions +paths +walks +ends reached +time\n/)
  assert.match(out, /\nplace-order +93 +303 +17763 +100 +PIVOT_UNKNOWN UNDO_FAILED compensated completed +\d+ ms +ok\n$/)
})

test("exit code 1: a property is broken, and the shortest way there is told in three forms", async () => {
  const { code, out } = await run(file("bad.ts", "export const check = [{ saga: mistakes[0].saga, input: order }]"))
  assert.equal(code, 1)
  for (const text of ["breaks functions-answer", "has 2 moves", "sequenceDiagram", "replaySaga(saga,", `from "./bad.ts"`])
    assert.ok(out.includes(text), `${text} is told`)
})

test("--json gives one object with the same", async () => {
  const { code, out } = await run("--json", good)
  const { sagas } = JSON.parse(out)
  assert.equal(code, 0)
  assert.partialDeepStrictEqual(sagas[0], { saga: "place-order", situations: 93, paths: "17763", isExhaustive: true })
  assert.ok(sagas[0].tookMs > 0)
})

test("exit code 2: what cannot be used is told on stderr", async () => {
  const cases: readonly (readonly [args: readonly string[], text: RegExp])[] = [
    [["none.ts"], /none.ts cannot be loaded/],
    [[file("no-list.ts", "export const saga = placeOrder")], /exports no `check`, though it has saga/],
    [[file("no-saga.ts", "export const check = [{ input }]")], /check\[0\] has no `saga`/],
    [[file("no-answer.ts", "export const check = [{ saga: placeOrder, input }]")], /give a sample, answers.charge/],
    [[], /needs FILE[^]*usage: troupe check FILE/],
    [["--fast", good], /has no option --fast/],
  ]
  for (const [args, text] of cases) {
    const { code, out, error } = await run(...args)
    assert.deepEqual([code, out], [2, ""], error)
    assert.match(error, text)
  }
})

test("the program hands on the exit code, and refuses a command that it does not have", () => {
  const run = (...args: readonly string[]) =>
    spawnSync(process.execPath, [join(repository, "runtime/cli/main.ts"), ...args], { encoding: "utf8" })
  const checked = run("check", good)
  assert.deepEqual([checked.status, checked.stderr], [0, ""])
  const unknown = run("chek")
  assert.equal(unknown.status, 2)
  assert.match(unknown.stderr, /no command "chek"; did you mean check\?/)
})
