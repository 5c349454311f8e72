// Lanes on a real nats-server: what every adapter promises, in one process and between two, and what only a network does.
import assert from "node:assert/strict"
import { after, test, type TestContext } from "node:test"
import type { NatsConnection } from "@nats-io/transport-node"
import { memoryLanes } from "../../runtime/memory/lanes.ts"
import { type Subjects, subjectsOf } from "../../runtime/message/subjects.ts"
import { natsLanes } from "../../runtime/nats/lanes.ts"
import { connectChecked } from "../../runtime/nats/server/connect.ts"
import type { Lanes } from "../../runtime/ports/lanes.ts"
import { startTestNats } from "../support/nats-process.ts"
import { startTcpProxy, type TcpProxy } from "../support/tcp-proxy.ts"
import { attached, frame, lanesContract } from "./lanes-suite.ts"
import { reconnected } from "./nats-parts.ts"

const nats = await startTestNats()
after(() => nats.stop())

const app = { name: "shop", partitions: 8 }
let namespaces = 0

interface Process {
  readonly lanes: Lanes
  readonly connection: NatsConnection
}

async function startProcess(subjects: Subjects, url: string): Promise<Process> {
  const connection = await connectChecked({ url })
  return { connection, lanes: natsLanes(connection, subjects, app, memoryLanes(), connection.info?.client_id.toString() ?? "") }
}

async function openPair(): Promise<{ readonly subjects: Subjects; readonly here: Process; readonly there: Process }> {
  namespaces += 1
  const subjects = subjectsOf(`lanes${namespaces}`)
  const [here, there] = await Promise.all([startProcess(subjects, nats.url), startProcess(subjects, nats.url)])
  return { subjects, here, there }
}

lanesContract("NATS, in one process", async () => {
  const { here, there } = await openPair()
  await there.connection.close()
  const { lanes, connection } = here
  return { here: lanes, there: lanes, known: () => connection.flush(), end: () => connection.close() }
})

lanesContract("NATS, between two processes", async () => {
  const { here, there } = await openPair()
  const both = [here.connection, there.connection]
  return {
    here: here.lanes,
    there: there.lanes,
    known: async () => void (await Promise.all(both.map((connection) => connection.flush()))),
    end: async () => void (await Promise.all(both.map((connection) => connection.close()))),
  }
})

async function openWith(t: TestContext) {
  const pair = await openPair()
  t.after(() => Promise.all([pair.here.connection.close(), pair.there.connection.close()]))
  return pair
}

const head = { incarnation: "abc", source: 2, destination: 1, lane: "commands" }
const command = { type: "command", to: { service: "stock", key: "k" }, name: "n", payload: null, effect: "e" }
const good = { ...head, first: 1, messages: [command] }
const confirmed = { ...head, source: 1, destination: 2, low: 9 }
const fields = ["lane", "destination", "source", "incarnation"]
const garbage = [
  "", "garbage", "null", "7", "[]", "{}", "\u0000\uffff",
  ...[undefined, null, 7, {}, head, { ...good, messages: {} }, { ...good, destination: 3 }].map(asFrame),
  ...[0, -1, 1.5, "1", null].map((first) => asFrame({ ...good, first })),
  ...fields.map((name) => asFrame({ ...good, [name]: null })),
  ...[null, 7, {}, { ...command, to: null }, { ...command, to: {} }, { ...command, name: 7 }, { ...command, type: "reply" }]
    .map((message) => asFrame({ ...good, messages: [command, message] })),
  ...["timer", "toString", "event", "settled", 7].map((type) => asFrame({ ...good, messages: [{ ...command, type }] })),
  ...[undefined, {}, head].map(asConfirmation),
  ...[{ low: -1 }, { low: "9" }, { resend: "yes" }].map((wrong) => asConfirmation({ ...confirmed, ...wrong })),
  ...fields.map((name) => asConfirmation({ ...confirmed, [name]: null })),
  ...[-1, 8, 1e9, "1", null].map((partition) => JSON.stringify({ type: "ready", partition, process: "p" })),
  JSON.stringify({ type: "ready", partition: 3 }),
]

function asFrame(value: unknown): string {
  return JSON.stringify({ type: "frame", frame: value })
}

function asConfirmation(value: unknown): string {
  return JSON.stringify({ type: "confirmation", confirmation: value })
}

test("what is no frame, no confirmation and no announcement is ignored, and the connection goes on", async (t) => {
  const { subjects, here, there } = await openWith(t)
  const broken = reconnected(here.connection).then(() => "broken", () => "whole")
  const one = attached(here.lanes, 1)
  const announced = [...one.ready]
  await here.connection.flush()
  for (const subject of [subjects.lane(app.name, 1), subjects.laneReady(app.name)]) {
    for (const text of garbage) there.connection.publish(subject, text)
    there.connection.publish(subject, new Uint8Array([0xff, 0xfe, 0x00, 0xc3]))
  }
  there.lanes.send(frame(2, 1, 4))
  await one.until(() => one.frames.length > 0)
  assert.deepEqual(one.frames, [frame(2, 1, 4)])
  assert.deepEqual([one.confirmations, one.ready], [[], announced])
  await here.connection.close()
  assert.equal(await broken, "whole")
})

test("a record too large for the server is lost without an error, and what follows arrives", async (t) => {
  const { here, there } = await openWith(t)
  const two = attached(there.lanes, 2)
  await there.connection.flush()
  const [message] = frame(1, 2, 1).messages
  assert.ok(message?.type === "command")
  here.lanes.send({ ...frame(1, 2, 1), messages: [{ ...message, payload: "x".repeat(2 * 1024 * 1024) }] })
  here.lanes.send(frame(1, 2, 2))
  await two.until(() => two.frames.length > 0)
  assert.deepEqual(two.frames.map(({ first }) => first), [2])
})

test("lanes on a closed connection are no error, and partitions of this process still reach each other", async (t) => {
  const { here } = await openWith(t)
  const one = attached(here.lanes, 1)
  await here.connection.close()
  const three = attached(here.lanes, 3)
  here.lanes.send(frame(1, 2, 1))
  here.lanes.confirm({ incarnation: "abc", source: 2, destination: 1, lane: "commands", low: 1 })
  here.lanes.send(frame(1, 3, 1))
  await three.until(() => three.frames.length > 0)
  assert.deepEqual(three.frames, [frame(1, 3, 1)])
  one.detach()
  three.detach()
})

test("sending while the connection is down is no error, and what is attached hears again when it is back", async (t) => {
  const { subjects, there } = await openWith(t)
  const proxy: TcpProxy = await startTcpProxy(nats.server.port)
  const cut = await startProcess(subjects, `nats://127.0.0.1:${proxy.port}`)
  t.after(() => cut.connection.close().then(() => proxy.close()))
  const one = attached(cut.lanes, 1)
  const two = attached(there.lanes, 2)
  await Promise.all([cut.connection.flush(), there.connection.flush()])
  const back = reconnected(cut.connection)
  proxy.hold()
  proxy.cut()
  cut.lanes.send(frame(1, 2, 1))
  there.lanes.send(frame(2, 1, 1))
  proxy.heal()
  await back
  await cut.connection.flush()
  cut.lanes.send(frame(1, 2, 2))
  there.lanes.send(frame(2, 1, 2))
  const heard = ({ frames }: typeof one) => frames.some(({ first }) => first === 2)
  await Promise.all([one.until(() => heard(one)), two.until(() => heard(two))])
  assert.ok(heard(one) && heard(two))
})
