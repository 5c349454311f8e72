// Another number of partitions (R16): everything that the journals hold ends up where the new number says, once, and the
// app goes on with it; whatever is owed outside is told before anything is moved.
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { laneChannel, peerChannel } from "../../../runtime/delivery/channel-id.ts"
import {
  type Move, owedOutside, sealJournals, surveyAll, writeJournals, type Written,
} from "../../../runtime/delivery/moving.ts"
import { channelOf, emptyPartition, foldBlock, outboxOf, type Partition } from "../../../runtime/delivery/partition.ts"
import { NewJournal } from "../../../runtime/delivery/new-journal.ts"
import { keptMarks, movedLanes, movedParked, surveyOf, unconfirmed } from "../../../runtime/delivery/re-key.ts"
import { type App, app, type Command, done, effectful, event, service, timer } from "../../../runtime/index.ts"
import { limits } from "../../../runtime/kernel/limits.ts"
import { memoryJournal } from "../../../runtime/memory/journal.ts"
import { memoryLanes } from "../../../runtime/memory/lanes.ts"
import { decodeBlock, type ParkedEntry } from "../../../runtime/message/block.ts"
import { digest } from "../../../runtime/message/hash.ts"
import { encodeInput } from "../../../runtime/message/input.ts"
import { partitionOf } from "../../../runtime/message/key.ts"
import type { CommandMessage, Message } from "../../../runtime/message/message.ts"
import { partitionOfActor } from "../../../runtime/message/operation.ts"
import { encodeFrame } from "../../../runtime/message/peer.ts"
import {
  askInMemory, connectWorlds, newWorld, operateInMemory, startInMemory, type World,
} from "../../../runtime/testing/index.ts"
import { saga } from "../../../sagas/index.ts"

const Amount = Schema.toStandardSchemaV1(Schema.Struct({ amount: Schema.Int }))
const Counted = event("Counted", Amount)
const Later = timer("later", Amount)
const bug = { mended: false, rung: [] as string[] } // cast: gives the empty list its type

/** Counts, later too; cannot take 13; one of its commands makes its actor wait. */
const counter = service("counter", { state: () => ({ sum: 0 }), onPark: "wait" })
  .command("add", Amount, (state, { amount }) => {
    if (amount === 13 && !bug.mended) throw new Error("unlucky")
    return done({ sum: state.sum + amount }, state.sum + amount, [Counted({ amount })])
  })
  .command("addLater", Amount, (state, { amount }, { nowMs }) =>
    done(state, null, { timers: [Later.at(nowMs + amount, { amount })] }),
  )
  .timer(Later, (state, { amount }, { key }) => {
    bug.rung.push(key)
    return done({ sum: state.sum + amount }, null)
  })
  .command("fetch", Amount, effectful(async (state, { amount }) => done({ sum: state.sum + amount }, amount)))

const witness = service("witness", { state: () => ({ seen: 0 }) }).on(
  Counted,
  (_, subject) => `of-${subject}`,
  (state, { amount }) => {
    if (amount === 7 && !bug.mended) throw new Error("cannot be seen")
    return done({ seen: state.seen + 1 }, null)
  },
)

const countersOf = (partitions: number): App =>
  app("counters", { namespace: "test", partitions, services: [counter, witness] })
const [few, many] = [countersOf(4), countersOf(7)]
const keys = Array.from({ length: 40 }, (_, n) => `k${n}`)
const hourMs = 3_600_000

