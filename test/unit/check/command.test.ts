// `troupe check FILE`: its exit codes, its table and its JSON.
import assert from "node:assert/strict"
import { spawnSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, test } from "node:test"

const repository = join(import.meta.dirname, "../../..")
const folder = mkdtempSync(join(tmpdir(), "troupe-command-"))
after(() => rmSync(folder, { recursive: true, force: true }))

function troupe(...args: readonly string[]) {
  return spawnSync(process.execPath, [join(repository, "runtime/cli/main.ts"), ...args], { encoding: "utf8", cwd: folder })
}

function file(name: string, text: string): string {
  const head = `import { mistakes } from "${repository}/test/unit/check/mistakes.ts"
import { order, placeOrder } from "${repository}/test/unit/sagas/shop.ts"
const input = { ...order, lines: order.lines.slice(0, 1) }
`
  writeFileSync(join(folder, name), head + text)
  return name
}

const good = file("good.ts", `export const check = [{ saga: placeOrder, input, answers: { charge: { id: "p" }, ship: { tracking: "t" } } }]`)

test("exit code 0: every property holds, and a line says what was covered", () => {
  const { status, stdout } = troupe("check", good)
  assert.equal(status, 0)
  assert.match(stdout, /^saga +situations +transitions +paths +walks +ends reached +time\n/)
  assert.match(stdout, /\nplace-order +93 +303 +17763 +100 +PIVOT_UNKNOWN UNDO_FAILED compensated completed +\d+ ms +ok\n$/)
})

test("exit code 1: a property is broken, and the shortest way there is told in three forms", () => {
  const { status, stdout } = troupe("check", file("bad.ts", "export const check = [{ saga: mistakes[0].saga, input: order }]"))
  assert.equal(status, 1)
  for (const text of ["breaks functions-answer", "has 2 moves", "sequenceDiagram", "replaySaga(saga,", `from "./bad.ts"`])
    assert.ok(stdout.includes(text), `${text} is told`)
})

test("--json gives one object with the same", () => {
  const { status, stdout } = troupe("check", "--json", good)
  const { sagas } = JSON.parse(stdout)
  assert.equal(status, 0)
  assert.partialDeepStrictEqual(sagas[0], { saga: "place-order", situations: 93, paths: "17763", isExhaustive: true })
  assert.ok(sagas[0].tookMs > 0)
})

test("exit code 2: what cannot be used is told on stderr", () => {
  const cases: readonly (readonly [args: readonly string[], text: RegExp])[] = [
    [["check", "none.ts"], /none.ts cannot be loaded/],
    [["check", file("no-list.ts", "export const saga = placeOrder")], /exports no `check`, though it has saga/],
    [["check", file("no-saga.ts", "export const check = [{ input }]")], /check\[0\] has no `saga`/],
    [["check", file("no-answer.ts", "export const check = [{ saga: placeOrder, input }]")], /give a sample, answers.charge/],
    [["check"], /troupe check FILE/],
    [["check", "--fast", good], /Unknown option/],
    [["cheque"], /no command "cheque"/],
  ]
  for (const [args, text] of cases) {
    const { status, stdout, stderr } = troupe(...args)
    assert.deepEqual([status, stdout], [2, ""], stderr)
    assert.match(stderr, text)
  }
})
