// What a participant remembers of effects (R11), and what becomes of decisions that a block cannot carry (R13).
// Every record is decided directly, and the journal's view is checked beside the live one: both apply the same entry.
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Schema from "effect/Schema"
import { handle } from "../../../runtime/delivery/mailbox.ts"
import { newDelivery } from "../../../runtime/delivery/delivery.ts"
import { unobserved } from "../../../runtime/delivery/observer.ts"
import { emptyPartition } from "../../../runtime/delivery/partition.ts"
import { app, done, service } from "../../../runtime/index.ts"
import { limits } from "../../../runtime/kernel/limits.ts"
import type { Entry } from "../../../runtime/message/block.ts"
import type { Json } from "../../../runtime/message/json.ts"
import type { CommandMessage, Message } from "../../../runtime/message/message.ts"
import type { Outcome } from "../../../runtime/message/outcome.ts"
import { silent } from "../../../runtime/ports/telemetry.ts"
import { askInMemory, newWorld, startInMemory } from "../../../runtime/testing/index.ts"

const Amount = Schema.toStandardSchemaV1(Schema.Struct({ amount: Schema.Int }))
const Nothing = Schema.toStandardSchemaV1(Schema.Struct({}))

/** An account that counts how often each of its handlers was called, and what the undo was told. */
function countedAccount() {
  const calls: { put: number; takeBack: number[] } = { put: 0, takeBack: [] }
  const account = service("account", { state: () => ({ balance: 0 }) })
    .command("put", Amount, ({ balance }, { amount }) => {
      calls.put += 1
      return done({ balance: balance + amount }, balance + amount)
    })
    .undo("takeBack", "put", ({ balance }, { amount }) => {
      calls.takeBack.push(amount)
      return done({ balance: balance - amount }, null)
    })
  const { journal, streams, lanes } = newWorld()
  const ports = { journal, inputs: streams, egress: streams, lanes, telemetry: silent }
  const { shape } = app("bank", { namespace: "test", partitions: 1, services: [account] })
  const delivery = newDelivery(shape, ports, emptyPartition("bank", 0), unobserved)
  let number = 0
  const tell = (message: Message): Entry => {
    number += 1
    const from = [["lane:journal-a:0:commands", number]] as const
    handle(delivery, { lane: "commands", from, work: { type: "message", message } }, 1000)
    return delivery.pending.at(-1)!.entry
  }
  const row = (key: string) => delivery.partition.rows.get(`account/${key}`)
  return { calls, tell, row }
}

function put(effect: string, amount: number, { key = "a", scope = "transfer/t" } = {}): CommandMessage {
  const replyTo = { service: "transfer", key: "t" }
  const to = { service: "account", key }
  return { type: "command", to, name: "put", payload: { amount }, effect, direction: "do", attempt: 1, scope, replyTo }
}

function takeBack(effect: string, undoes: string, scope = "transfer/t"): CommandMessage {
  return { ...put(effect, 0, { scope }), name: "takeBack", payload: null, direction: "undo", undoes }
}

/** What the entry answers to the sender of its command. */
function answerOf(entry: Entry): Outcome | undefined {
  const [answer] = (entry.out ?? []).map(([, , message]) => message)
  return answer?.type === "reply" ? answer.outcome : undefined
}

const doneWith = (value: Json): Outcome => ({ type: "done", value })
const undone: Outcome = { type: "refused", code: "undone", detail: null }

test("R11: an undo whose do never came is done without its handler, and the do that comes late is refused", () => {
  const { calls, tell, row } = countedAccount()
  assert.deepEqual(answerOf(tell(takeBack("undo-1", "put-1"))), doneWith(null))
  assert.deepEqual(row("a")?.effects.get("put-1"), { scope: "transfer/t", undone: true }, "a tombstone stands for it")
  const late = tell(put("put-1", 5))
  assert.deepEqual(answerOf(late), undone)
  assert.deepEqual([late.state, late.effects], [undefined, undefined], "it changes nothing")
  assert.deepEqual([calls, row("a")?.state], [{ put: 0, takeBack: [] }, undefined])
})

test("R11: an undo takes back what its do was asked, once; asked again, it answers the same and does nothing", () => {
  const { calls, tell, row } = countedAccount()
  tell(put("put-1", 5))
  tell(put("put-2", 7))
  assert.deepEqual(answerOf(tell(takeBack("undo-1", "put-1"))), doneWith(null))
  assert.deepEqual([calls.takeBack, row("a")?.state], [[5], { balance: 7 }])
  const again = tell(takeBack("undo-1", "put-1"))
  assert.deepEqual([answerOf(again), again.state, again.effects], [doneWith(null), undefined, undefined])
  assert.deepEqual(answerOf(tell(takeBack("undo-1b", "put-1"))), doneWith(null), "nor under another effect key")
  assert.deepEqual(answerOf(tell(put("put-1", 5))), undone, "and what was taken back does not happen again")
  assert.deepEqual([calls, row("a")?.state], [{ put: 2, takeBack: [5] }, { balance: 7 }])
})