/** Rows, remembered effects, timers, mailboxes, parked records of every sort; nothing under way. */
async function fill(world: World): Promise<void> {
  bug.mended = false
  bug.rung = []
  const process = await startInMemory(few, world)
  const ask = (command: Parameters<typeof askInMemory>[2], effect: string) => askInMemory(few, world, command, effect)
  await Promise.all(keys.map((key, n) => ask(counter.add(key, { amount: n % 5 }), `add ${key}`)))
  await Promise.all(keys.slice(0, 9).map((key) => ask(counter.addLater(key, { amount: hourMs }), `later ${key}`)))
  // Two actors wait for an operator, each with a record behind; their senders hear nothing.
  for (const key of ["k1", "k2"]) {
    void ask(counter.add(key, { amount: 13 }), `bad ${key}`)
    void ask(counter.fetch(key, { amount: 2 }), `behind ${key}`)
  }
  await ask(counter.add("k3", { amount: 7 }), "seen badly")
  world.streams.store("external", 2, Buffer.from("nobody can read this"))
  await process.until(() => process.engine.parked().length === 4 && process.engine.isIdle())
  const seen = () => [...process.engine.rows("witness")].reduce((sum, [, row]) => sum + Number(Object(row).seen), 0)
  await process.until(() => seen() === 40 && owes(process.engine.metrics()) === 0)
  await Effect.runPromise(process.engine.drain())
  await process.kill()
}

function owes({ gauges }: { readonly gauges: readonly { readonly outbox: number; readonly inFlight: number }[] }): number {
  return gauges.reduce((sum, { outbox, inFlight }) => sum + outbox + inFlight, 0)
}

function moveOf(world: World, partitions = 7): Move & { readonly newJournal: World["journal"] } {
  const newIncarnation = () => `journal-${world.next()}`
  const { journal, streams: inputs } = world
  const newJournal = memoryJournal()
  return { app: few.shape, from: 4, to: partitions, journal, newJournal, inputs, nowMs: Date.now(), newIncarnation }
}

async function moveAll(move: Move): Promise<Written> {
  const surveys = await Effect.runPromise(surveyAll(move))
  assert.deepEqual(await Effect.runPromise(owedOutside(move, surveys)), [])
  return Effect.runPromise(writeJournals(move, surveys))
}

function readBack(journal: World["journal"], partitions: number): readonly Partition[] {
  return Array.from({ length: partitions }, (_, index) => {
    const partition = emptyPartition("counters", index)
    for (const { sequence, bytes } of journal.records(index))
      foldBlock(partition, decodeBlock(bytes, "test"), sequence, digest(bytes))
    return partition
  })
}

/** All actors of all partitions, with everything that the engine keeps of them, in an order of their own. */
function actors(partitions: readonly Partition[]): readonly unknown[] {
  const all = partitions.flatMap(({ rows, held }) =>
    [...new Set([...rows.keys(), ...held.rows()])].map((key) => {
      const { state, effects, asked, timers } = rows.peek(key) ?? {}
      return [key, state, [...(effects ?? [])], [...(asked ?? [])], [...(timers ?? [])], [...held.of(key)]] as const
    }),
  )
  return all.toSorted(([a], [b]) => (a < b ? -1 : 1))
}

const parkedOf = (partitions: readonly Partition[]) =>
  partitions.flatMap(({ parked }) => [...parked.values()]).toSorted((a, b) => (a.id < b.id ? -1 : 1))

test("R16: rows, effects, timers, mailboxes and parked records are all there again, each in its key's partition", async () => {
  const world = newWorld()
  await fill(world)
  const move = moveOf(world)
  const written = await moveAll(move)
  const [before, after] = [readBack(world.journal, 4), readBack(move.newJournal, 7)]
  assert.deepEqual(actors(after), actors(before))
  assert.deepEqual(parkedOf(after), parkedOf(before))
  assert.deepEqual([written.actors, written.parked], [actors(before).length, 4])
  for (const { index, rows, held } of after) {
    for (const key of [...rows.keys(), ...held.rows()]) assert.equal(partitionOf(key.slice(key.indexOf("/") + 1), 7), index)
  }
  assert.ok(after.every(({ rows }) => rows.size > 0), "no partition is empty")
  assert.ok(after.every(({ closed }) => closed), "nothing was under way")
  assert.equal(after.reduce((sum, { dueTimers }) => sum + dueTimers.size, 0), 9)
})

