// The paths that a saga has, and which of them the tests of a process have gone.
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Schema from "effect/Schema"
import { saga } from "../../../sagas/index.ts"
import { after, coverage, fail, given, hang, refuse, signal, start, succeed } from "../../../sagas/testing/index.ts"
import { order, OrderSchema, payment, placeOrder } from "../sagas/shop.ts"

const Text = Schema.toStandardSchemaV1(Schema.Struct({ text: Schema.String }))
const willing = { "*": succeed({ id: "p", tracking: "T" }) }
const charge = (key: string) => ({
  run: () => payment.charge(key, { orderId: "o", cents: 1 }),
  undo: () => payment.refund(key),
  retry: { times: 0 },
})

test("every way of a saga is counted, and only those that were gone", () => {
  assert.equal(coverage(placeOrder).covered.length, 0)
  given(placeOrder, { key: "o-1", input: order }).participants(willing).when(start()).then({ ended: "completed" })
  given(placeOrder, { key: "o-2", input: order })
    .participants({ ...willing, "shipping.book": refuse("closed"), "inventory.release": fail() })
    .when(start())
    .then({ parked: "UNDO_FAILED" })
  assert.equal(coverage(placeOrder).report, `place-order: 6 of 12 paths were gone
  [x] reserve: done
  [ ] reserve: refused
  [ ] reserve: unknown
  [ ] reserve: undone
  [x] charge: done
  [ ] charge: refused
  [ ] charge: unknown
  [x] charge: undone
  [x] ship: done
  [x] ship: refused
  [ ] ship: unknown
  [x] an undo failed for good`)
})

test("a suite is complete if all was gone but what is excepted, and nothing is excepted in vain", () => {
  const { missing, assertComplete } = coverage(placeOrder)
  assertComplete({ except: missing })
  assert.throws(() => assertComplete({ except: missing.slice(1) }), /not gone: reserve: refused/)
  assert.throws(() => assertComplete({ except: [...missing, "ship: done"] }), /gone all the same: ship: done/)
  assert.throws(() => assertComplete({ except: [...missing, "sing: done"] }), /no path of it: sing: done/)
})

const winding = saga("winding", { input: OrderSchema, version: 1, maxDuration: "9 days" })
  .when("large", ({ input }) => input.totalCents > 100, (yes) => yes.step("check", charge("check")))
  .race("answer", {
    asked: (branch) => branch.awaitSignal("approval", Text, { timeout: "2 days" }),
    bought: (branch) => branch.step("buy", charge("buy")).sleep("think", "3 days"),
  })
  .repeat("poll", (body) => body.step("look", charge("look")), { until: ({ look }) => look.id === "ready", max: 2 })

test("choices, races, loops, waits and the longest time are paths too", () => {
  const going = (look: string, input: object = {}) =>
    given(winding, { key: "w-1", input: { ...order, ...input } })
      .participants({ ...willing, "payment.charge/look": succeed({ id: look }) })
  const { covered, missing } = coverage(winding)
  assert.deepEqual([covered.length, missing.includes("answer: all failed"), missing.includes("think: over")], [0, true, true])
  going("ready").when(start()).when(signal("approval", { text: "x" })).then({ ended: "completed" })
  going("never", { totalCents: 1 }).when(start()).when(after("4 days")).then({ ended: "compensated", reason: "LOOP_EXHAUSTED" })
  going("ready")
    .participants({ "payment.charge/buy": hang() })
    .when(start())
    .when(after("4 days"))
    .then({ reason: "ALL_BRANCHES_FAILED" })
  assert.deepEqual(coverage(winding).missing, [
    "check: refused", "check: unknown", "buy: refused", "look: refused", "look: unknown", "an undo failed for good",
    "longer than maxDuration",
  ])
})
