// Every path of the examples' sagas, by the checker.
import assert from "node:assert/strict"
import { test } from "node:test"
import { check as moneyTransfer } from "../../../examples/money-transfer/check.ts"
import { check as returns } from "../../../examples/returns/check.ts"
import { check as trip } from "../../../examples/trip/check.ts"
import { check as warehouses } from "../../../examples/warehouses/check.ts"
import { checkSaga } from "../../../sagas/index.ts"

for (const [example, checks] of Object.entries({ "money transfer": moneyTransfer, returns, trip, warehouses })) {
  test(`the sagas of the example ${example} hold on every path what sagas promise`, () => {
    for (const { saga, ...options } of checks) {
      const { violation, isExhaustive } = checkSaga(saga, { ...options, bounds: { walks: 10 } })
      assert.equal(violation, undefined, violation?.plain)
      assert.ok(isExhaustive)
    }
  })
}
