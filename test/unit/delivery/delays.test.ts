// What time does to records (scenarios 47, 48, 49): timers of a service, delayed commands, commands that expire, urgent ones.
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Schema from "effect/Schema"
import { app, cancelDelayed, done, effectful, service, timer } from "../../../runtime/index.ts"
import { limits } from "../../../runtime/kernel/limits.ts"
import { decodeBlock } from "../../../runtime/message/block.ts"
import { askInMemory, newWorld, operateInMemory, startInMemory } from "../../../runtime/testing/index.ts"

const Text = Schema.toStandardSchemaV1(Schema.Struct({ text: Schema.String }))
const In = Schema.toStandardSchemaV1(Schema.Struct({ afterMs: Schema.Int }))
const Nothing = Schema.toStandardSchemaV1(Schema.Struct({}))
const Remind = timer("remind", Text)

function reminders() {
  const rung: (readonly [text: string, lateMs: number])[] = []
  const order: string[] = []
  let open: () => void = () => undefined
  const gate = new Promise<void>((resolve) => (open = resolve))
  const reminder = service("reminder", { state: () => ({ dueMs: 0, said: "" }), concurrency: 1 })
    .command("remind", In, (_, { afterMs }, { nowMs }) =>
      done({ dueMs: nowMs + afterMs, said: "" }, null, { timers: [Remind.at(nowMs + afterMs, { text: `in ${afterMs}` })] }),
    )
    .command("never", Nothing, (state) => done(state, null, { timers: [Remind.cancel()] }))
    .timer(Remind, (state, { text }, { nowMs }) => {
      rung.push([text, nowMs - state.dueMs])
      return done({ ...state, said: text }, null)
    })
    .command("say", Text, (_, { text }, { nowMs }) => {
      order.push(text)
      return done({ dueMs: nowMs, said: text }, text)
    })
    .command(
      "work",
      Text,
      effectful(async (state, { text }) => {
        await gate
        order.push(text)
        return done(state, text)
      }),
    )
  const shape = app("reminders", { namespace: "test", partitions: 1, services: [reminder] })
  const world = newWorld()
  type Asked = Parameters<typeof askInMemory>[3]
  const ask = (command: Parameters<typeof askInMemory>[2], asked?: Asked) => askInMemory(shape, world, command, asked)
  return { rung, order, open: () => open(), reminder, shape, world, ask, start: () => startInMemory(shape, world) }
}

test("a service's timer fires once, never early and at most 250 ms late, at the actor that set it", async (t) => {
  const { rung, reminder, ask, start } = reminders()
  const process = await start()
  t.after(() => process.kill())
  await ask(reminder.remind("a", { afterMs: 150 }))
  await process.until(() => rung.length > 0)
  const [[text, lateMs] = ["", -1]] = rung
  assert.equal(text, "in 150")
  assert.ok(lateMs >= 0 && lateMs <= 250, `${lateMs} ms late`)
  assert.equal(process.engine.row({ service: "reminder", key: "a" })?.timers.size, 0)
})

test("a service's timer that is set anew fires at its new time only; a cancelled one never fires", async (t) => {
  const { rung, reminder, ask, start } = reminders()
  const process = await start()
  t.after(() => process.kill())
  await ask(reminder.remind("a", { afterMs: 60 }))
  await ask(reminder.remind("a", { afterMs: 180 }))
  await ask(reminder.remind("b", { afterMs: 60 }))
  await ask(reminder.never("b", {}))
  await process.until(() => rung.length > 0)
  assert.deepEqual(
    rung.map(([text]) => text),
    ["in 180"],
  )
})

test("a delayed command is carried out when it is due, not before and at most 250 ms after, also across a restart", async (t) => {
  const { order, reminder, ask, start } = reminders()
  const first = await start()
  const dueMs = Date.now() + 300
  const delayed = ask(reminder.say("a", { text: "later" }), { dueMs, effect: "late" })
  await ask(reminder.say("a", { text: "now" }))
  await first.kill()
  const second = await start()
  t.after(() => second.kill())
  assert.deepEqual(await delayed, { type: "done", value: "later" })
  assert.deepEqual(order, ["now", "later"])
  const state = second.engine.row({ service: "reminder", key: "a" })?.state
  const lateMs = Number(typeof state === "object" && state !== null && "dueMs" in state ? state.dueMs : 0) - dueMs
  assert.ok(lateMs >= 0 && lateMs <= 250, `${lateMs} ms late`)
})

