// The thin engine on memory ports: exactly-once state, the fence, unknown appends, recovery, facts.
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Schema from "effect/Schema"
import { done, refused } from "../../../runtime/actor/result.ts"
import { service } from "../../../runtime/actor/service.ts"
import { app } from "../../../runtime/host/app.ts"
import { event, query } from "../../../runtime/message/contract.ts"
import { askInMemory as request, cutOffMembers, newWorld, startInMemory as startProcess } from "../../../runtime/testing/index.ts"

const Amount = Schema.toStandardSchemaV1(Schema.Struct({ amount: Schema.Int }))
const Deposited = event(
  "Deposited",
  Schema.toStandardSchemaV1(Schema.Struct({ account: Schema.String, amount: Schema.Int })),
)

const account = service("account", { state: () => ({ balance: 0 }) })
  .command("deposit", Amount, (state, { amount }, { key }) =>
    done({ balance: state.balance + amount }, state.balance + amount, [Deposited({ account: key, amount })]),
  )
  .command("withdraw", Amount, (state, { amount }) =>
    amount > state.balance
      ? refused("too-little", { balance: state.balance })
      : done({ balance: state.balance - amount }),
  )
  .command("shout", Amount, (_, { amount }) => {
    throw new Error("x".repeat(amount))
  })
  .command("oddly", Amount, () => refused("odd", { not: Number.NaN }))
  .command("explode", Amount, () => {
    throw new Error("boom")
  })

const audit = service("audit", { state: () => ({ total: 0, seen: 0 }) }).on(
  Deposited,
  ({ account: key }) => `audit-of-${key}`,
  (state, { amount }) => done({ total: state.total + amount, seen: state.seen + 1 }),
)

const bank = app("bank", { namespace: "test", partitions: 4, services: [account, audit] })
const auditRow = (process: Awaited<ReturnType<typeof startProcess>>, key: string) =>
  process.engine.row({ service: "audit", key: `audit-of-${key}` })?.state

function seenBy(process: Awaited<ReturnType<typeof startProcess>>, key: string): unknown {
  const state = auditRow(process, key)
  return typeof state === "object" && state !== null && "seen" in state ? state.seen : undefined
}

test("a command changes its actor once and answers; a refusal changes nothing", async (t) => {
  const world = newWorld()
  const process = await startProcess(bank, world)
  t.after(() => process.kill())
  assert.deepEqual(await request(bank, world, account.deposit("a", { amount: 5 })), { type: "done", value: 5 })
  assert.deepEqual(await request(bank, world, account.withdraw("a", { amount: 9 })), {
    type: "refused",
    code: "too-little",
    detail: { balance: 5 },
  })
  assert.deepEqual(process.engine.row({ service: "account", key: "a" })?.state, { balance: 5 })
})

test("the same effect key is the same effect: asked again, it answers the same and does nothing", async (t) => {
  const world = newWorld()
  const process = await startProcess(bank, world)
  t.after(() => process.kill())
  const first = await request(bank, world, account.deposit("a", { amount: 5 }), "pay-1")
  const again = await request(bank, world, account.deposit("a", { amount: 5 }), "pay-1")
  assert.deepEqual(again, first)
  assert.deepEqual(process.engine.row({ service: "account", key: "a" })?.state, { balance: 5 })
})

test("G1, G7: a killed process is replaced by one that knows everything that was answered", async (t) => {
  const world = newWorld()
  const first = await startProcess(bank, world)
  for (let n = 0; n < 20; n += 1) await request(bank, world, account.deposit(`k${n % 5}`, { amount: 1 }), `d${n}`)
  await first.kill()
  const late = request(bank, world, account.deposit("k0", { amount: 1 }), "late")
  const second = await startProcess(bank, world)
  t.after(() => second.kill())
  assert.deepEqual(await late, { type: "done", value: 5 })
  await second.until(() =>
    [0, 1, 2, 3, 4].every((n) => {
      return seenBy(second, `k${n}`) === (n === 0 ? 5 : 4)
    }),
  )
  assert.deepEqual(await request(bank, world, account.deposit("k1", { amount: 1 }), "d1"), { type: "done", value: 1 })
})

test("R8: a process that was cut off cannot write any more, and forgets what was taken from it", async (t) => {
  const world = newWorld()
  const zombie = await startProcess(bank, world, { members: cutOffMembers() })
  t.after(() => zombie.kill())
  await request(bank, world, account.deposit("a", { amount: 1 }))
  assert.deepEqual(zombie.engine.owned(), [0, 1, 2, 3])
  const owner = await startProcess(bank, world)
  t.after(() => owner.kill())
  assert.deepEqual(await request(bank, world, account.deposit("a", { amount: 1 })), { type: "done", value: 2 })
  await zombie.until(() => zombie.fenced.length > 0)
  assert.ok(!zombie.engine.owned().includes(zombie.fenced[0] ?? -1))
  assert.deepEqual(owner.engine.row({ service: "account", key: "a" })?.state, { balance: 2 })
})

