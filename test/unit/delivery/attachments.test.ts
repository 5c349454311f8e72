// Payloads that are too large for a record: deposited, referred to, fetched by handlers. What is missing is a fault.
import assert from "node:assert/strict"
import { test } from "node:test"
import { setImmediate as turn } from "node:timers/promises"
import {
  app, attachmentSchema, done, effectful, InvalidInput, isAttachment, SchemaMismatch, service,
} from "../../../runtime/index.ts"
import { limits } from "../../../runtime/kernel/limits.ts"
import { askInMemory, depositInMemory, newWorld, startInMemory } from "../../../runtime/testing/index.ts"

function scanApp() {
  const scan = service("scan", { state: () => ({ bytes: 0 }) }).command(
    "read",
    attachmentSchema,
    effectful(async (_, ref, { fetch }) => done({ bytes: (await fetch(ref)).length }, ref.contentType), {
      retry: { times: 2, from: 1, max: 2 },
    }),
  )
  const shape = app("scans", { namespace: "test", partitions: 1, services: [scan] })
  const world = newWorld()
  return { scan, shape, world, deposits: depositInMemory(shape, world) }
}

test("a handler fetches what was deposited, and its record holds the reference alone", async (t) => {
  const { scan, shape, world, deposits } = scanApp()
  const process = await startInMemory(shape, world)
  t.after(() => process.kill())
  const ref = await deposits.deposit(new Uint8Array(1_500_000).fill(7), { contentType: "text/plain" })
  assert.ok(JSON.stringify(ref).length < 250)
  assert.deepEqual(await askInMemory(shape, world, scan.read("a", ref)), { type: "done", value: "text/plain" })
  assert.deepEqual(process.engine.row({ service: "scan", key: "a" })?.state, { bytes: 1_500_000 })
  const nothing = await deposits.deposit(new Uint8Array())
  assert.equal((await askInMemory(shape, world, scan.read("b", nothing))).type, "done")
})

test("what is missing is tried for, and then its record is parked; what was changed is parked at once", async (t) => {
  const { scan, shape, world, deposits } = scanApp()
  const process = await startInMemory(shape, world)
  t.after(() => process.kill())
  const [gone, forged] = [await deposits.deposit(Buffer.from("gone")), await deposits.deposit(Buffer.from("good"))]
  await deposits.discard(gone)
  for (const key of world.attachments.keys()) if (key.includes(forged.name)) world.attachments.set(key, Buffer.from("evil"))
  const outcomes = [askInMemory(shape, world, scan.read("a", gone)), askInMemory(shape, world, scan.read("b", forged))]
  const [missing, corrupt] = await Promise.all(outcomes)
  assert.partialDeepStrictEqual(missing, { type: "faulted", code: "ATTACHMENT_MISSING" })
  assert.partialDeepStrictEqual(corrupt, { type: "faulted", code: "ATTACHMENT_CORRUPT" })
  await turn()
  assert.deepEqual(process.engine.parked().map(({ attempts }) => attempts).toSorted((a = 0, b = 0) => a - b), [1, 3])
})

test("what is no reference is no payload, and more than an attachment may have is not kept", async () => {
  const { scan, world, deposits } = scanApp()
  const ref = await deposits.deposit(Buffer.from("x"))
  assert.ok(isAttachment(ref))
  for (const wrong of [{ ...ref, name: "a.b" }, { ...ref, digest: "0" }, { ...ref, bytes: limits.attachmentBytesMax + 1 }]) {
    assert.throws(() => scan.read("a", wrong), SchemaMismatch)
  }
  const piece = new Uint8Array(limits.attachmentPieceBytes)
  async function* endless() {
    for (;;) yield piece
  }
  await assert.rejects(deposits.deposit(endless()), InvalidInput)
  assert.deepEqual([...world.attachments.keys()], [`scans ${ref.name} 0`])
})
