// The checker finds nothing wrong in sagas with every verb, sees all of their ends, and says how much it has seen.
import assert from "node:assert/strict"
import { test } from "node:test"
import { check as orderFlow } from "../../../examples/order-flow/check.ts"
import { type CheckBounds, checkSaga, type SagaCheck, type SagaDefinition, type SagaReport } from "../../../sagas/index.ts"
import { actionsOf } from "../../../sagas/check/actions.ts"
import { firstSituation, reloaded, take } from "../../../sagas/check/decide.ts"
import { boundsDefault } from "../../../sagas/check/samples.ts"
import { type Situation, situationKey } from "../../../sagas/check/situation.ts"
import { builtSubject } from "../../../sagas/check/subject.ts"
import { both, checks, family, racing, repeating } from "./every-verb.ts"

function report({ saga, ...options }: SagaCheck, bounds: Partial<CheckBounds> = {}): SagaReport {
  return checkSaga(saga, { ...options, bounds })
}

for (const check of [...checks, ...orderFlow]) {
  const name = "definition" in check.saga ? check.saga.definition.name : check.saga.name
  test(`saga ${name} keeps every property on every path`, () => {
    const { violation, isExhaustive, ends, paths, situations, transitions, walks } = report(check, { walks: 10 })
    assert.equal(violation, undefined, violation?.plain)
    assert.ok(isExhaustive)
    assert.ok((ends["completed"] ?? 0) > 0 && (ends["compensated"] ?? 0) > 0)
    assert.ok(paths !== undefined && paths > transitions - situations)
    assert.equal(walks, 10)
  })
}

const checkOf = (definition: SagaDefinition) => {
  const found = checks.find(({ saga }) => saga.definition === definition)
  assert.ok(found)
  return found
}

test("beyond the bound it does not claim to have seen everything, and walks at random, the same ways for the same seed", () => {
  const bounds = { situationsMax: 20, walks: 30, seed: 7 }
  const [first, second] = [report(checkOf(racing.definition), bounds), report(checkOf(racing.definition), bounds)]
  assert.deepEqual([first.situations, first.isExhaustive, first.paths, first.walks], [20, false, undefined, 30])
  assert.equal(first.walked, second.walked)
  assert.notEqual(report(checkOf(racing.definition), { ...bounds, seed: 8 }).walked, first.walked)
})

test("more tries and more rounds are more situations", () => {
  const check = checkOf(repeating.definition)
  const [two, four] = [2, 4].map((roundsMax) => report(check, { roundsMax, walks: 0 }))
  assert.ok(two!.situations < four!.situations)
  const [none, one] = [0, 1].map((retriesMax) => report(checks[0]!, { retriesMax, walks: 0 }))
  assert.ok(none!.situations < one!.situations)
})

test("a saga that takes too long, is cancelled or updated at any moment comes to its ends too", () => {
  const subject = builtSubject(family.definition, checkOf(family.definition), boundsDefault)
  const start = take(subject, reloaded(firstSituation(subject)), actionsOf(subject, firstSituation(subject))[0]!)
  const texts = new Set(actionsOf(subject, start.after).map(({ text }) => text))
  for (const text of ["the saga takes too long", "cancel", "update address"]) assert.ok(texts.has(text))
})

test("situations are taken for one only if the same may follow: without merging, no other situation is found", () => {
  const { saga, ...samples } = checkOf(both.definition)
  const subject = builtSubject(saga.definition, samples, boundsDefault)
  const start = firstSituation(subject)
  const seen = new Set([JSON.stringify(start)])
  const keys = new Set([situationKey(start, subject.self)])
  const waiting: Situation[] = [start]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const situation = reloaded(next)
    for (const action of actionsOf(subject, situation)) {
      const { after } = take(subject, situation, action)
      const text = JSON.stringify(after)
      if (seen.has(text)) continue
      seen.add(text)
      keys.add(situationKey(after, subject.self))
      waiting.push(after)
    }
  }
  const merged = report({ saga, ...samples }, { walks: 0 })
  assert.equal(merged.situations, keys.size)
  assert.ok(seen.size > 1.1 * keys.size, "there is something to merge")
})