test("R16: the app goes on with the new number: effects answer from memory, actors wait, redrives work", async (t) => {
  const world = newWorld()
  await fill(world)
  const move = moveOf(world)
  await moveAll(move)
  const moved: World = { ...world, journal: move.newJournal, lanes: memoryLanes() }
  const process = await startInMemory(many, moved)
  t.after(() => process.kill())
  const ask = (command: Parameters<typeof askInMemory>[2], effect: string) => askInMemory(many, moved, command, effect)
  const sumOf = (key: string) => Number(Object(process.engine.row({ service: "counter", key })?.state).sum)
  assert.deepEqual(await ask(counter.add("k4", { amount: 99 }), "add k4"), { type: "done", value: 4 })
  assert.deepEqual(await ask(counter.add("k4", { amount: 1 }), "once more"), { type: "done", value: 5 })
  assert.deepEqual([sumOf("k1"), sumOf("k2")], [1, 2], "they wait for an operator still")
  bug.mended = true
  const operator = operateInMemory(many, moved)
  assert.deepEqual((await operator.list()).map(({ code }) => code).toSorted(), [
    "HANDLER_THREW", "HANDLER_THREW", "HANDLER_THREW", "MALFORMED_INPUT",
  ])
  assert.equal(await operator.redrive({ code: "HANDLER_THREW" }, { by: "ops", why: "mended" }), 3)
  const seen = () => Object(process.engine.row({ service: "witness", key: "of-k3" })?.state).seen
  await process.until(() => sumOf("k1") === 16 && sumOf("k2") === 17 && seen() === 2)
})

test("R16: whoever owned a journal before cannot claim it any more once it is sealed, whenever it wakes up", async () => {
  const world = newWorld()
  await fill(world)
  const move = moveOf(world)
  const { tails } = await moveAll(move)
  await Effect.runPromise(sealJournals(move, tails, "move-1"))
  const before = world.journal.records(0).length
  const sealed = { code: "CORRUPT_JOURNAL", message: /is sealed.*another number of partitions/ }
  await assert.rejects(startInMemory(few, world), sealed)
  assert.equal(world.journal.records(0).length, before)
})

test("R16: a process that takes a partition while it is moved wins: its journal cannot be sealed", async () => {
  const world = newWorld()
  await fill(world)
  const move = moveOf(world)
  const { tails } = await moveAll(move)
  const process = await startInMemory(few, world)
  await process.kill()
  await assert.rejects(Effect.runPromise(sealJournals(move, tails, "move-1")), { _tag: "Fenced" })
})

test("R16: a process that claims a partition meanwhile makes the move fail, and what it has written is deleted", async () => {
  const world = newWorld()
  await fill(world)
  const move = moveOf(world)
  const surveys = await Effect.runPromise(surveyAll(move))
  const last = surveys.slice(-1).map((survey) => ({ ...survey, epoch: survey.epoch - 1 }))
  await assert.rejects(Effect.runPromise(writeJournals(move, [...surveys.slice(0, -1), ...last])), { _tag: "Fenced" })
  assert.equal(Array.from({ length: 7 }, (_, index) => move.newJournal.records(index).length).join(), "0,0,0,0,0,0,0")
})

test("R16: a journal that is larger than a block is written in blocks, each within the bound", async () => {
  const journal = memoryJournal()
  const writing = new NewJournal(journal, { app: "counters", index: 0, incarnation: "journal" }, 1)
  const text = "\u20ac".repeat(60_000)
  for (let n = 0; n < 9; n += 1)
    await Effect.runPromise(writing.write({ from: [], carry: { row: `counter/k${n}`, state: { text } } }))
  const low = Array.from({ length: 2_000 }, (_, n) => [`fact:f:${n}:0`, n + 1] as const)
  await Effect.runPromise(writing.finish({ low, decided: [], last: [] }, true))
  const records = journal.records(0)
  assert.ok(records.every(({ bytes }) => bytes.length <= limits.blockBytesMax), records.map(({ bytes }) => bytes.length).join())
  const [partition] = readBack(journal, 1)
  assert.deepEqual([partition?.rows.size, partition?.channels.size, partition?.closed], [9, 2_000, true])
})