test("a delayed command that is cancelled is never carried out, and who waits for it is told", async (t) => {
  const { order, reminder, ask, start } = reminders()
  const process = await start()
  t.after(() => process.kill())
  const delayed = ask(reminder.say("a", { text: "later" }), { dueMs: Date.now() + 60_000, effect: "late" })
  await process.until(() => (process.engine.row({ service: "reminder", key: "a" })?.timers.size ?? 0) > 0)
  assert.deepEqual(await ask(cancelDelayed("reminder", "a", "late")), { type: "done", value: true })
  assert.deepEqual(await delayed, { type: "refused", code: "cancelled", detail: null })
  assert.deepEqual(await ask(cancelDelayed("reminder", "a", "late")), { type: "done", value: false })
  assert.deepEqual([order, process.engine.row({ service: "reminder", key: "a" })], [[], undefined])
})

test("an expired command is not carried out: it is parked with its body, and can be redriven", async (t) => {
  const { order, reminder, shape, world, ask, start } = reminders()
  const late = ask(reminder.say("a", { text: "too late" }), { expiresMs: Date.now() - 5, effect: "late" })
  const process = await start()
  t.after(() => process.kill())
  const outcome = await late
  assert.equal(outcome.type === "faulted" && outcome.code, "EXPIRED")
  const [parked] = process.engine.parked()
  assert.deepEqual(
    [parked?.id, parked?.record?.type === "command" && parked.record.payload, order],
    ["late", { text: "too late" }, []],
  )
  await operateInMemory(shape, world).redrive({ code: "EXPIRED" }, { by: "ops", why: "it still matters" })
  await process.until(() => order.length > 0)
  assert.deepEqual(order, ["too late"])
})

test("urgent before ordinary: of 1,000 low and 10 high, the 10 finish among the first 10 + concurrency", async (t) => {
  const { order, reminder, ask, start, open } = reminders()
  const low = Array.from({ length: 1000 }, (_, n) => ask(reminder.work(`low${n}`, { text: "low" })))
  const high = Array.from({ length: 10 }, (_, n) => ask(reminder.work(`high${n}`, { text: "high" }), { priority: "high" }))
  const process = await start()
  t.after(() => process.kill())
  // Asked last, so its answer comes when all the others have come in; the first of them is under way.
  await ask(reminder.remind("somebody", { afterMs: 60_000 }))
  open()
  await Promise.all(high)
  const last = order.lastIndexOf("high")
  assert.ok(last < 10 + 1, `the last urgent one came as number ${last + 1}`)
  await Promise.all(low)
  assert.equal(order.length, 1010)
})

test("urgent records never starve the others: after a row of them, one other record gets its turn", async (t) => {
  const { order, reminder, ask, start, open } = reminders()
  const high = Array.from({ length: 100 }, (_, n) => ask(reminder.work(`high${n}`, { text: "high" }), { priority: "high" }))
  const low = ask(reminder.work("low", { text: "low" }))
  const process = await start()
  t.after(() => process.kill())
  await ask(reminder.remind("somebody", { afterMs: 60_000 }))
  open()
  await Promise.all([...high, low])
  const place = order.indexOf("low")
  assert.ok(place <= 2 * limits.urgentInARowMax, `the ordinary one came as number ${place}`)
})

test("a delayed command that waits behind a handler leaves the mailbox as a timer, and is carried out once", async (t) => {
  const { order, reminder, ask, start, open, world } = reminders()
  const process = await start()
  t.after(() => process.kill())
  const busy = ask(reminder.work("a", { text: "busy" }))
  // So many that all of them go into the durable mailbox.
  const behind = Array.from({ length: limits.mailboxMemoryMax + 5 }, (_, n) => ask(reminder.say("a", { text: `behind ${n}` })))
  const delayed = ask(reminder.say("a", { text: "later" }), { dueMs: Date.now() + 200, effect: "late" })
  await ask(reminder.remind("somebody", { afterMs: 60_000 }))
  open()
  await Promise.all([busy, ...behind, delayed])
  assert.equal(order.filter((text) => text === "later").length, 1)
  assert.equal(order.at(-1), "later")
  await process.until(() => process.engine.isIdle())
  const entries = world.journal.records(0).flatMap(({ bytes }) => decodeBlock(bytes, "test").decisions)
  const taken = new Set(entries.flatMap(({ took }) => took ?? []))
  const left = entries.flatMap(({ hold }) => (hold === undefined || taken.has(hold[0]) ? [] : [hold[0]]))
  assert.deepEqual(left, [], "nothing stays behind in the durable mailbox")
})