test("R24: a second process takes its share, and the first takes it back when the second is gone", async (t) => {
  const world = newWorld()
  const first = await startProcess(bank, world)
  t.after(() => first.kill())
  for (let n = 0; n < 8; n += 1) await request(bank, world, account.deposit(`k${n}`, { amount: 1 }))
  const second = await startProcess(bank, world)
  await first.until(() => first.engine.owned().length === 2)
  assert.deepEqual([...first.engine.owned(), ...second.engine.owned()].toSorted((a, b) => a - b), [0, 1, 2, 3])
  for (let n = 0; n < 8; n += 1) {
    assert.deepEqual(await request(bank, world, account.deposit(`k${n}`, { amount: 1 })), { type: "done", value: 2 })
  }
  await second.kill()
  await first.until(() => first.engine.owned().length === 4)
  for (let n = 0; n < 8; n += 1) {
    assert.deepEqual(await request(bank, world, account.deposit(`k${n}`, { amount: 1 })), { type: "done", value: 3 })
  }
})

test("R9: an append without an answer is decided by retrying and reading: no effect is lost or doubled", async (t) => {
  let appends = 0
  const append = () => {
    appends += 1
    return appends % 3 === 0 ? "stored" : appends % 5 === 0 ? "lost" : "none"
  }
  const world = newWorld({ append })
  const process = await startProcess(bank, world)
  t.after(() => process.kill())
  for (let n = 1; n <= 6; n += 1) {
    assert.deepEqual(await request(bank, world, account.deposit("a", { amount: 1 })), { type: "done", value: n })
  }
})

test("R4, R10: facts whose publication failed, or was stored without an answer, are counted once each, in order", async (t) => {
  let publications = 0
  const publish = () => {
    publications += 1
    return publications % 3 === 0 ? "stored" : publications % 4 === 0 ? "lost" : "none"
  }
  const world = newWorld({ publish })
  const process = await startProcess(bank, world)
  t.after(() => process.kill())
  await Promise.all(
    Array.from({ length: 12 }, (_, n) => request(bank, world, account.deposit("a", { amount: 1 }), `d${n}`)),
  )
  await process.until(() => seenBy(process, "a") === 12)
  assert.ok(publications > 12, "some were published again")
  assert.deepEqual(auditRow(process, "a"), { total: 12, seen: 12 })
})

test("what cannot be decoded or decided is parked with its reason, and the rest goes on", async (t) => {
  const world = newWorld()
  const process = await startProcess(bank, world)
  t.after(() => process.kill())
  world.streams.store("external", 0, Buffer.from("not json"))
  const poison = await request(bank, world, account.explode("a", { amount: 1 }), "poison")
  assert.deepEqual(poison, { type: "faulted", code: "HANDLER_THREW", message: "boom" })
  assert.deepEqual(await request(bank, world, account.deposit("a", { amount: 1 })), { type: "done", value: 1 })
  const parked = process.engine.parked().map(({ code }) => code)
  assert.deepEqual(parked.toSorted(), ["HANDLER_THREW", "MALFORMED_INPUT"])
})

test("a query gives the state behind everything that was asked before it, and null for an actor never seen", async (t) => {
  const world = newWorld()
  const process = await startProcess(bank, world)
  t.after(() => process.kill())
  const deposits = Array.from({ length: 5 }, (_, n) => request(bank, world, account.deposit("a", { amount: 1 }), `d${n}`))
  const state = await request(bank, world, query("account", "a"))
  assert.deepEqual(state, { type: "done", value: { balance: 5 } })
  await Promise.all(deposits)
  assert.deepEqual(await request(bank, world, query("account", "nobody")), { type: "done", value: null })
})

test("R13: poison with a very long error is parked within a block, and so is a refusal that JSON cannot carry", async (t) => {
  const world = newWorld()
  const process = await startProcess(bank, world)
  t.after(() => process.kill())
  const shouted = await request(bank, world, account.shout("a", { amount: 3_000_000 }))
  assert.ok(shouted.type === "faulted" && shouted.message.length < 3_000)
  assert.ok(process.blocks.every(({ bytes }) => bytes < 64 * 1024))
  const odd = await request(bank, world, account.oddly("a", { amount: 1 }))
  assert.ok(odd.type === "faulted" && odd.code === "NOT_JSON")
})
