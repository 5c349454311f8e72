// Breakers: what fails is left alone, then tried, one call at a time. The clock is virtual.
import assert from "node:assert/strict"
import { test } from "node:test"
import type { BreakerPolicy } from "../../../runtime/actor/flow-control.ts"
import { Breaker } from "../../../runtime/delivery/breaker.ts"
import { Slots } from "../../../runtime/delivery/slots.ts"
import type { FlowControlOptions } from "../../../runtime/index.ts"
import { askInMemory, operateInMemory } from "../../../runtime/testing/index.ts"
import { type Call, inOrder, mailApp, mostWithin, textsOf } from "../../support/mail-app.ts"

const policy: BreakerPolicy = { failures: 3, withinMs: 1_000, share: undefined, openForMs: 5_000 }

test("a breaker opens after so many faults in a row within its time, and not when a success lies between", () => {
  const told: string[] = []
  const breaker = new Breaker(policy, (state) => told.push(state))
  for (const [failed, atMs] of [[true, 0], [true, 10], [false, 20], [true, 30], [true, 40], [true, 1_040]] as const)
    breaker.note(failed, false, atMs)
  assert.equal(breaker.state, "closed")
  breaker.note(true, false, 1_050)
  assert.equal(breaker.state, "closed", "the one at 40 is too old, the one at 1040 and this one are two")
  breaker.note(true, false, 1_060)
  assert.deepEqual([breaker.state, breaker.admits(1_060), told], ["open", "nothing", ["open"]])
})

test("with a share, successes between do not keep it closed as long as the faults are enough of all calls", () => {
  const outcomes = [true, false, true, false, true]
  const notedBy = (share: number) => {
    const breaker = new Breaker({ ...policy, share })
    for (const [n, failed] of outcomes.entries()) breaker.note(failed, false, n)
    return breaker.state
  }
  assert.deepEqual([notedBy(0.6), notedBy(0.61)], ["open", "closed"])
})

test("a probe that fails opens the breaker again, without a word; one that succeeds closes it", () => {
  const told: string[] = []
  const breaker = new Breaker({ ...policy, failures: 1 }, (state) => told.push(state))
  breaker.note(true, false, 0)
  assert.equal(breaker.admits(4_999), "nothing")
  assert.equal(breaker.admits(5_000), "probe")
  breaker.beginProbe()
  assert.equal(breaker.admits(5_001), "nothing", "one at a time")
  breaker.note(false, false, 5_002)
  assert.equal(breaker.state, "half open", "what began before it opened proves nothing")
  breaker.note(true, true, 5_010)
  assert.deepEqual([breaker.admits(10_009), breaker.admits(10_010)], ["nothing", "probe"])
  breaker.beginProbe()
  breaker.note(false, true, 10_020)
  assert.deepEqual([breaker.state, breaker.openedCount, told], ["closed", 1, ["open", "closed"]])
})

test("a probe whose partition is lost makes room for another one", () => {
  let nowMs = 0
  const slots = new Slots(() => nowMs)
  const flow = { concurrency: 4, breaker: { ...policy, failures: 1 } }
  const granted: string[] = []
  const acquire = (name: string) => slots.acquire({ service: "mail", flow, isUrgent: false }, () => granted.push(name))
  const first = acquire("first")
  assert.ok(first.begin())
  first.note(true)
  first.release()
  const probe = acquire("probe")
  acquire("next")
  assert.deepEqual([granted, probe.waitsFor], [["first"], "breaker"])
  nowMs = 5_000
  slots.tend()
  assert.deepEqual([granted, probe.isProbe], [["first", "probe"], true])
  probe.release()
  assert.deepEqual(granted, ["first", "probe", "next"])
})

const flow: FlowControlOptions = { breaker: { failures: 5, within: "10 seconds", openFor: "30 seconds" }, concurrency: 8 }
const hourMs = 3_600_000

