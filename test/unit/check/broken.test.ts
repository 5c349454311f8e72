// The checker finds what is broken: each mistake and each broken core, by the property that it breaks, on a shortest path.
import assert from "node:assert/strict"
import { test } from "node:test"
import { checkSaga } from "../../../sagas/index.ts"
import { checkSubject } from "../../../sagas/check/check-saga.ts"
import { boundsDefault } from "../../../sagas/check/samples.ts"
import { builtSubject } from "../../../sagas/check/subject.ts"
import { order as sample } from "../sagas/shop.ts"
import { brokenCores, order } from "./broken-cores.ts"
import { mistakes } from "./mistakes.ts"

for (const { saga, property, moves, message, options } of mistakes) {
  const { definition } = saga
  test(`the mistake "${definition.name}" breaks ${property} after ${moves} moves`, () => {
    const { violation } = checkSaga({ definition }, { input: sample, ...options })
    assert.ok(violation)
    assert.match(violation.message, message)
    assert.deepEqual([violation.property, violation.path.length, violation.isShortest], [property, moves, true])
  })
}

for (const { what, change, property, moves, definition = order.definition } of brokenCores) {
  test(`a core that ${what} breaks ${property} after ${moves} moves`, () => {
    const { violation } = checkSubject((clipping) => builtSubject(definition, { input: sample }, clipping, change), boundsDefault)
    assert.ok(violation)
    assert.deepEqual([violation.property, violation.path.length, violation.isShortest], [property, moves, true], violation.plain)
  })
}

test("the corpus of what is broken has 20 members at the least", () => {
  assert.ok(mistakes.length >= 20 && brokenCores.length >= 20)
})
