// Permits on a real nats-server: the suite, and what only a server can do.
import assert from "node:assert/strict"
import { rm } from "node:fs/promises"
import { after, test } from "node:test"
import { setTimeout as pause } from "node:timers/promises"
import * as Effect from "effect/Effect"
import { natsPermits } from "../../runtime/nats/permits.ts"
import { type EmbeddedServer, startEmbeddedServer } from "../../runtime/nats/server/embedded.ts"
import { PermitsUnavailable } from "../../runtime/ports/permits.ts"
import { startTestNats } from "../support/nats-process.ts"
import { app, openParts, reconnected } from "./nats-parts.ts"
import { permitsContract, take } from "./permits-suite.ts"

const { server: first, dataDir } = await startTestNats()
let server: EmbeddedServer = first
after(async () => {
  await server.stop()
  await rm(dataDir, { recursive: true, force: true })
})

async function make() {
  const parts = await openParts(first.port)
  const permits = natsPermits({ ...parts, app })
  return { ...parts, permits, other: natsPermits({ ...parts, connection: parts.direct, app }) }
}

permitsContract("NATS", make)

test("a permit whose answer was lost is not granted, and counts all the same", async () => {
  const { permits, other, fail, heal, end } = await make()
  const limit = { service: "mail", calls: 3, perMs: 60_000 }
  assert.equal(await take(permits, limit, 1), 1)
  fail("stored")
  const lost = await Effect.runPromise(Effect.result(permits.take(limit, 1)))
  assert.ok(lost._tag === "Failure" && lost.failure instanceof PermitsUnavailable)
  await heal()
  assert.equal(await take(other, limit, 5), 1, "one is left of three")
  await end()
})

test("a stream that was deleted is made again; where limits are stated by nobody no stream is made", async () => {
  const { permits, manager, subjects, end } = await make()
  const { stream } = subjects.permits(app, "mail")
  await assert.rejects(manager.streams.info(stream))
  const limit = { service: "mail", calls: 3, perMs: 60_000 }
  assert.equal(await take(permits, limit, 3), 3)
  await manager.streams.delete(stream)
  while ((await Effect.runPromise(Effect.orElseSucceed(permits.take(limit, 1), () => 0))) === 0) await pause(20)
  assert.equal((await manager.streams.info(stream)).state.messages, 1)
  await end()
})

test("a server that is killed and started again still knows what it granted", async () => {
  const { permits, connection, end } = await make()
  const limit = { service: "mail", calls: 3, perMs: 60_000 }
  assert.equal(await take(permits, limit, 2), 2)
  process.kill(server.pid, "SIGKILL")
  await server.exited
  await server.stop()
  const back = reconnected(connection)
  server = await startEmbeddedServer({ dataDir, port: first.port })
  await back
  assert.equal(await take(permits, limit, 3), 1)
  await end()
})
