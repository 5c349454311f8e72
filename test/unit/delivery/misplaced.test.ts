// Senders that know another number of partitions than the app has by now (R16): what they send reaches its actor all the
// same, once.
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Schema from "effect/Schema"
import { app, done, service } from "../../../runtime/index.ts"
import { encodeInput } from "../../../runtime/message/input.ts"
import { partitionOf } from "../../../runtime/message/key.ts"
import type { CommandMessage, Message } from "../../../runtime/message/message.ts"
import { encodeFrame, type PeerLane } from "../../../runtime/message/peer.ts"
import { askInMemory, newWorld, startInMemory } from "../../../runtime/testing/index.ts"

const Amount = Schema.toStandardSchemaV1(Schema.Struct({ amount: Schema.Int }))
const counter = service("counter", { state: () => ({ sum: 0, ids: [] as string[] }) }) // cast: gives the empty list its type
  .command("add", Amount, ({ sum, ids }, { amount }, { idempotencyKey }) =>
    done({ sum: sum + amount, ids: [...ids, idempotencyKey] }, sum + amount),
  )
  .undo("takeBack", "add", ({ sum, ids }, { amount }) => done({ sum: sum - amount, ids }, null))

const partitions = 3
const counters = app("counters", { namespace: "test", partitions, services: [counter] })
const wrongOf = (key: string) => (partitionOf(key, partitions) + 1) % partitions

function commandTo(key: string, effect: string, more: Partial<CommandMessage> = {}): CommandMessage {
  const to = { service: "counter", key }
  return { type: "command", to, name: "add", payload: { amount: 1 }, effect, direction: "do", attempt: 1, ...more }
}

test("R16: a command in the input of another partition reaches its actor, is answered, and is done once", async (t) => {
  const world = newWorld()
  const process = await startInMemory(counters, world)
  t.after(() => process.kill())
  const answered = new Promise((resolve) => world.waiting.set("r1", resolve))
  const replyTo = { subject: "_INBOX.memory", request: "r1" }
  world.streams.store("external", wrongOf("a"), encodeInput([commandTo("a", "e1", { replyTo })]))
  assert.deepEqual(await answered, { type: "done", value: 1 })
  assert.deepEqual(await askInMemory(counters, world, counter.add("a", { amount: 1 }), "e1"), { type: "done", value: 1 })
  assert.deepEqual([...process.engine.rows("counter")], [["a", { sum: 1, ids: ["e1"] }]])
})

test("R16: so do another app's commands, in their order and without what was sent twice, and its undos", async (t) => {
  const world = newWorld()
  const process = await startInMemory(counters, world)
  t.after(() => process.kill())
  const send = (lane: PeerLane, first: number, messages: readonly Message[]) => {
    const headers = { "troupe-peer": `other 0 ${lane} ${first}` }
    world.streams.store(lane === "replies" ? "replies" : "external", wrongOf("a"), encodeFrame(messages), headers)
  }
  const row = () => process.engine.row({ service: "counter", key: "a" })
  const commands = ["e1", "e2", "e3"].map((effect) => commandTo("a", effect, { scope: "other!saga/s" }))
  send("commands", 1, commands)
  send("commands", 2, commands.slice(1))
  await process.until(() => row()?.effects.size === 3)
  const undo = { name: "takeBack", direction: "undo", undoes: "e2", payload: null, scope: "other!saga/s" } as const
  send("replies", 1, [commandTo("a", "u2", undo)])
  await process.until(() => row()?.effects.size === 4)
  assert.deepEqual(row()?.state, { sum: 2, ids: ["e1", "e2", "e3"] })
})
