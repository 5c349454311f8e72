// A store that is put back to an older copy while its readers live: the stream keeps its name and the time of its creation,
// and gives numbers out for a second time.
import assert from "node:assert/strict"
import { cp, rm } from "node:fs/promises"
import { after, test } from "node:test"
import * as Effect from "effect/Effect"
import { type EmbeddedServer, startEmbeddedServer } from "../../runtime/nats/server/embedded.ts"
import { recordDigest } from "../../runtime/message/hash.ts"
import type { InputPosition } from "../../runtime/ports/inputs.ts"
import { startTestNats } from "../support/nats-process.ts"
import { bodies, bodyOf, reading } from "./inputs-suite.ts"
import { openParts, reconnected } from "./nats-parts.ts"

const { server: first, dataDir } = await startTestNats()
const copyDir = `${dataDir}-copy`
let server: EmbeddedServer = first
after(async () => {
  await server.stop()
  for (const directory of [dataDir, copyDir]) await rm(directory, { recursive: true, force: true })
})

async function restart(meanwhile: () => Promise<void>): Promise<void> {
  await server.stop()
  await meanwhile()
  server = await startEmbeddedServer({ dataDir, port: first.port })
}

test("R14: when its stream is restored from an older copy a reader fails, and opening there is InputBehind", async () => {
  const parts = await openParts(first.port)
  const { connection, direct, inputs, store } = parts
  const restarted = async (meanwhile: () => Promise<void>) => {
    const back = Promise.all([reconnected(connection), reconnected(direct)])
    await restart(meanwhile)
    await back
  }
  const outcome = async <A, E extends { readonly _tag: string }>(effect: Effect.Effect<A, E>) => {
    const result = await Effect.runPromise(Effect.result(effect))
    return result._tag === "Failure" ? result.failure._tag : "nothing went wrong"
  }
  for (const body of bodies(1, 3)) await store("external", 0, body)
  const digests: string[] = []
  const identity = await Effect.runPromise(inputs.stream("external"))
  await restarted(() => cp(dataDir, copyDir, { recursive: true }))
  for (const body of bodies(4, 10)) await store("external", 0, body)
  await reading(inputs, "external", 0, 0, async ({ next }) => {
    const seen: string[] = []
    while (seen.length < 10) {
      const record = await Effect.runPromise(next)
      seen.push(bodyOf(record))
      digests.push(recordDigest(record))
    }
    assert.deepEqual(seen, bodies(1, 10))
    const waiting = outcome(next)
    await restarted(async () => {
      await rm(dataDir, { recursive: true })
      await cp(copyDir, dataDir, { recursive: true })
    })
    assert.equal(await waiting, "InputUnavailable")
  })
  assert.equal(await Effect.runPromise(inputs.stream("external")), identity, "its identity does not tell")
  const open = (from: InputPosition) => outcome(Effect.scoped(inputs.open("external", 0, from)))
  assert.equal(await open({ after: 9, seen: 10, stream: identity }), "InputBehind")
  assert.equal(await open({ after: 2, seen: 3, stream: identity }), "nothing went wrong")
  for (const body of bodies(11, 20)) await store("external", 0, body)
  const last = { after: 9, seen: 10, stream: identity }
  assert.equal(await open(last), "nothing went wrong", "its numbers alone do not tell either, once it has grown")
  assert.equal(await open({ ...last, digest: digests[9]! }), "InputBehind")
  assert.equal(await open({ after: 2, seen: 3, stream: identity, digest: digests[2]! }), "nothing went wrong")
  await parts.end()
})