test("R16: what another app has taken, or has yet to hear of, is known when a process ends in order", async () => {
  const other = service("other", { state: () => null }).command("tell", Amount, (state) => done(state, null))
  const saga = sagaThatTells(other)
  const peers = [{ app: "others", services: [other] }]
  const sender = app("counters", { namespace: "test", partitions: 2, services: [saga], peers })
  const [world, others] = [newWorld(), newWorld()]
  connectWorlds(new Map([[sender, world], [app("others", { namespace: "test", services: [other] }), others]]))
  const process = await startInMemory(sender, world)
  void askInMemory(sender, world, saga.start("s", { amount: 1 }), "s")
  await process.until(() => process.engine.row({ service: "teller", key: "s" }) !== undefined)
  await Effect.runPromise(process.engine.drain())
  await process.kill()
  const move = { ...moveOf(world, 3), app: sender.shape, from: 2 }
  const surveys = await Effect.runPromise(surveyAll(move))
  assert.deepEqual(surveys.flatMap(({ outboxes }) => [...outboxes.keys()]), [`peer:others:${partitionOf("k", 8)}:commands`])
  assert.deepEqual(await Effect.runPromise(owedOutside(move, surveys)), [])
})

function sagaThatTells(other: { tell(key: string, payload: { amount: number }): Command }) {
  const teller = saga("teller", { input: Amount, version: 1 })
  return teller.step("tell", { run: ({ input }) => other.tell("k", input), undo: "nothing" })
}

test("R16: what partitions owe each other is owed by the new partition of its addressee, in order, and only once", () => {
  const partitions = [0, 1].map((index) => ({ ...emptyPartition("counters", index), incarnation: `journal-${index}` }))
  const [source, destination] = partitions
  assert.ok(source !== undefined && destination !== undefined)
  const commands = Array.from({ length: 6 }, (_, n) => commandTo(`k${n % 2}`, `effect ${n}`))
  for (const [n, message] of commands.entries()) outboxOf(source, "lane:1:commands").push(n + 1, message)
  outboxOf(source, "lane:0:replies").push(1, commandTo("k0", "undo"))
  const channel = channelOf(destination, laneChannel("journal-0", 0, "commands"))
  channel.restoreLow(2)
  channel.restore(4)
  const moved = movedLanes(partitions.map(surveyOf), 5)
  const text = ([id, n, message]: readonly [string, number, Message]) => `${id} ${n} ${message.to.key}`
  const effects = moved.map(({ to, entry: { out = [] } }) => [to, ...out.map(text)])
  const [k0, k1] = [partitionOf("k0", 5), partitionOf("k1", 5)]
  assert.notEqual(k0, k1)
  assert.deepEqual(effects, [
    [k0, `lane:${k0}:commands 1 k0`],
    [k0, `lane:${k0}:commands 2 k0`],
    [k1, `lane:${k1}:commands 1 k1`],
    [k0, `lane:${k0}:replies 1 k0`],
  ])
  assert.deepEqual(
    moved.flatMap(({ entry }) => (entry.out ?? []).map(([, , message]) => (message as CommandMessage).effect)), // cast: see above
    ["effect 2", "effect 4", "effect 5", "undo"],
  )
})