test("R11: a repeated do answers from memory, what came between notwithstanding", () => {
  const { calls, tell, row } = countedAccount()
  tell(put("put-1", 5))
  tell(put("put-2", 7))
  const again = tell({ ...put("put-1", 5), attempt: 2 })
  assert.deepEqual([answerOf(again), again.state, again.effects], [doneWith(5), undefined, undefined])
  assert.deepEqual([calls.put, row("a")?.state], [2, { balance: 12 }])
})

test("R11: settled makes the actor forget the effects of that scope, and of no other", () => {
  const { calls, tell, row } = countedAccount()
  tell(put("put-1", 5))
  tell(takeBack("undo-2", "put-2"))
  tell(put("put-3", 7, { scope: "transfer/other" }))
  tell({ type: "settled", to: { service: "account", key: "a" }, scope: "transfer/t" })
  assert.deepEqual([...(row("a")?.effects.keys() ?? [])], ["put-3"])
  assert.deepEqual(answerOf(tell(put("put-3", 7, { scope: "transfer/other" }))), doneWith(12), "the other is remembered")
  tell({ type: "settled", to: { service: "account", key: "a" }, scope: "transfer/other" })
  assert.deepEqual([row("a")?.effects.size, row("a")?.state, calls.put], [0, { balance: 12 }, 2])
})

test("R11: an actor that only ever held a tombstone is gone when its scope is settled", () => {
  const { tell, row } = countedAccount()
  tell(takeBack("undo-1", "put-1"))
  assert.equal(row("a")?.effects.size, 2)
  tell({ type: "settled", to: { service: "account", key: "a" }, scope: "transfer/t" })
  assert.equal(row("a"), undefined)
})

/** States that JSON would change or drop, each under the name of the command that makes it. */
const notJson: Readonly<Record<string, unknown>> = {
  nan: Number.NaN,
  date: new Date(0),
  hole: ["x", undefined],
  nested: { deep: [{ value: Number.POSITIVE_INFINITY }] },
}

interface Held {
  readonly held: unknown
}

const keeper = service<Held>("keeper", { state: () => ({ held: null }) })
  .command("fill", Amount, (_, { amount }) => done<Held>({ held: "x".repeat(amount) }))
  .command("nan", Nothing, () => done<Held>({ held: notJson["nan"] }))
  .command("date", Nothing, () => done<Held>({ held: notJson["date"] }))
  .command("hole", Nothing, () => done<Held>({ held: notJson["hole"] }))
  .command("nested", Nothing, () => done<Held>({ held: notJson["nested"] }))
  .command("answer", Nothing, (state) => done<Held, unknown>(state, notJson["date"]))
const keeping = app("keeping", { namespace: "test", partitions: 1, services: [keeper] })

test("R13: a decision that is too large parks its record with DECISION_TOO_LARGE, and the partition goes on", async (t) => {
  const world = newWorld()
  const process = await startInMemory(keeping, world)
  t.after(() => process.kill())
  const before = await askInMemory(keeping, world, keeper.fill("a", { amount: 3 }))
  const tooLarge = await askInMemory(keeping, world, keeper.fill("a", { amount: limits.decisionBytesMax }), "too large")
  assert.deepEqual([before.type, tooLarge.type === "faulted" && tooLarge.code], ["done", "DECISION_TOO_LARGE"])
  assert.deepEqual(process.engine.row({ service: "keeper", key: "a" })?.state, { held: "xxx" }, "its actor is unchanged")
  const fits = await askInMemory(keeping, world, keeper.fill("a", { amount: limits.decisionBytesMax - 1000 }))
  assert.deepEqual(fits, doneWith(null), "the next one, which just fits, is decided")
  assert.deepEqual(process.engine.parked().map(({ id, code }) => [id, code]), [["too large", "DECISION_TOO_LARGE"]])
  const largest = Math.max(...world.journal.records(0).map(({ bytes }) => bytes.length))
  assert.ok(largest < limits.decisionBytesMax + 2000, "no block was as large as what was parked")
})

test("R13: what JSON cannot carry is parked with NOT_JSON, and the partition goes on", async (t) => {
  const world = newWorld()
  const process = await startInMemory(keeping, world)
  t.after(() => process.kill())
  for (const name of ["nan", "date", "hole", "nested", "answer"] as const) {
    const outcome = await askInMemory(keeping, world, keeper[name]("a", {}), name)
    assert.deepEqual([name, outcome.type === "faulted" && outcome.code], [name, "NOT_JSON"])
  }
  assert.equal(process.engine.row({ service: "keeper", key: "a" })?.state, undefined, "nothing of it is in the row")
  assert.equal(process.engine.parked().filter(({ code }) => code === "NOT_JSON").length, 5)
  assert.deepEqual(await askInMemory(keeping, world, keeper.fill("a", { amount: 1 })), doneWith(null))
})