test("26: a participant that is down for hours meets no storm, nothing is parked, all drains in order on return", async (t) => {
  const downFromMs = 1_000
  const downUntilMs = 2 * hourMs
  const isDown = ({ atMs }: Call) => atMs >= downFromMs && atMs < downUntilMs
  const { start, send, calls, pass, answered, world, shape, order } = await mailApp(flow, isDown, 1)
  const told: string[] = []
  const process = await start({ breaker: (service, state) => told.push(`${service} ${state}`) })
  t.after(() => process.kill())
  send(10, (n) => `k${n % 20}`)
  await pass(1_000)
  send(400, (n) => `k${n % 20}`, 10)
  await pass(60_000, 100)
  await pass(downUntilMs - 61_000, 1_000)
  const down = calls.filter(isDown)
  const firstMinute = down.filter(({ atMs }) => atMs < downFromMs + 60_000).length
  t.diagnostic(`${firstMinute} calls in the first minute, ${down.length} in two hours`)
  assert.ok(firstMinute <= 5 + 8 + 2, `${firstMinute} calls in the first minute`)
  assert.ok(mostWithin(down.slice(firstMinute), 30_000) <= 1, "then one probe in 30 s")
  assert.ok(down.length > 2 * 100, `${down.length} calls: it was tried again and again`)
  assert.equal(answered.length, 10)
  assert.deepEqual(process.engine.parked(), [], "no attempts are used up")
  const { breakers, ready, reasons } = process.engine.health()
  assert.deepEqual([breakers, ready], [[{ service: "mail", state: "open", waiting: breakers[0]?.waiting ?? 0 }], true])
  assert.match(reasons.join(), /the breaker of mail is open/)
  assert.deepEqual(told, ["mail open"])
  const placed = askInMemory(shape, world, order.place("a", { text: "x" }))
  await pass(200)
  assert.equal((await placed).type, "done", "other services go on")
  await pass(60_000, 100)
  assert.equal(answered.length, 410)
  for (const texts of textsOf(calls).values()) inOrder(texts)
  assert.deepEqual(told, ["mail open", "mail closed"])
  assert.equal(process.engine.health().reasons.length, 0)
})

test("a refusal is an answer of the outside: it does not open the breaker", async (t) => {
  const { start, pass, world, shape, mail, calls } = await mailApp({ breaker: { failures: 2 } })
  const process = await start()
  t.after(() => process.kill())
  const outcomes = Array.from({ length: 6 }, (_, n) => askInMemory(shape, world, mail.send(`k${n}`, { text: "unwanted" })))
  await pass(500)
  assert.deepEqual(new Set((await Promise.all(outcomes)).map(({ type }) => type)), new Set(["refused"]))
  assert.equal(calls.length, 6)
  assert.deepEqual(process.engine.metrics().flows.map(({ breaker }) => breaker), ["closed"])
})

test("a poisonous record does not keep the breaker open: each probe is another record's, and it is parked at last", async (t) => {
  const isPoison = ({ text }: Call) => text === "poison"
  const { start, send, pass, answered, world, shape, mail } = await mailApp({ breaker: { failures: 3 } }, isPoison)
  const process = await start()
  t.after(() => process.kill())
  const poison = askInMemory(shape, world, mail.send("bad", { text: "poison" }))
  await pass(2_000)
  assert.deepEqual(process.engine.health().breakers.map(({ state }) => state), ["open"])
  send(50)
  await pass(90_000, 100)
  assert.equal(answered.length, 50)
  for (let n = 0; n < 40 && process.engine.parked().length === 0; n += 1) {
    send(1, () => `more${n}`)
    await pass(15_000, 100)
  }
  assert.partialDeepStrictEqual(await poison, { type: "faulted", code: "HANDLER_THREW" })
})

test("an operator who resumes a service closes its breaker without a trial", async (t) => {
  let isDown = true
  const { start, send, pass, answered, world, shape } = await mailApp({ breaker: { openFor: "1 hours" } }, () => isDown)
  const process = await start()
  t.after(() => process.kill())
  send(30)
  await pass(5_000)
  isDown = false
  await pass(60_000, 500)
  assert.equal(answered.length, 0)
  const resuming = operateInMemory(shape, world).resume("mail", { by: "op", why: "they are back" })
  await pass(5_000)
  await resuming
  assert.equal(answered.length, 30)
})
