// Another number of partitions for an app on a real server (R16): everything is there afterwards, and what goes wrong on
// the way leaves it as it was.
import assert from "node:assert/strict"
import { after, test } from "node:test"
import { setTimeout as sleep } from "node:timers/promises"
import * as Schema from "effect/Schema"
import { type App, app, connect, done, repartition, service, start, timer } from "../../runtime/index.ts"
import { openMoving } from "../../runtime/host/repartition.ts"
import { partitionOf } from "../../runtime/message/key.ts"
import { openBareLink } from "../../runtime/nats/link.ts"
import { manifestPlace, readManifest } from "../../runtime/nats/manifest.ts"
import { saga } from "../../sagas/index.ts"
import { startTestNats } from "../support/nats-process.ts"

const nats = await startTestNats()
after(() => nats.stop())
const natsUrl = nats.url

const Amount = Schema.toStandardSchemaV1(Schema.Struct({ amount: Schema.Int }))
const Later = timer("later", Amount)

/** Counts; counts later; cannot take 13 until its bug is mended. */
function countersOf() {
  const seen = { isMended: false, rung: [] as string[] } // cast: gives the empty list its type
  const counter = service("counter", { state: () => ({ sum: 0 }), onPark: "wait" })
    .command("add", Amount, (state, { amount }) => {
      if (amount === 13 && !seen.isMended) throw new Error("unlucky")
      return done({ sum: state.sum + amount }, state.sum + amount)
    })
    .command("addAt", Schema.toStandardSchemaV1(Schema.Struct({ dueMs: Schema.Int })), (state, { dueMs }) =>
      done(state, null, { timers: [Later.at(dueMs, { amount: 1000 })] }),
    )
    .timer(Later, (state, { amount }, { key }) => {
      seen.rung.push(key)
      return done({ sum: state.sum + amount }, null)
    })
  const appOf = (namespace: string, partitions: number): App => app("counters", { namespace, partitions, services: [counter] })
  return { seen, counter, appOf }
}

const keys = Array.from({ length: 30 }, (_, n) => `k${n}`)

async function until(what: string, predicate: () => boolean | Promise<boolean>): Promise<void> {
  const untilMs = performance.now() + 20_000
  while (!(await predicate())) {
    assert.ok(performance.now() < untilMs, `in vain: ${what}`)
    await sleep(20)
  }
}

/** An app with 30 actors that were drained: sums, remembered effects, and if asked for more of what partitions hold. */
async function filled(namespace: string, more: { readonly timersDueMs?: number; readonly isParked?: boolean } = {}) {
  const counters = countersOf()
  const { counter, appOf } = counters
  const few = appOf(namespace, 4)
  const running = await start(few, { natsUrl })
  const ask = (command: Parameters<typeof running.client.ask>[0], effect: string) => running.client.ask(command, { effect })
  await Promise.all(keys.map((key, n) => ask(counter.add(key, { amount: n % 10 }), `add ${key}`)))
  const { timersDueMs: dueMs } = more
  if (dueMs !== undefined) await Promise.all(["k3", "k4"].map((key) => ask(counter.addAt(key, { dueMs }), `later ${key}`)))
  if (more.isParked === true) {
    await running.client.send(counter.add("k5", { amount: 13 }), { effect: "bad k5" })
    await running.client.send(counter.add("k5", { amount: 2 }), { effect: "behind k5" })
    await until("it is parked", () => running.engine.parked().length === 1)
    // A question is answered behind all that was sent before: the second record is read, and waits for its actor.
    await running.client.query("counter", "k5")
  }
  await running.stop()
  return { ...counters, few, many: appOf(namespace, 7), move: () => repartition(few, { natsUrl, partitions: 7 }) }
}

async function sums(running: Awaited<ReturnType<typeof start>>): Promise<readonly number[]> {
  const states = await Promise.all(keys.map((key) => running.client.query("counter", key)))
  return states.map(({ state }) => Number(Object(state).sum))
}

const plain = keys.map((_, n) => n % 10)

