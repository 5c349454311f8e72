// Races, loops and branches within each other: the checker found each of these sagas broken once.
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Schema from "effect/Schema"
import { type Checked, checkSaga } from "../../../sagas/index.ts"
import { order, payment } from "../sagas/shop.ts"
import { charge, trip } from "./every-verb.ts"

const Text = Schema.toStandardSchemaV1(Schema.Struct({ text: Schema.String }))
const run = () => payment.charge("p", { orderId: "o", cents: 1 })

const sagas: Readonly<Record<string, Checked>> = {
  "a step that is refused while a race beside it is settled turns the saga back": trip("beside")
    .parallel("both", {
      one: (b) => b.race("by", { slow: (x) => x.step("truck", charge("t")), fast: (x) => x.step("plane", charge("f")) }),
      two: (b) => b.step("pay", charge("a")),
    }),
  "a loop that is given up in a branch of a race loses the race, and the saga is not turned back": trip("given-up")
    .race("by", {
      slow: (b) => b.repeat("again", (x) => x.step("look", charge("l")), { until: () => false, max: 2 }),
      fast: (b) => b.step("plane", charge("f")),
    })
    .step("last", { run, pivot: true }),
  "every round of a loop in a branch that has lost is undone": trip("rounds").race("by", {
    slow: (b) => b.repeat("again", (x) => x.step("look", charge("l")).step("see", charge("s")), { until: () => false, max: 2 }),
    fast: (b) => b.step("plane", charge("f")),
  }),
  "the undo of an inner race is taken although the branch around it was left": trip("inner").race("outer", {
    one: (b) =>
      b.parallel("both", {
        in: (x) => x.race("by", { slow: (y) => y.step("truck", charge("t")), fast: (y) => y.step("plane", charge("f")) }),
        out: (x) => x.step("pay", { run, undo: "nothing", retry: { times: 0 } }),
      }),
    two: (b) => b.step("other", { run, undo: "nothing", retry: { times: 0 } }),
  }),
  "a race that is won at once, after the pivot, may end the saga": trip("at-once")
    .step("last", { run, pivot: true })
    .race("by", {
      first: (b) => b.awaitSignal("word", Text),
      second: (b) => b.step("tell", { run }),
    }),
}

for (const [promise, saga] of Object.entries(sagas)) {
  test(promise, () => {
    const { violation, isExhaustive } = checkSaga(saga, {
      input: order,
      ...(promise.includes("at once") ? { arrivals: { word: { text: "x" } } } : {}),
      bounds: { walks: 10, retriesMax: 0 },
    })
    assert.equal(violation, undefined, violation?.plain)
    assert.ok(isExhaustive)
  })
}
