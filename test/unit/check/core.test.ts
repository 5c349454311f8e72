// A saga of any other kind is checked by its core, with what its commands mean: of a machine of the user's, for example.
import assert from "node:assert/strict"
import { test } from "node:test"
import { checkSaga, replaySaga } from "../../../sagas/index.ts"
import { type Core, createCore } from "../../../sagas/machine/core.ts"
import { order as sample } from "../sagas/shop.ts"
import { order } from "./broken-cores.ts"

const core = createCore(order.definition)
const meaning = { undone: ["c", "b"], pivot: "a" }

test("a core that keeps every property is gone through to its ends, with all its tries", () => {
  const report = checkSaga({ name: "order", core }, { input: sample, ...meaning, bounds: { walks: 5 } })
  assert.equal(report.violation, undefined, report.violation?.plain)
  assert.ok(report.isExhaustive)
  assert.deepEqual(Object.keys(report.ends).toSorted(), ["PIVOT_UNKNOWN", "UNDO_FAILED", "compensated", "completed"])
})

test("what it must undo and does not is found, and so is what it never does", () => {
  const forgetful: Pick<Core, "create" | "decide"> = {
    create: core.create,
    decide: (row, event, at) =>
      event.type === "cancel" ? core.decide({ ...row, items: {}, open: {} }, event, at) : core.decide(row, event, at),
  }
  const saga = { name: "order", core: forgetful }
  const { violation } = checkSaga(saga, { input: sample, ...meaning })
  assert.deepEqual([violation?.property, violation?.path], ["undo-complete", ["start", "cancel"]])
  assert.equal(replaySaga(saga, { input: sample, ...meaning }, violation!.path)?.property, "undo-complete")
  const { violation: never } = checkSaga({ name: "order", core }, { input: sample, ...meaning, steps: ["d"] })
  assert.equal(never?.property, "all-reached")
})