test("R16: parked records of one name, each in a partition of its own so far, are both kept", () => {
  const parkedBy = (key: string, atMs: number): ParkedEntry => ({
    id: "same effect", code: "HANDLER_THREW", message: "unlucky", atMs, record: commandTo(key, "same effect"),
  })
  const partitions = [0, 1, 2].map((index) => emptyPartition("counters", index))
  partitions[0]?.parked.set("same effect", parkedBy("k0", 2))
  partitions[1]?.parked.set("same effect", parkedBy("k1", 1))
  partitions[2]?.parked.set("external#7", { id: "external#7", code: "MALFORMED_INPUT", message: "", atMs: 3, bytes: "" })
  partitions[2]?.parked.set("saga/a/b", { id: "saga/a/b", code: "STUCK", message: "", atMs: 4 })
  const moved = movedParked(partitions.map(surveyOf), 1)
  assert.deepEqual(
    moved.map(({ parked: { id, record } }) => [id, record?.to.key]),
    [["same effect", "k1"], ["same effect (2)", "k0"], ["external#7", undefined], ["saga/a/b", undefined]],
  )
  const homes = movedParked(partitions.map(surveyOf), 64).map(({ to }) => to)
  assert.deepEqual(homes, [partitionOf("k1", 64), partitionOf("k0", 64), 2, partitionOf("a/b", 64)])
})

test("R16: marks of what comes from outside stay with their partition, so that no sender counts anew; lanes begin anew", () => {
  const partition = emptyPartition("counters", 0)
  const lane = laneChannel("own", 1, "commands")
  for (const id of ["stream:external:s:0", peerChannel("other", 3, "commands"), "fact:other:3:0", lane])
    channelOf(partition, id).restoreLow(41)
  channelOf(partition, peerChannel("other", 3, "commands")).restore(43)
  channelOf(partition, "stream:external:s:0").last = [41, "digest"]
  assert.deepEqual(keptMarks(surveyOf(partition)), {
    low: [["stream:external:s:0", 41], ["peer:other:3:commands", 41], ["fact:other:3:0", 41]],
    decided: [["peer:other:3:commands", 43]],
    last: [["stream:external:s:0", [41, "digest"]]],
  })
})

test("R16: undecided input, and records that nobody outside has confirmed, are named with their place", async () => {
  const world = newWorld()
  await fill(world)
  const at = partitionOf("k5", 4)
  world.streams.store("external", at, encodeInput([commandTo("k5", "too late")]))
  const outcome = { type: "done", value: 1 } as const
  const replies = encodeFrame([{ type: "reply", to: { service: "saga", key: "s" }, effect: "e", outcome }])
  world.streams.store("replies", 1, replies, { "troupe-peer": "other 0 replies 1" })
  const move = moveOf(world)
  const surveys = await Effect.runPromise(surveyAll(move))
  const owed = await Effect.runPromise(owedOutside(move, surveys))
  assert.equal(owed.length, 2)
  const ofClients = `partition ${at} has undecided input: 1 messages of clients .* command "add" of counter/k5`
  assert.match(owed.join("\n"), new RegExp(ofClients))
  assert.match(owed.join("\n"), /partition 1 has undecided input: 1 messages of other apps' replies .* reply of saga\/s/)
  const partition = emptyPartition("counters", 3)
  outboxOf(partition, "events:2").push(1, commandTo("k5", "e"))
  outboxOf(partition, "peer:bank:0:replies").push(1, commandTo("k6", "e"))
  outboxOf(partition, "peer:bank:1:replies").push(1, commandTo("k7", "e"))
  outboxOf(partition, "peer:bank:1:replies").confirm(1)
  assert.deepEqual(unconfirmed(surveyOf(partition)), [
    'partition 3 has 1 records for event partition 2 that are not confirmed; first command "add" of counter/k5',
    'partition 3 has 1 records for app bank, partition 0 (replies) that are not confirmed; first command "add" of counter/k6',
  ])
})

function commandTo(key: string, effect: string): CommandMessage & Message {
  const to = { service: "counter", key }
  assert.equal(partitionOfActor(to, 4), partitionOf(key, 4))
  return { type: "command", to, name: "add", payload: { amount: 1 }, effect, direction: "do", attempt: 1 }
}
