// What is refused at the door: servers played by a few lines of TCP, and a real server without JetStream.
import assert from "node:assert/strict"
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { createServer, type Socket } from "node:net"
import { createInterface } from "node:readline"
import { test } from "node:test"
import { Fault } from "../../runtime/kernel/fault.ts"
import { connectChecked } from "../../runtime/nats/server/connect.ts"
import { readAnswer } from "../../runtime/nats/server/gate.ts"
import { findServer } from "../../runtime/nats/server/provision.ts"
import { withNats } from "../support/nats-process.ts"

test("a server that is new enough and has JetStream is connected", async (t) => {
  const nats = await withNats(t)
  const connection = await connectChecked({ url: nats.url, name: "gate-test" })
  assert.equal(connection.info?.jetstream, true)
  await connection.close()
})

test("a server without the mended fence is refused by its version", async (t) => {
  const port = await playServer(t, { version: "2.10.27", jetstream: true })
  await refused(connectChecked({ url: `nats://127.0.0.1:${port}` }), "SERVER_TOO_OLD", /127\.0\.0\.1:\d+ is version 2\.10\.27/)
})

test("a new server whose JetStream is answered by an old one is refused", async (t) => {
  const port = await playServer(t, { version: "2.15.1", jetstream: true, api: { api: { total: 0, errors: 0 } } })
  await refused(connectChecked({ url: `nats://127.0.0.1:${port}` }), "SERVER_TOO_OLD", /API level 0/)
})

test("a server without JetStream is refused", async (t) => {
  const port = await startWithoutJetStream(t)
  await refused(connectChecked({ url: `nats://127.0.0.1:${port}` }), "NO_JETSTREAM", /has no JetStream .* -js/)
})

test("an account without JetStream is refused", async (t) => {
  const api = { error: { code: 503, err_code: 10039, description: "JetStream not enabled for account" } }
  const port = await playServer(t, { version: "2.15.1", jetstream: true, api })
  await refused(connectChecked({ url: `nats://127.0.0.1:${port}` }), "NO_JETSTREAM", /for the account/)
})

test("JetStream that does not answer is waited for, and then refused for now", async (t) => {
  const api = { error: { code: 503, err_code: 10008, description: "system temporarily unavailable" } }
  const port = await playServer(t, { version: "2.15.1", jetstream: true, api })
  const connecting = connectChecked({ url: `nats://127.0.0.1:${port}`, withinMs: 400 })
  await refused(connecting, "JETSTREAM_NOT_READY", /no answer within 0\.4 s/)
})

test("a server that takes only small messages is refused", async (t) => {
  const port = await playServer(t, { version: "2.15.1", jetstream: true, payload: 65_536, api: { api: { level: 5 } } })
  await refused(connectChecked({ url: `nats://127.0.0.1:${port}` }), "PAYLOAD_LIMIT_TOO_LOW", /max_payload 65536/)
})

test("nobody at the URL is refused within six seconds, and the password is not shown", async (t) => {
  const port = await freePort()
  const startedMs = performance.now()
  const url = `nats://admin:hunter2@127.0.0.1:${port}`
  const fault = await refused(connectChecked({ url }), "SERVER_UNREACHABLE", /nats:\/\/\*\*\*@127\.0\.0\.1:\d+ within 5 s/)
  assert.doesNotMatch(`${fault.message} ${fault.stack}`, /hunter2|admin/)
  assert(performance.now() - startedMs < 6_000)
  t.diagnostic(fault.message)
})

test("one that accepts connections and says nothing is unreachable too", async (t) => {
  const port = await listen(t, () => {})
  const startedMs = performance.now()
  await refused(connectChecked({ url: `nats://127.0.0.1:${port}`, withinMs: 600 }), "SERVER_UNREACHABLE", /within 0\.6 s/)
  assert(performance.now() - startedMs < 2_000)
})

test("of several servers the one that answers is used", async (t) => {
  const nats = await withNats(t)
  const connection = await connectChecked({ url: `127.0.0.1:${await freePort()},${nats.url}` })
  assert.equal(connection.getServer(), `127.0.0.1:${nats.server.port}`)
  await connection.close()
})

