// Attachments on a real nats-server: the suite, and what only a server can do.
import assert from "node:assert/strict"
import { after, test } from "node:test"
import * as Effect from "effect/Effect"
import { app, connect, done, effectful, attachmentSchema, service, start } from "../../runtime/index.ts"
import { natsAttachments } from "../../runtime/nats/attachments.ts"
import { AttachmentsUnavailable } from "../../runtime/ports/attachments.ts"
import { startTestNats } from "../support/nats-process.ts"
import { attachmentsContract } from "./attachments-suite.ts"
import { openParts } from "./nats-parts.ts"

const nats = await startTestNats()
after(() => nats.stop())

async function make(keptMs = 86_400_000) {
  const parts = await openParts(nats.server.port)
  const attachments = natsAttachments({ ...parts, app: "shop" }, keptMs)
  return { ...parts, attachments, other: natsAttachments({ ...parts, connection: parts.direct, app: "bank" }, keptMs) }
}

attachmentsContract("NATS", make)

test("attachments are gone when they are old enough; a silent server is a fault, and not a missing attachment", async () => {
  const { attachments, fail, heal, manager, subjects, end } = await make(7_000)
  await Effect.runPromise(attachments.store("a", 0, Buffer.from("x")))
  const { stream } = subjects.attachments("shop")
  assert.equal((await manager.streams.info(stream)).config.max_age, 7e9)
  fail("lost")
  assert.ok((await Effect.runPromise(Effect.flip(attachments.read("shop", "a", 0)))) instanceof AttachmentsUnavailable)
  const storing = attachments.store("a", 1, Buffer.from("y"))
  assert.ok((await Effect.runPromise(Effect.flip(storing))) instanceof AttachmentsUnavailable)
  await heal()
  await Effect.runPromise(attachments.store("a", 1, Buffer.from("y")))
  await end()
})

test("a client deposits 2 MiB, and a handler on a real server fetches them by the reference in its payload", async (t) => {
  const scan = service("scan", { state: () => ({ bytes: 0 }) }).command(
    "read",
    attachmentSchema,
    effectful(async (_, ref, { fetch }) => {
      const bytes = await fetch(ref)
      return done({ bytes: bytes.length }, bytes.reduce((sum, byte) => sum + byte, 0))
    }),
  )
  const shape = app("scans", { namespace: "scans", partitions: 2, services: [scan] })
  const running = await start(shape, { natsUrl: nats.url })
  t.after(() => running.stop())
  const { client, close } = await connect(shape, { natsUrl: nats.url })
  t.after(close)
  const ref = await client.deposit(new Uint8Array(2 * 1024 * 1024).fill(3), { contentType: "image/png" })
  assert.deepEqual(await client.ask(scan.read("a", ref), { effect: "one" }), { type: "done", value: 3 * 2 * 1024 * 1024 })
  await client.discard(ref)
})
