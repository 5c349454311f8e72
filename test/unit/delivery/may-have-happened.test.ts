// A command whose handler was called and failed for good may have had its effect outside: whoever undoes it must be able to
// (R11, G4). One whose handler was never called needs no undo.
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Schema from "effect/Schema"
import { app, done, effectful, Fault, refused, service } from "../../../runtime/index.ts"
import { askInMemory, newWorld, operateInMemory, startInMemory } from "../../../runtime/testing/index.ts"
import { saga } from "../../../sagas/index.ts"

const Amount = Schema.toStandardSchemaV1(Schema.Struct({ amount: Schema.Int }))

class Hopeless extends Fault {
  readonly _tag = "Hopeless"
  readonly code = "HOPELESS"
  readonly retry = "never"
}

/** A bank outside, and a saga that charges there and then comes to a step that refuses. */
function shopOf() {
  const calls: string[] = []
  const outside = { charged: 0, calls, fails: true }
  const bank = service("bank", { state: () => ({}) })
    .command(
      "charge",
      Amount,
      effectful((state, { amount }, { idempotencyKey }) => {
        outside.calls.push(`charge ${idempotencyKey}`)
        outside.charged += amount
        if (outside.fails) throw new Hopeless("the bank took the money and broke down")
        return done(state, null)
      }),
    )
    .undo("refund", "charge", effectful((state, { amount }) => {
      outside.calls.push("refund")
      outside.charged -= amount
      return done(state, null)
    }))
    .command("refuse", Amount, () => refused("no"))
  const order = saga("order", { input: Amount, version: 1 })
    .step("charge", {
      run: ({ input }) => bank.charge("b", input),
      undo: () => bank.refund("b"),
      retry: { times: 0 },
    })
    .step("refuse", { run: ({ input }) => bank.refuse("b", input), pivot: true })
  return { outside, order, bank, shop: app("shop", { namespace: "test", partitions: 1, services: [bank, order] }) }
}

test("G4, R11: a charge that was parked after its handler was called is given back when its saga is turned back", async (t) => {
  const { outside, order, shop } = shopOf()
  const world = newWorld()
  const running = await startInMemory(shop, world)
  t.after(() => running.kill())
  const outcome = await askInMemory(shop, world, order.start("o-1", { amount: 5 }))
  assert.ok(outcome.type === "done")
  assert.partialDeepStrictEqual(outcome.value, { outcome: "compensated", reason: "HOPELESS" })
  assert.deepEqual(outside.calls, ["charge order/o-1:1:0", "refund"])
  assert.equal(outside.charged, 0, "the money is back")
})

test("R11, R23: what was parked after its handler had been called is decided anew when it is redriven", async (t) => {
  const { outside, bank, shop } = shopOf()
  const world = newWorld()
  const running = await startInMemory(shop, world)
  t.after(() => running.kill())
  const first = await askInMemory(shop, world, bank.charge("b", { amount: 5 }), "charge-1")
  assert.equal(first.type, "faulted")
  outside.fails = false
  await operateInMemory(shop, world).redrive({ code: "HOPELESS" }, { by: "ann", why: "the bank is back" })
  await running.until(() => running.engine.parked().length === 0 && running.engine.isIdle())
  assert.deepEqual(outside.calls, ["charge charge-1", "charge charge-1"])
})

test("R11: an undo of a command that broke its contract, so that no handler was called, needs no handler", async (t) => {
  const { outside, bank } = shopOf()
  const broken = saga("broken", { input: Amount, version: 1 }).step("charge", {
    run: ({ input }) => ({ ...bank.charge("b", input), payload: { amount: "five" } }),
    undo: () => bank.refund("b"),
    retry: { times: 0 },
  }).step("refuse", { run: ({ input }) => bank.refuse("b", input), pivot: true })
  const world = newWorld()
  const withBroken = app("shop", { namespace: "test", partitions: 1, services: [bank, broken] })
  const running = await startInMemory(withBroken, world)
  t.after(() => running.kill())
  const outcome = await askInMemory(withBroken, world, broken.start("o-1", { amount: 5 }))
  assert.ok(outcome.type === "done")
  assert.partialDeepStrictEqual(outcome.value, { outcome: "compensated", reason: "SCHEMA_MISMATCH" })
  assert.deepEqual(outside.calls, [])
})
