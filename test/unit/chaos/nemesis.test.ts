// Which faults a run has is a matter of its seed and of what the machine can do, and of nothing else.
import assert from "node:assert/strict"
import { test } from "node:test"
import { faultKinds, isPossible, type Means, planFaults } from "../../chaos/nemesis.ts"
import { profileOf } from "../../chaos/options.ts"
import { seeded } from "../../support/seeded.ts"

const alone: Means = { servers: 1, hasDisks: true, hasNetwork: true }
const cluster: Means = { servers: 3, hasDisks: true, hasNetwork: true }

const plan = (seed: number, means: Means, count: number = faultKinds.length) =>
  planFaults({ draw: seeded(seed), means, kinds: faultKinds, count })

test("the same seed plans the same faults, another seed others", () => {
  assert.deepEqual(plan(1, cluster), plan(1, cluster))
  assert.notDeepEqual(plan(1, cluster), plan(2, cluster))
})

test("in a cluster that has disks and networks every kind comes once before any comes again", () => {
  const kinds = plan(3, cluster, 2 * faultKinds.length).map(({ kind }) => kind)
  assert.deepEqual(kinds.slice(0, faultKinds.length).toSorted(), faultKinds.toSorted())
  assert.deepEqual(kinds.slice(faultKinds.length).toSorted(), faultKinds.toSorted())
})

test("what a machine cannot do is not planned, and never replaced by something that looks like it", () => {
  const bare: Means = { servers: 3, hasDisks: false, hasNetwork: false }
  const kinds = new Set(plan(4, bare, 100).map(({ kind }) => kind))
  assert.ok(kinds.size > 0)
  for (const kind of ["power-cut", "power-cut-all", "disk-full", "cut-worker", "cut-node", "one-way"] as const) {
    assert.equal(kinds.has(kind), false, kind)
    assert.equal(isPossible(kind, bare), false, kind)
  }
})

test("one server is not asked for what only a cluster can survive", () => {
  const kinds = new Set(plan(5, alone, 100).map(({ kind }) => kind))
  for (const kind of ["kill-leader", "cut-peers", "cut-majority"] as const) assert.equal(kinds.has(kind), false, kind)
  assert.ok(kinds.has("power-cut"))
})

test("no fault is longer than the profile allows", () => {
  const planned = planFaults({ draw: seeded(6), means: cluster, kinds: faultKinds, count: 200, holdMsMax: 900 })
  assert.equal(planned.length, 200)
  assert.ok(planned.every(({ holdMs }) => holdMs <= 900))
})

test("no kinds that are possible: no faults, and no endless search for them", () => {
  assert.deepEqual(planFaults({ draw: seeded(7), means: alone, kinds: ["cut-peers"], count: 5 }), [])
})

for (const means of [alone, cluster]) {
  test(`the first round of profile ci has at least five power cuts with ${means.servers} servers, and every other kind`, () => {
    const { kinds } = profileOf("ci")
    const planned = planFaults({ draw: seeded(8), means, kinds, count: kinds.length }).map(({ kind }) => kind)
    assert.ok(planned.filter((kind) => kind.startsWith("power-cut")).length >= 5)
    for (const kind of faultKinds) if (isPossible(kind, means)) assert.ok(planned.includes(kind), kind)
  })
}