/** What the journal stream holds of the app: records by the last token of their subject. */
async function journals(namespace: string): Promise<Readonly<Record<string, number>>> {
  const link = await openBareLink({ natsUrl, name: "test", namespace })
  const { manager, subjects } = await manifestPlace(link, "counters")
  const { state } = await manager.streams.info(subjects.streams.journal, { subjects_filter: subjects.journals("counters") })
  await link.close()
  return Object.fromEntries(Object.entries(state.subjects ?? {}).map(([subject, count]) => [subject.split(".").at(-1), count]))
}

async function storedManifest(namespace: string) {
  const link = await openBareLink({ natsUrl, name: "test", namespace })
  const stored = await readManifest(await manifestPlace(link, "counters"))
  await link.close()
  return stored?.manifest
}

test("R16: 4 partitions become 7: rows, timers, asked effects, mailboxes and parked records are there, once", async (t) => {
  const timersDueMs = Date.now() + 5_000
  const { seen, counter, few, many, move } = await filled("grow", { timersDueMs, isParked: true })
  const lines: string[] = []
  const report = (line: string) => void lines.push(line)
  assert.deepEqual(await repartition(few, { natsUrl, partitions: 7, report }), { from: 4, to: 7, actors: 30, parked: 1 })
  assert.match(lines.join("\n"), /30 actors and 1 parked .*\n.* has 7 partitions now/)
  await assert.rejects(start(few, { natsUrl }), { code: "MANIFEST_MISMATCH", message: /has by now 7 partitions/ })
  assert.deepEqual(seen.rung, [], "no timer is due yet")

  const running = await start(many, { natsUrl })
  t.after(() => running.stop())
  assert.deepEqual(running.engine.owned(), [0, 1, 2, 3, 4, 5, 6])
  assert.deepEqual(await running.client.ask(counter.add("k9", { amount: 500 }), { effect: "add k9" }), { type: "done", value: 9 })
  await until("timers fire", () => seen.rung.length === 2)
  assert.deepEqual(new Set(seen.rung), new Set(["k3", "k4"]))
  assert.ok(Date.now() >= timersDueMs)
  assert.deepEqual(await sums(running), plain.map((sum, n) => (n === 3 || n === 4 ? sum + 1000 : sum)))
  seen.isMended = true
  assert.equal(await running.operator.redrive({}, { by: "ops", why: "mended" }), 1)
  await until("k5 goes on", async () => (await sums(running))[5] === 5 + 13 + 2)
  assert.equal(seen.rung.length, 2, "each timer fired once")
  await running.stop()
  assert.deepEqual(await move(), { from: 7, to: 7, actors: 0, parked: 0 }, "the second time nothing is left to do")
  assert.deepEqual(Object.entries(await journals("grow")).filter(([token]) => /^\d$/.test(token)), [
    ["0", 1], ["1", 1], ["2", 1], ["3", 1],
  ], "of each old journal its seal is left")
})

test("R16: it grows again from there, and whoever names the app as a peer with an old number is refused", async (t) => {
  const { counter, few, appOf, move } = await filled("again")
  await move()
  await repartition(few, { natsUrl, partitions: 9 })
  const running = await start(appOf("again", 9), { natsUrl })
  t.after(() => running.stop())
  assert.deepEqual(await sums(running), plain)
  const other = service("other", { state: () => null }).command("noop", Amount, (state) => done(state, null))
  const peers = [{ app: "counters", partitions: 7, services: [counter] }]
  const sender = app("sender", { namespace: "again", partitions: 4, services: [other], peers })
  await assert.rejects(start(sender, { natsUrl }), { code: "MANIFEST_MISMATCH", message: /counters has by now 9 partitions/ })
  const fewer = repartition(few, { natsUrl, partitions: 8 })
  await assert.rejects(fewer, { code: "INVALID_INPUT", message: /9 partitions.* not to 8/ })
})

test("R16: it is refused while a process of the app lives, and with undecided input, and nothing is changed", async (t) => {
  const { counter, few, move } = await filled("refused")
  const running = await start(few, { natsUrl })
  await assert.rejects(move(), { code: "REPARTITION_REFUSED", message: /were alive.*stop them first/ })
  assert.deepEqual(await sums(running), plain)
  await running.stop()

  const { client, close } = await connect(few, { natsUrl })
  await client.send(counter.add("k8", { amount: 100 }), { effect: "late" })
  await close()
  const where = new RegExp(`partition ${partitionOf("k8", 4)} has undecided input: 1 messages .* command "add" of counter/k8`)
  await assert.rejects(move(), { code: "REPARTITION_REFUSED", message: where })

  const again = await start(few, { natsUrl })
  t.after(() => again.stop())
  await until("it is decided", async () => (await sums(again))[8] === 108)
  await again.stop()
  assert.deepEqual(await move(), { from: 4, to: 7, actors: 30, parked: 0 })
})

