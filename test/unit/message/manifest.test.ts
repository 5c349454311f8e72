// The names of what belongs to one layout of an app, and the manifest that says which layout counts (R16).
import assert from "node:assert/strict"
import { test } from "node:test"
import { decodeBlock } from "../../../runtime/message/block.ts"
import { decodeManifest, encodeManifest, encodeSeal, newManifest, readSeal } from "../../../runtime/message/manifest.ts"
import { subjectsOf } from "../../../runtime/message/subjects.ts"

test("R16: journals, lanes and members of each layout are others; what comes from outside and the manifest are the same", () => {
  const before = subjectsOf("shop")
  const after = before.at(2)
  const of = ({ journal, lane, laneReady, members }: typeof before) => [
    journal("bank", 3), lane("bank", 3), laneReady("bank"), members("bank"),
  ]
  assert.deepEqual(of(before), ["shop.jrn.bank.3", "shop.lane.bank.3", "shop.lane.bank.ready", "SHOP_MEMBERS_bank"])
  assert.deepEqual(of(after), ["shop.jrn.bank.2-3", "shop.lane.bank.2-3", "shop.lane.bank.2-ready", "SHOP_MEMBERS_2_bank"])
  const outside = ({ input, replies, event, progress, manifest }: typeof before) => [
    input("bank", 3), replies("bank", 3), event(3, "Paid", "k"), progress("bank"), manifest("bank"),
  ]
  assert.deepEqual(outside(after), outside(before))
  assert.deepEqual(of(after.at(0)), of(before))
})

test("R16: the subject of a journal tells its layout and partition, and nothing else is taken for one", () => {
  const subjects = subjectsOf("shop")
  for (const layout of [0, 1, 12]) {
    const subject = subjects.at(layout).journal("app-1-2", 34)
    assert.deepEqual(subjects.parseJournal(subject), { layout, partition: 34 })
  }
  for (const other of [subjects.manifest("bank"), "shop.jrn.bank.x-3", "shop.jrn.bank.3-", "shop.jrn.bank.-3"])
    assert.equal(subjects.parseJournal(other), undefined, other)
})

test("R16: a manifest without a layout or a move is what the first release wrote; any other one has a newer format", () => {
  assert.equal(Buffer.from(encodeManifest(newManifest(8))).toString(), '{"v":1,"partitions":8,"hash":"fnv1a32"}')
  const move = { id: "a1", partitions: 9, isCalledOff: false }
  for (const manifest of [newManifest(8), newManifest(8, 1), newManifest(8, 0, move), newManifest(8, 3, move)]) {
    assert.deepEqual(decodeManifest(encodeManifest(manifest), "bank"), manifest)
    assert.equal(manifest.v, manifest.layout === 0 && manifest.move === undefined ? 1 : 2)
  }
})

test("R16, R17: a manifest of a later release, or what is none, is refused with the app's name", () => {
  for (const text of ['{"v":3,"partitions":8,"hash":"fnv1a32"}', '{"v":1,"hash":"x"}', "[]", "no JSON", "null"])
    assert.throws(() => decodeManifest(Buffer.from(text), "bank"), { code: "UNREADABLE_MANIFEST", message: /of app bank/ }, text)
})

test("R16: a seal is known by its move, is no block, and no block is taken for a seal", () => {
  const seal = encodeSeal("0123456789abcdef")
  assert.equal(readSeal(seal), "0123456789abcdef")
  const sealed = { code: "CORRUPT_JOURNAL", message: /partition 3 is sealed/ }
  assert.throws(() => decodeBlock(seal, "journal of bank partition 3"), sealed)
  for (const other of ['{"v":1,"decisions":[]}', '{"sealed":1}', "no JSON", "", `{"sealed":"${"x".repeat(200)}"}`])
    assert.equal(readSeal(Buffer.from(other)), undefined, other)
})
