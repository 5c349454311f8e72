// Publishers and readers of events that know nothing of Troupe: only NATS, CloudEvents and docs/events.md.
import assert from "node:assert/strict"
import { execFile, execFileSync } from "node:child_process"
import { test } from "node:test"
import { promisify } from "node:util"
import { jetstream, jetstreamManager } from "@nats-io/jetstream"
import { connect as connectPlain, headers } from "@nats-io/transport-node"
import * as Schema from "effect/Schema"
import { app, connect, done, event, service, start } from "../../runtime/index.ts"
import { fnv1a32 } from "../../runtime/message/hash.ts"
import { withNats } from "../support/nats-process.ts"

const Amount = Schema.toStandardSchemaV1(Schema.Struct({ cents: Schema.Int }))
const Paid = event("Paid", Amount)
const Booked = event("Booked", Schema.toStandardSchemaV1(Schema.Struct({ cents: Schema.Int, total: Schema.Int })))

const account = service("account", { state: () => ({ cents: 0, count: 0 }) }).on(
  Paid,
  (_, subject) => subject,
  (state, { cents }) => {
    const total = state.cents + cents
    return done({ cents: total, count: state.count + 1 }, null, [Booked({ cents, total })])
  },
)

const namespace = "town"
const bank = (partitions = 4) => app("bank", { namespace, partitions, services: [account] })
const natsUrlOf = async (t: Parameters<typeof withNats>[0]) => (await withNats(t)).url

/** A running bank, and a wait for what one of its accounts has come to. */
async function openBank(natsUrl: string) {
  const checks = new Set<() => void>()
  const running = await start(bank(), { natsUrl, observer: { committed: () => checks.forEach((check) => check()) } })
  const stateOf = (key: string) => running.engine.row({ service: "account", key })?.state
  const until = (key: string, state: object) =>
    new Promise<void>((resolve) => {
      const check = () => (JSON.stringify(stateOf(key)) === JSON.stringify(state) ? resolve() : undefined)
      checks.add(check)
      check()
    })
  return { running, stateOf, until }
}

/** As docs/events.md tells foreign publishers to make a token of a key. */
const token = (key: string) =>
  [...Buffer.from(key, "utf8")]
    .map((byte) => [String.fromCharCode(byte), `=${byte.toString(16).padStart(2, "0")}`] as const)
    .map(([char, escaped]) => (/[A-Za-z0-9_-]/.test(char) ? char : escaped))
    .join("")

test("a plain client publishes without a partition; the server finds the one that the hash of keys names", async (t) => {
  const natsUrl = await natsUrlOf(t)
  const { running, until } = await openBank(natsUrl)
  const plain = await connectPlain({ servers: natsUrl })
  t.after(() => plain.close())
  const publish = async (key: string, id: string, cents: number) => {
    const attributes = headers()
    const event = { specversion: "1.0", id, source: "/till", type: "Paid", subject: encodeURIComponent(key) }
    for (const [name, value] of Object.entries(event)) attributes.set(`ce-${name}`, value)
    await jetstream(plain).publish(`town.evt-in.Paid.${token(key)}`, JSON.stringify({ cents }), { headers: attributes })
  }
  const keys = ["a", "o-1", "Größe 7/8", "a.b*c>d", "日本", "x y", "0", "long".repeat(30)]
  for (const key of keys) await publish(key, `first ${key}`, 5)
  for (const key of keys) await publish(key, `first ${key}`, 5)
  for (const key of keys) await publish(key, `second ${key}`, 2)
  await Promise.all(keys.map((key) => until(key, { cents: 7, count: 2 })))
  const manager = await jetstreamManager(plain)
  const { state } = await manager.streams.info("TOWN_EVENTS", { subjects_filter: "town.evt.*.Paid.*" })
  const expected = keys.map((key) => `town.evt.${fnv1a32(token(key)) % 4}.Paid.${token(key)}`)
  assert.deepEqual(Object.keys(state.subjects ?? {}).toSorted(), expected.toSorted())
  await running.stop()
})