test("R16: clients and apps that run all the while with the old number go on; each record reaches its actor", async (t) => {
  const { counter, few, many, move } = await filled("stale")
  const { client, close } = await connect(few, { natsUrl })
  const teller = saga("teller", { input: Amount, version: 1 })
  const tell = teller.step("tell", { run: ({ input, sagaId }) => counter.add(sagaId, input), undo: "nothing" })
  const peers = [{ app: "counters", partitions: 4, services: [counter] }]
  const sender = await start(app("sender", { namespace: "stale", partitions: 3, services: [tell], peers }), { natsUrl })
  t.after(() => Promise.all([close(), sender.stop()]))
  await move()
  const running = await start(many, { natsUrl })
  t.after(() => running.stop())
  const asked = keys.map((key) => client.ask(counter.add(key, { amount: 100 }), { effect: `old ${key}` }))
  const told = keys.map((key) => sender.client.ask(tell.start(key, { amount: 1000 }), { effect: `tell ${key}` }))
  const outcomes = await Promise.all([...asked, ...told])
  assert.ok(outcomes.every(({ type }) => type === "done"))
  assert.deepEqual(await sums(running), plain.map((sum) => sum + 1100))
  assert.equal([...running.engine.rows("counter")].length, keys.length)
})

test("R16: a crash before the change leaves the app as it was, however far it had come, and the next try makes it", async () => {
  const { few, many, move } = await filled("crash")
  for (const phase of ["written", "sealed"] as const) {
    const moving = await openMoving(few, { natsUrl, partitions: 7 })
    await moving.write()
    if (phase === "sealed") await moving.seal()
    assert.equal((await storedManifest("crash"))?.move !== undefined, phase === "sealed")

    const running = await start(few, { natsUrl })
    assert.deepEqual(await sums(running), plain, phase)
    await running.stop()
    // It was not dead, only slow: the app that was started meanwhile has won.
    await assert.rejects(moving.make(), { code: "REPARTITION_REFUSED" })
    await moving.close()
    const manifest = await storedManifest("crash")
    assert.deepEqual([manifest?.partitions, manifest?.layout], [4, 0])
  }
  const sealed = await openMoving(few, { natsUrl, partitions: 5 })
  await sealed.write()
  await sealed.seal()
  await sealed.close()
  assert.deepEqual(await move(), { from: 4, to: 7, actors: 30, parked: 0 }, "what a dead try has sealed holds nobody up")
  const running = await start(many, { natsUrl })
  assert.deepEqual(await sums(running), plain)
  await running.stop()
})

test("R16: a crash behind the change leaves the app with the new number; the next try deletes the old journals", async () => {
  const { few, many, move } = await filled("behind")
  const moving = await openMoving(few, { natsUrl, partitions: 7 })
  await moving.write()
  await moving.make()
  await moving.close()
  const running = await start(many, { natsUrl })
  assert.deepEqual(await sums(running), plain)
  await running.stop()
  assert.ok(Number((await journals("behind"))["0"]) > 1)
  assert.deepEqual(await move(), { from: 7, to: 7, actors: 0, parked: 0 })
  assert.equal((await journals("behind"))["0"], 1)
})

test("R16: of two that move the app at once one makes it, and the other changes nothing", async () => {
  const { many, few } = await filled("twice")
  const results = await Promise.allSettled([7, 7, 7].map((partitions) => repartition(few, { natsUrl, partitions })))
  const codes = results.map((result) => (result.status === "rejected" ? result.reason.code : "made"))
  assert.ok(codes.every((code) => ["made", "REPARTITION_REFUSED", "CORRUPT_JOURNAL"].includes(code)), codes.join())
  if (!codes.includes("made")) await repartition(few, { natsUrl, partitions: 7 })
  const running = await start(many, { natsUrl })
  assert.deepEqual(await sums(running), plain)
  await running.stop()
})
