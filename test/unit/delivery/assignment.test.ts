// Who owns what: everyone agrees, nobody has too much, and little moves.
import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { assignPartitions } from "../../../runtime/delivery/assignment.ts"

const membersArbitrary = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 9 })

test("R24: every partition has one owner, nobody owns more than its share, and the order of the list does not matter", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 64 }), membersArbitrary, (partitions, members) => {
      const owners = assignPartitions(partitions, members)
      assert.equal(owners.length, partitions)
      for (const member of members) {
        assert.ok(owners.filter((owner) => owner === member).length <= Math.ceil(partitions / members.length))
      }
      assert.deepEqual(assignPartitions(partitions, members.toReversed()), owners)
    }),
  )
})

test("R24: with as many members as partitions, or fewer, everybody works", () => {
  const members = ["a", "b", "c", "d"]
  assert.deepEqual(new Set(assignPartitions(8, members)), new Set(members))
  assert.deepEqual(new Set(assignPartitions(4, members)), new Set(members))
})

test("nobody there: nothing is owned", () => {
  assert.deepEqual(assignPartitions(4, []), [])
})