const publisher = `
import json, socket, sys
port, key = int(sys.argv[1]), sys.argv[2]
def token(key):
    safe = lambda c: c < 128 and (chr(c).isalnum() or chr(c) in "_-")
    return "".join(chr(c) if safe(c) else "=%02x" % c for c in key.encode())
def fnv1a(text):
    h = 0x811C9DC5
    for c in text.encode():
        h = ((h ^ c) * 0x01000193) & 0xFFFFFFFF
    return h
nats = socket.create_connection(("127.0.0.1", port), timeout=10)
lines = nats.makefile("rb")
lines.readline()
nats.sendall(b'CONNECT {"verbose":false,"headers":true,"lang":"python","version":"0"}\\r\\nSUB _INBOX.py 1\\r\\n')
def publish(subject, id, cents):
    attributes = {"ce-specversion": "1.0", "ce-id": id, "ce-source": "/python", "ce-type": "Paid", "ce-subject": key,
                  "ce-correlationid": "cart 5", "content-type": "application/json"}
    head = ("NATS/1.0\\r\\n" + "".join("%s: %s\\r\\n" % pair for pair in attributes.items()) + "\\r\\n").encode()
    body = json.dumps({"cents": cents}).encode()
    sizes = (subject.encode(), len(head), len(head) + len(body))
    nats.sendall(b"HPUB %s _INBOX.py %d %d\\r\\n" % sizes + head + body + b"\\r\\n")
    while True:
        line = lines.readline()
        if line.startswith(b"PING"):
            nats.sendall(b"PONG\\r\\n")
        if line.startswith(b"MSG"):
            return json.loads(lines.readline())
acks = [
    publish("town.evt-in.Paid." + token(key), "py-1", 5),
    publish("town.evt-in.Paid." + token(key), "py-1", 5),
    publish("town.evt.%d.Paid.%s" % (fnv1a(token(key)) % 4, token(key)), "py-2", 3),
]
print(json.dumps(acks))
`

const noPython = (() => {
  try {
    execFileSync("python3", ["--version"], { stdio: "ignore" })
    return false
  } catch {
    return "there is no python3 to publish with"
  }
})()

test(
  "a publisher in Python, with nothing but a socket, is heard, and its repetition is one event in effect",
  { skip: noPython }, // or: there is no python3 to publish with
  async (t) => {
    const natsUrl = await natsUrlOf(t)
    const { running, until } = await openBank(natsUrl)
    const given = ["-c", publisher, new URL(natsUrl).port, "card 4"]
    const { stdout } = await promisify(execFile)("python3", given, { timeout: 20_000 })
    const acks = JSON.parse(stdout) as readonly { stream?: string; error?: unknown }[] // cast: JetStream's acknowledgements
    assert.deepEqual(
      acks.map(({ stream, error }) => [stream, error]),
      Array.from({ length: 3 }, () => ["TOWN_EVENTS", undefined]),
    )
    await until("card 4", { cents: 8, count: 2 })
    await running.stop()
  },
)

test("a plain reader finds what the app and its clients published: CloudEvents attributes, cause and JSON", async (t) => {
  const natsUrl = await natsUrlOf(t)
  const { running, until } = await openBank(natsUrl)
  const outside = await connect(bank(), { natsUrl })
  assert.equal(await outside.client.publish(Paid({ cents: 5 }), { id: "p 1", key: "a b" }), "p 1")
  assert.equal(await outside.client.publish(Paid({ cents: 5 }), { id: "p 1", key: "a b" }), "p 1")
  await until("a b", { cents: 5, count: 1 })
  const plain = await connectPlain({ servers: natsUrl })
  t.after(() => plain.close())
  const consumer = await jetstream(plain).consumers.get("TOWN_EVENTS", { filter_subjects: "town.evt.*.*.a=20b" })
  const read: unknown[] = []
  for await (const message of await consumer.consume({ max_messages: 10 })) {
    const attribute = (name: string) => decodeURIComponent(message.headers?.get(`ce-${name}`) ?? "")
    const names = ["specversion", "type", "source", "subject", "correlationid", "causationid"]
    read.push([...names.map(attribute), message.json()])
    if (read.length === 2) break
  }
  assert.deepEqual(read, [
    ["1.0", "Paid", "bank/client", "a b", "", "", { cents: 5 }],
    ["1.0", "Booked", "bank/account", "a b", "p 1", "p 1", { cents: 5, total: 5 }],
  ])
  await outside.close()
  await running.stop()
})

test("an event stream of an older release is taught to take events without a partition, and keeps what it holds", async (t) => {
  const natsUrl = await natsUrlOf(t)
  const plain = await connectPlain({ servers: natsUrl })
  t.after(() => plain.close())
  const manager = await jetstreamManager(plain)
  const older = { subjects: ["town.evt.*.*.*"], max_age: 3_600_000_000_000, description: "ours" }
  await manager.streams.add({ name: "TOWN_EVENTS", ...older })
  const wide = await connect(bank(8), { natsUrl })
  await wide.client.publish(Paid({ cents: 5 }), { key: "a" })
  await wide.close()
  const narrow = await connect(app("other", { namespace, partitions: 2, services: [account] }), { natsUrl })
  await narrow.close()
  const again = await connect(bank(8), { natsUrl })
  await again.close()
  const { config, state } = await manager.streams.info("TOWN_EVENTS")
  assert.deepEqual(config.subjects, ["town.evt.*.*.*", "town.evt-in.*.*"])
  assert.deepEqual([config.max_age, config.description, state.messages], [3_600_000_000_000, "ours", 1])
  assert.deepEqual(config.subject_transform, {
    src: "town.evt-in.*.*",
    dest: "town.evt.{{partition(2,2)}}.{{wildcard(1)}}.{{wildcard(2)}}",
  })
})
