// Seeded luck.
import assert from "node:assert/strict"
import { test } from "node:test"
import { drawPlan } from "../../../runtime/simulation/plan.ts"
import { Random } from "../../../runtime/simulation/random.ts"
import { planOf, removable } from "../../../runtime/simulation/spec.ts"

test("the same seed gives the same numbers, evenly spread, and a neighbour others", () => {
  const numbers = (seed: number) => {
    const random = new Random(seed)
    return Array.from({ length: 4_000 }, () => random.below(8))
  }
  assert.deepEqual(numbers(7), numbers(7))
  assert.notDeepEqual(numbers(7), numbers(8))
  for (let value = 0; value < 8; value += 1) {
    const count = numbers(7).filter((each) => each === value).length
    assert.ok(count > 400 && count < 600, `${value} came ${count} times of 4,000`)
  }
})

test("what is drawn from one stream shifts nothing in another", () => {
  const [untouched, drained] = [new Random(1), new Random(1)]
  for (let n = 0; n < 100; n += 1) drained.bits()
  assert.equal(untouched.fork("network").bits(), drained.fork("network").bits())
})

test("a quarter of the plans has no faults, and no kind is in all of the others", () => {
  const plans = Array.from({ length: 400 }, (_, seed) => drawPlan(seed, new Random(seed, "plan")))
  const isCalm = ({ faults, network }: (typeof plans)[number]) => faults.length + network.drop + network.duplicate + network.slow === 0
  const calm = plans.filter(isCalm).length
  assert.ok(calm > 70 && calm < 150, `${calm} of 400`)
  for (const kind of ["crash", "pause", "power cut"] as const) {
    const count = plans.filter(({ faults }) => faults.some((fault) => fault.kind === kind)).length
    assert.ok(count > 50 && count < 200, `${kind} is in ${count} of 400`)
  }
})

test("what is taken away from a plan leaves the rest as it was", () => {
  const seed = 17
  const all = planOf({ seed })
  const [first, ...rest] = removable({ seed })
  assert.ok(first !== undefined)
  assert.deepEqual(removable({ seed, without: [first] }), rest)
  assert.deepEqual(planOf({ seed, without: rest }).faults, all.faults.filter(({ id }) => id === first))
})
