// How long a real server keeps events: by age and size, or until every app that has run on the namespace has decided them.
import assert from "node:assert/strict"
import { after, test } from "node:test"
import { setTimeout as pause } from "node:timers/promises"
import { jetstreamManager } from "@nats-io/jetstream"
import { connect as connectPlain } from "@nats-io/transport-node"
import * as Schema from "effect/Schema"
import {
  app, type AppOptions, connect, done, event, eventReaders, InvalidInput, removeEventReader, type RunningApp, service, start,
} from "../../runtime/index.ts"
import { startTestNats } from "../support/nats-process.ts"

const Said = event("Said", Schema.toStandardSchemaV1(Schema.Struct({ n: Schema.Int })))
const counting = (name: string) =>
  service(name, { state: () => 0 }).on(Said, (_, subject) => subject, (state) => done(state + 1))
const appOf = (name: string, namespace: string, events?: AppOptions["events"]) =>
  app(name, { namespace, partitions: 2, services: [counting(name)], ...(events === undefined ? {} : { events }) })

const { url: natsUrl, stop } = await startTestNats()
const plain = await connectPlain({ servers: natsUrl })
const manager = await jetstreamManager(plain)
after(async () => {
  await plain.close()
  await stop()
})

/** Looks again until it holds; the test's own time limit ends it. */
async function until(predicate: () => Promise<boolean>): Promise<void> {
  while (!(await predicate())) await pause(50)
}

const kept = async (namespace: string) => (await manager.streams.info(`${namespace.toUpperCase()}_EVENTS`)).state.messages
const marksOf = async (namespace: string, name: string) =>
  (await eventReaders({ natsUrl, namespace })).filter((mark) => mark.app === name).map(({ before }) => before)

async function publish(namespace: string, count: number): Promise<void> {
  const { client, close } = await connect(appOf("teller", namespace), { natsUrl })
  for (let n = 0; n < count; n += 1) await client.publish(Said({ n }), { key: `key-${n}` })
  await close()
}

test("events are kept by age and by bytes, as the first app of the namespace says; a later one changes nothing", async () => {
  const first = appOf("first", "aged", { keep: { age: "2 hours", bytes: 1_000_000 } })
  await (await connect(first, { natsUrl })).close()
  await (await connect(appOf("second", "aged", { keep: { age: "1 day" } }), { natsUrl })).close()
  await (await connect(appOf("third", "usual"), { natsUrl })).close()
  const { config: aged } = await manager.streams.info("AGED_EVENTS")
  const { config: usual } = await manager.streams.info("USUAL_EVENTS")
  assert.deepEqual([aged.max_age, aged.max_bytes], [2 * 3_600_000_000_000, 1_000_000])
  assert.deepEqual([usual.max_age, usual.max_bytes], [7 * 86_400_000_000_000, -1])
  assert.throws(() => appOf("x", "x", { keep: { bytes: 0 } }), InvalidInput)
  assert.throws(() => appOf("x", "x", { keep: { age: 0 } }), InvalidInput)
})

test("until handled: events wait for an app that is down, and go when it has decided them, or is removed", async () => {
  const namespace = "handled"
  const keep = { keep: "until handled" } as const
  const reader = await start(appOf("reader", namespace, keep), { natsUrl })
  const sleeper = await start(appOf("sleeper", namespace), { natsUrl })
  await sleeper.stop()
  await publish(namespace, 20)
  await until(async () => (await marksOf(namespace, "reader")).every((before) => before > 5))
  assert.equal(await kept(namespace), 20, "the app that is down finds all of them")
  const woken = await start(appOf("sleeper", namespace), { natsUrl })
  await until(async () => (await kept(namespace)) <= 4)
  const counts = [...woken.engine.rows("sleeper")].map(([, state]) => state)
  assert.deepEqual(counts, Array.from({ length: 20 }, () => 1), "each event once, in an app that came back")
  await woken.stop()
  await publish(namespace, 20)
  await until(async () => (await marksOf(namespace, "reader")).every((before) => before > 25))
  assert.ok((await kept(namespace)) >= 20)
  assert.equal(await removeEventReader("sleeper", { natsUrl, namespace }), 2)
  assert.deepEqual(await marksOf(namespace, "sleeper"), [])
  await publish(namespace, 4)
  await until(async () => (await kept(namespace)) <= 4)
  await reader.stop()
})

test("until handled, on a stream that was made to keep events by age: nothing is deleted, and the operator is told", async () => {
  await (await connect(appOf("old", "older"), { natsUrl })).close()
  const lines: string[] = []
  const running = await start(appOf("new", "older", { keep: "until handled" }), { natsUrl, report: (line) => lines.push(line) })
  assert.ok(lines.some((line) => line.includes("was made to keep events by age or size")), lines.join("; "))
  assert.deepEqual(await eventReaders({ natsUrl, namespace: "older" }), [])
  await running.stop()
})

test("until handled: a service that is taken out holds nothing; back, it goes on or says that events are gone", async () => {
  const namespace = "absent"
  const keep = { keep: "until handled" } as const
  const both = app("both", { namespace, partitions: 2, services: [counting("one"), counting("two")], events: keep })
  // It is still there, and reacts to nothing.
  const mute = service("two", { state: () => 0 }).command("be", Said.schema, (state) => done(state))
  const less = app("both", { namespace, partitions: 2, services: [counting("one"), mute], events: keep })
  const sleeper = appOf("sleeper", namespace)
  const countsOf = ({ engine }: RunningApp, name: string) => [...engine.rows(name)].map(([, state]) => state)
  await (await start(both, { natsUrl })).stop()
  await (await start(sleeper, { natsUrl })).stop()
  let running = await start(less, { natsUrl })
  await publish(namespace, 20)
  await until(async () => (await marksOf(namespace, "both")).every((before) => before > 5))
  await running.stop()

  // Another app holds them still.
  running = await start(both, { natsUrl })
  await until(async () => countsOf(running, "two").length === 20)
  await running.stop()
  running = await start(less, { natsUrl })
  await publish(namespace, 20)
  await until(async () => (await marksOf(namespace, "both")).every((before) => before > 25))
  const woken = await start(sleeper, { natsUrl })
  await until(async () => (await kept(namespace)) <= 4)
  await Promise.all([woken.stop(), running.stop()])

  const lines: string[] = []
  running = await start(both, { natsUrl, report: (line) => lines.push(line) })
  const states = async () => (await running.operator.subscriptions()).filter(({ service: name }) => name === "two")
  await until(async () => (await states()).every(({ state }) => state === "stopped"))
  assert.equal(lines.filter((line) => line.includes("EVENTS_LOST")).length, 2, lines.join("; "))
  await running.operator.reset({ service: "two", mode: "reprocess" }, { by: "ops", why: "a test" })
  await until(async () => (await states()).every(({ state, lag }) => state === "live" && lag === 0))
  await running.stop()
})