test("a server that starts a moment later is connected all the same", async (t) => {
  const port = await freePort()
  const connecting = connectChecked({ url: `127.0.0.1:${port}` })
  await withNats(t, { port })
  await (await connecting).close()
})

test("a refused login is told at once, and not tried again", async (t) => {
  const port = await startWithoutJetStream(t, ["--user", "app", "--pass", "right"])
  const url = `nats://app:wrong@127.0.0.1:${port}`
  const startedMs = performance.now()
  const fault = await refused(connectChecked({ url }), "LOGIN_REFUSED", /refused the login/)
  assert.doesNotMatch(fault.message, /wrong/)
  assert(performance.now() - startedMs < 2_000)
  // The right password comes as far as the gate: the server has no JetStream.
  await refused(connectChecked({ url: `nats://app:right@127.0.0.1:${port}` }), "NO_JETSTREAM", /JetStream/)
})

test("what is no URL is refused before anything is connected", async () => {
  await refused(connectChecked({ url: "http://127.0.0.1:1" }), "INVALID_INPUT", /not a NATS|a NATS URL starts with/)
})

test("a reply that says nothing known is asked for again", () => {
  assert.equal(readAnswer(null), "later")
  assert.equal(readAnswer({ error: { err_code: 10076 } }), "none")
  assert.deepEqual(readAnswer({ api: { level: 5 } }), { level: 5 })
})

async function refused(promise: Promise<unknown>, code: string, words: RegExp): Promise<Fault> {
  const error = await promise.then(() => undefined, (reason: unknown) => reason)
  assert(error instanceof Fault)
  assert.equal(error.code, code, error.message)
  assert.match(error.message, words)
  assert.doesNotMatch(error.message, /\n/)
  return error
}

interface Context {
  after(end: () => unknown): void
}

interface Played {
  readonly version: string
  readonly jetstream: boolean
  readonly payload?: number
  /** What it replies to every request. */
  readonly api?: object
}

/** Speaks as much NATS as a client needs to connect and to send one request at a time. */
function playServer(t: Context, played: Played): Promise<number> {
  const { version, jetstream, payload = 1_048_576, api = {} } = played
  return listen(t, (socket) => {
    const info = { version, jetstream, max_payload: payload, server_id: "S", client_id: 1, proto: 1, headers: true }
    socket.write(`INFO ${JSON.stringify(info)}\r\n`)
    let sid = "1"
    createInterface({ input: socket }).on("line", (line) => {
      const [verb, ...words] = line.split(" ")
      if (verb === "PING") socket.write("PONG\r\n")
      if (verb === "SUB") sid = words.at(-1) ?? sid
      if (verb !== "PUB") return
      const body = JSON.stringify(api)
      socket.write(`MSG ${words[1]} ${sid} ${body.length}\r\n${body}\r\n`)
    })
  })
}

async function listen(t: Context, connected: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket.on("error", () => {}))
    connected(socket)
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const address = server.address()
  assert(typeof address === "object" && address !== null)
  return address.port
}

/** Nobody listens there: the system gave it out a moment ago. */
async function freePort(): Promise<number> {
  const ends: (() => unknown)[] = []
  const port = await listen({ after: (end) => void ends.push(end) }, () => {})
  for (const end of ends) end()
  return port
}

async function startWithoutJetStream(t: Context, args: readonly string[] = []): Promise<number> {
  const options = ["-a", "127.0.0.1", "-p", "-1", ...args]
  const server: ChildProcess = spawn(await findServer(), options, { stdio: ["ignore", "ignore", "pipe"] })
  t.after(() => server.kill("SIGKILL"))
  assert(server.stderr !== null)
  let port = 0
  for await (const line of createInterface({ input: server.stderr })) {
    port = Number(/client connections on 127\.0\.0\.1:(\d+)/.exec(line)?.[1] ?? port)
    if (line.includes("Server is ready")) break
  }
  return port
}
