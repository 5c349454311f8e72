// A process ends between what a handler did outside and its journal. Its record comes again from its source, and so does the
// undo, which is faster: what may have happened outside must be taken back all the same (R11, G4).
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Schema from "effect/Schema"
import { app, done, effectful, service } from "../../../runtime/index.ts"
import { askInMemory, newWorld, startInMemory } from "../../../runtime/testing/index.ts"
import { saga } from "../../../sagas/index.ts"

const Amount = Schema.toStandardSchemaV1(Schema.Struct({ amount: Schema.Int }))

test("R11, G4: a charge that no journal knows of when its process ends is refunded, though the refund comes first", async (t) => {
  let charged = 0
  const calls: string[] = []
  const first = Promise.withResolvers<string>()
  const bank = service("bank", { state: () => ({}) })
    .command(
      "charge",
      Amount,
      effectful((state, { amount }, { idempotencyKey }) => {
        calls.push(`charge ${idempotencyKey}`)
        if (calls.length > 1) return done(state, null)
        // The same key again changes nothing outside. The first call does, and its process does not live to say so.
        charged += amount
        first.resolve(idempotencyKey)
        return new Promise<never>(() => {})
      }),
    )
    .undo("refund", "charge", effectful((state, { amount }) => {
      calls.push("refund")
      charged -= amount
      return done(state, null)
    }))
  const order = saga("order", { input: Amount, version: 1 })
    .step("charge", {
      run: ({ input }) => bank.charge("b", input), undo: () => bank.refund("b"), timeout: "50 millis", retry: { times: 0 },
      undoPolicy: { timeout: "10 seconds" },
    })
    .step("end", { run: ({ input }) => bank.charge("c", input), pivot: true })
  const shop = app("shop", { namespace: "test", partitions: 4, services: [bank, order] })
  const world = newWorld()
  const begun = await startInMemory(shop, world)
  const outcome = askInMemory(shop, world, order.start("o-1", { amount: 5 }))
  await first.promise
  assert.equal(charged, 5)
  // The saga has heard nothing and turns back; its undo waits behind the do when the process ends.
  await begun.until(() => JSON.stringify(begun.engine.row({ service: "order", key: "o-1" })?.state).includes(`"unwinding"`))
  await begun.kill()
  const again = await startInMemory(shop, world)
  t.after(() => again.kill())
  const answered = await outcome
  assert.ok(answered.type === "done")
  assert.partialDeepStrictEqual(answered.value, { outcome: "compensated" })
  assert.equal(charged, 0, `the money is back: ${calls.join(", ")}`)
  assert.equal(calls.at(-1), "refund")
})
