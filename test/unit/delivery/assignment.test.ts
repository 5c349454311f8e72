// Who owns what: everyone agrees, nobody has too much, little moves, and nobody gets what it cannot read.
import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { assignPartitions, type Candidate } from "../../../runtime/delivery/assignment.ts"

const able = (name: string): Candidate => ({ name, refuses: [] })
const names = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 9 })
const candidates = fc.uniqueArray(
  fc.record({ name: fc.string({ minLength: 1, maxLength: 12 }), refuses: fc.uniqueArray(fc.nat(63)) }),
  { selector: ({ name }) => name, minLength: 1, maxLength: 6 },
)

test("R24: every partition has one owner, nobody owns more than its share, and the order of the list does not matter", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 64 }), names, (partitions, members) => {
      const owners = assignPartitions(partitions, members.map(able))
      assert.equal(owners.length, partitions)
      for (const member of members) {
        assert.ok(owners.filter((owner) => owner === member).length <= Math.ceil(partitions / members.length))
      }
      assert.deepEqual(assignPartitions(partitions, members.toReversed().map(able)), owners)
    }),
  )
})

test("R24: with as many members as partitions, or fewer, everybody works", () => {
  const members = ["a", "b", "c", "d"]
  assert.deepEqual(new Set(assignPartitions(8, members.map(able))), new Set(members))
  assert.deepEqual(new Set(assignPartitions(4, members.map(able))), new Set(members))
})

test("nobody there: nothing is owned", () => {
  assert.deepEqual(assignPartitions(2, []), [undefined, undefined])
})

test("R17: a partition goes to a member that can take it wherever there is one, and to nobody else", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 64 }), candidates, (partitions, members) => {
      const owners = assignPartitions(partitions, members)
      for (const [partition, owner] of owners.entries()) {
        const willing = members.filter(({ refuses }) => !refuses.includes(partition))
        assert.equal(owner !== undefined, willing.length > 0, `partition ${partition} has an owner if somebody can take it`)
        assert.ok(owner === undefined || willing.some(({ name }) => name === owner))
      }
      assert.deepEqual(assignPartitions(partitions, members.toReversed()), owners)
    }),
  )
})

test("R17: who refuses some partitions gets as many others, and the last that can read takes more than its share", () => {
  const owned = (owners: readonly (string | undefined)[], by: string) => owners.filter((owner) => owner === by).length
  const half = assignPartitions(8, [{ name: "old", refuses: [0, 1, 2, 3] }, able("new")])
  assert.deepEqual([owned(half, "old"), owned(half, "new")], [4, 4])
  const most = assignPartitions(8, [{ name: "old", refuses: [0, 1, 2, 3, 4, 5] }, able("new")])
  assert.deepEqual([owned(most, "old"), owned(most, "new")], [2, 6])
})
