// A counter-example can be read as text and as a diagram, and run as a test.
import assert from "node:assert/strict"
import { spawnSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test } from "node:test"
import { checkSaga, replaySaga } from "../../../sagas/index.ts"
import { InvalidInput } from "../../../runtime/index.ts"
import { order, payment } from "../sagas/shop.ts"
import { charge, oneTry, trip } from "./every-verb.ts"

const wrong = trip("trip")
  .when("early", () => false, (yes) => yes.step("first", charge("a")))
  .step("pay", { ...charge("b"), undo: () => payment.refund("c") })
const right = trip("trip")
  .when("early", () => false, (yes) => yes.step("first", charge("a")))
  .step("pay", charge("b"))
const { violation } = checkSaga(wrong, { input: order })

test("the way to a breach is told as moves, as lines and as a Mermaid diagram", () => {
  assert.deepEqual(violation?.path, ["start ? no", "pay/0 fails"])
  assert.equal(
    violation?.plain,
    `  outside -> trip: start
    early? no
  trip -> payment: pay/0: charge b
  payment -> trip: pay/0 fails
    functions-answer: ${violation?.message}
`,
  )
  assert.equal(
    violation?.mermaid,
    `sequenceDiagram
  participant p0 as outside
  participant p1 as trip
  participant p2 as payment
  p0->>p1: start
  Note over p1: early? no
  p1->>p2: pay/0: charge b
  p2-->>p1: pay/0 fails
  Note over p1: functions-answer: ${violation?.message.replaceAll(";", "#59;")}
`,
  )
})

test("a condition that is answered against the data is marked", () => {
  const late = wrong.when("late", () => false, (yes) => yes.step("more", { ...charge("d"), undo: () => payment.refund("e") }))
  const found = checkSaga(late, { input: order, bounds: { retriesMax: 0 } })
  assert.equal(found.violation?.path[0], "start ? no")
  const yes = trip("trip")
    .when("early", () => false, (then) => then.step("pay", { ...oneTry, run: () => null!, undo: "nothing" }))
    .step("last", charge("z"))
  assert.match(checkSaga(yes, { input: order }).violation?.plain ?? "", /early\? yes \(with this sample it is no\)/)
})

test("a path is done again: it breaks the same until the saga is mended", () => {
  assert.equal(replaySaga(wrong, { input: order }, violation!.path)?.property, "functions-answer")
  assert.equal(replaySaga(right, { input: order, bounds: { retriesMax: 0 } }, violation!.path), undefined)
  assert.throws(() => replaySaga(right, { input: order }, ["start ? no", "first/0 done"]), InvalidInput)
})

test("what no single path shows is found again from an empty path", () => {
  const never = trip("never").repeat("again", (b) => b.step("look", charge("a")), { until: () => false, max: 2 })
  const options = { input: order, bounds: { conditions: "as data say" } } as const
  assert.equal(checkSaga(never, options).violation?.property, "all-reached")
  assert.equal(replaySaga(never, options, [])?.property, "all-reached")
  assert.equal(replaySaga(never, options, ["start", "look#1/0 done"]), undefined)
})

test("the text of the test runs, and fails", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "troupe-check-"))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const repository = join(import.meta.dirname, "../../..")
  const sample = `import { checkSaga } from "${repository}/sagas/index.ts"
import { mistakes } from "${repository}/test/unit/check/mistakes.ts"
import { order } from "${repository}/test/unit/sagas/shop.ts"
export const check = [{ saga: mistakes[0].saga, input: order }]
export const { violation } = checkSaga(mistakes[0].saga, check[0])
`
  writeFileSync(join(folder, "check.ts"), sample)
  const text = checkSaga(wrong, { input: order }).violation!.test
  const mended = text.replace("troupe/sagas", `${repository}/sagas/index.ts`).replace("./trip.js", "./check.ts")
  writeFileSync(join(folder, "found.test.ts"), mended.replace("start ? no", "start"))
  const { status, stdout } = spawnSync(process.execPath, ["--test-reporter=tap", join(folder, "found.test.ts")], {
    encoding: "utf8",
    env: { ...process.env, NODE_TEST_CONTEXT: undefined },
  })
  assert.equal(status, 1, stdout)
  assert.match(stdout, /not ok 1 - trip: functions-answer/)
  assert.match(stdout, /undo goes to payment\/b, its run went to payment\/a/)
})
