// An operator tries a saga's command again behind the end of its saga: it would be done for nobody, and nobody would undo it
// (R11, R23).
import assert from "node:assert/strict"
import { test } from "node:test"
import { setTimeout as pass } from "node:timers/promises"
import * as Schema from "effect/Schema"
import { app, done, effectful, Fault, service } from "../../../runtime/index.ts"
import { partitionOf } from "../../../runtime/message/key.ts"
import { askInMemory, newWorld, operateInMemory, startInMemory, type World } from "../../../runtime/testing/index.ts"
import { type RetryOptions, saga } from "../../../sagas/index.ts"

const Amount = Schema.toStandardSchemaV1(Schema.Struct({ amount: Schema.Int }))
const author = { by: "ann", why: "the bank is back" }

class Hopeless extends Fault {
  readonly _tag = "Hopeless"
  readonly code = "HOPELESS"
  readonly retry = "never"
}

const partitions = 2
const bankKey = "b"
/** An order in the other partition. */
const orderKey =
  ["o-1", "o-2", "o-3", "o-4"].find((key) => partitionOf(key, partitions) !== partitionOf(bankKey, partitions)) ?? ""

/** A bank outside that fails before it does anything, and an order that charges there. */
function shopOf(retry: RetryOptions) {
  const outside = { charged: 0, fails: true }
  const bank = service("bank", { state: () => ({}) })
    .command("charge", Amount, effectful((state, { amount }) => {
      if (outside.fails) throw new Hopeless("the bank is closed")
      outside.charged += amount
      return done(state, null)
    }))
    .undo("refund", "charge", effectful((state) => done(state, null)))
  const order = saga("order", { input: Amount, version: 1 })
    .step("charge", { run: ({ input }) => bank.charge(bankKey, input), undo: () => bank.refund(bankKey), retry })
    .step("end", { run: ({ input }) => bank.charge("c", input), pivot: true })
  return { outside, bank, order, shop: app("shop", { namespace: "test", partitions, services: [bank, order] }) }
}

/** Whether the bank has been told that the order is over. */
function isSettled(world: World): boolean {
  const blocks = world.journal.records(partitionOf(bankKey, partitions))
  return blocks.some(({ bytes }) => Buffer.from(bytes).includes(`"forget":"order/${orderKey}"`))
}

test("R23, R11: what is parked of a saga is not redriven behind its end; operators see why and can discard it", async (t) => {
  const { outside, order, shop } = shopOf({ times: 0 })
  const world = newWorld()
  const begun = await startInMemory(shop, world)
  const outcome = await askInMemory(shop, world, order.start(orderKey, { amount: 5 }))
  assert.ok(outcome.type === "done")
  assert.partialDeepStrictEqual(outcome.value, { outcome: "compensated", reason: "HOPELESS" })
  await begun.until(() => isSettled(world))
  outside.fails = false
  const operator = operateInMemory(shop, world)
  const parkedNow = async () => (await operator.list()).map(({ id, code, settled }) => [id, code, settled])
  const id = `order/${orderKey}:1:0`
  assert.deepEqual(await parkedNow(), [[id, "HOPELESS", true]])
  assert.equal(await operator.redrive({ code: "HOPELESS" }, author), 0)
  await assert.rejects(operator.redrive({ id }, author), /the saga that asked for order.* has ended/)
  await begun.kill()
  const again = await startInMemory(shop, world)
  t.after(() => again.kill())
  assert.deepEqual(await parkedNow(), [[id, "HOPELESS", true]], "the next owner knows it too")
  assert.equal(await operator.redrive({}, author), 0)
  assert.equal(await operator.discard({ id }, author), 1)
  assert.deepEqual(await parkedNow(), [])
  assert.equal(outside.charged, 0)
})

test("R23, R11: a redriven command that its saga's end overtakes is refused when it comes", async (t) => {
  const { outside, order, shop } = shopOf({ times: 1, from: "2 seconds" })
  const { lanes, ...rest } = newWorld()
  const isRedriven = (message: object) => "redriven" in message
  let lost = 0
  let isLosing = true
  const world: World = {
    ...rest,
    lanes: {
      ...lanes,
      send: (frame) => {
        if (!isLosing || !frame.messages.some(isRedriven)) return lanes.send(frame)
        lost += 1
      },
    },
  }
  const running = await startInMemory(shop, world)
  t.after(() => running.kill())
  const outcome = askInMemory(shop, world, order.start(orderKey, { amount: 5 }))
  await running.until(() => running.engine.parked().length === 1)
  assert.equal(await operateInMemory(shop, world).redrive({}, author), 1)
  // The order tries once more by itself, and turns back.
  const ended = await outcome
  assert.ok(ended.type === "done")
  assert.partialDeepStrictEqual(ended.value, { outcome: "compensated" })
  await running.until(() => isSettled(world))
  assert.ok(lost > 0, "it is still on its way")
  outside.fails = false
  isLosing = false
  // Its lane confirms it when it is decided.
  while (running.engine.metrics().gauges.some(({ outbox }) => outbox > 0)) await pass(20)
  assert.equal(outside.charged, 0)
  const memory = running.engine.row({ service: "bank", key: bankKey })?.asked
  assert.deepEqual(memory?.get(`order/${orderKey}:1:0`), { undone: true })
})
