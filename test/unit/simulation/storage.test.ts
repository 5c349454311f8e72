// What the simulated server stores, and what a power cut leaves of it.
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Effect from "effect/Effect"
import { memoryStreams } from "../../../runtime/memory/streams.ts"
import { JournalStore } from "../../../runtime/simulation/journal-store.ts"
import { MemberList } from "../../../runtime/simulation/member-list.ts"

const bytes = (text: string) => Buffer.from(text, "utf8")

test("an append at another sequence than the last of its partition is refused, and stores nothing", () => {
  const store = new JournalStore()
  assert.equal(store.append(0, bytes("a"), 0), 1)
  assert.equal(store.append(1, bytes("b"), 0), 2)
  const refused = store.append(0, bytes("c"), 0)
  assert.ok(typeof refused !== "number")
  assert.equal(refused.code, "FENCED")
  assert.deepEqual(store.log(0).map(({ sequence }) => sequence), [1])
})

test("a power cut takes what was not synced, and its sequences are given out again; the archive keeps what was", () => {
  const store = new JournalStore()
  store.append(0, bytes("a"), 0)
  store.sync()
  store.append(0, bytes("b"), 1)
  store.append(1, bytes("c"), 0)
  assert.deepEqual([...store.cutPower()], [[0, 2], [1, 3]])
  assert.deepEqual([store.log(0).length, store.log(1).length], [1, 0])
  assert.equal(store.append(1, bytes("d"), 0), 2)
  assert.deepEqual(store.archive.map(({ sequence, cut }) => [sequence, cut]), [[1, false], [2, true], [3, true], [2, false]])
})

test("a purge deletes what is before, and a power cut may take everything", () => {
  const store = new JournalStore()
  for (let n = 0; n < 4; n += 1) store.append(0, bytes("x"), n)
  store.purge(0, 3)
  assert.deepEqual(store.read(0, { to: 3 }).map(({ sequence }) => sequence), [3])
  store.sync()
  store.cutPower(true)
  assert.equal(store.log(0).length, 0)
})

test("streams lose their ends: who reads has to open them again, and finds what is left", async () => {
  const streams = memoryStreams()
  streams.store("external", 0, bytes("kept"))
  const synced = streams.lengths()
  streams.store("external", 0, bytes("lost"))
  const open = Effect.scoped(streams.open("external", 0, { after: 1 }))
  const reader = await Effect.runPromise(open)
  streams.truncate(synced)
  const fault = await Effect.runPromise(Effect.flip(reader.next))
  assert.equal(fault.code, "INPUT_UNAVAILABLE")
  assert.equal(streams.kept("external", 0), 1)
  const behind = await Effect.runPromise(Effect.flip(Effect.scoped(streams.open("external", 0, { after: 2 }))))
  assert.equal(behind.code, "INPUT_BEHIND")
})

test("a member that does not beat is gone after its time to live", () => {
  const list = new MemberList()
  const member = (name: string) => ({ name, reads: 2, refuses: [] })
  list.beat(member("a"), 0)
  assert.deepEqual(list.beat(member("b"), 1_500).map(({ name }) => name), ["a", "b"])
  assert.deepEqual(list.beat(member("b"), 2_500).map(({ name }) => name), ["b"])
  list.leave("b")
  assert.deepEqual(list.beat(member("c"), 2_600).map(({ name }) => name), ["c"])
})
