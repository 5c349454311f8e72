// Making the streams of an app (R16): once, by whoever comes first, and never over what somebody else has made.
import assert from "node:assert/strict"
import { after, describe, test } from "node:test"
import { startTestNats } from "../support/nats-process.ts"
import { limits } from "../../runtime/kernel/limits.ts"
import { natsEdge } from "../../runtime/nats/edge.ts"
import { manifestPlace, readManifest, replaceManifest } from "../../runtime/nats/manifest.ts"
import { provision } from "../../runtime/nats/provision.ts"
import { encodeSeal, newManifest } from "../../runtime/message/manifest.ts"
import { AckedPublisher } from "../../runtime/nats/acked-publisher.ts"
import { connectChecked } from "../../runtime/nats/server/connect.ts"
import { append, bytes } from "./journal-suite.ts"
import { app, type NatsParts, openParts } from "./nats-parts.ts"

const nats = await startTestNats()
after(() => nats.stop())

const promise = (text: string, run: (parts: NatsParts) => Promise<void>): void =>
  void test(text, async () => {
    const parts = await openParts(nats.server.port, { provisioned: false })
    try {
      await run(parts)
    } finally {
      await parts.end()
    }
  })

describe("provisioning on NATS", { concurrency: true }, () => {
  promise("journals and input refuse when they are full, and nothing in them ages; events age", async (parts) => {
    await make(parts)
    const { journal, input, events } = parts.subjects.streams
    for (const name of [journal, input]) {
      const { config } = await parts.manager.streams.info(name)
      assert.deepEqual([config.discard, config.max_age, config.retention, config.storage], ["new", 0, "limits", "file"])
    }
    const { config } = await parts.manager.streams.info(events)
    assert.deepEqual([config.max_age, config.storage], [7 * 24 * 3600 * 1e9, "file"])
  })

  promise("journals that were deleted are not begun anew behind an input that was used: who starts is told", async (parts) => {
    await make(parts)
    const { journal, input } = parts.subjects.streams
    await parts.store("external", 0, "a record")
    await parts.manager.streams.delete(journal)
    const message = new RegExp(`${journal} is not there.*${input} has held 1 `)
    await assert.rejects(make(parts), { code: "JOURNAL_MISSING", message })
    await assert.rejects(parts.manager.streams.info(journal), "nothing was made")
    await parts.manager.streams.delete(input)
    await make(parts)
  })

  promise("journals are not compressed: a power cut while a full block is written anew could cost it", async (parts) => {
    await make(parts)
    const { config } = await parts.manager.streams.info(parts.subjects.streams.journal)
    assert.equal(config.compression, "none")
  })

  promise("R15: each partition's input has a bound; journals have none, it would refuse their compaction", async (parts) => {
    await make(parts)
    const { journal, input } = parts.subjects.streams
    const bounds = async (name: string) => {
      const { config } = await parts.manager.streams.info(name)
      return [config.max_msgs_per_subject, config.discard_new_per_subject ?? false, config.max_msg_size]
    }
    assert.deepEqual(await bounds(input), [limits.inputBlocksPerPartitionMax, true, limits.inputBytesMax])
    assert.deepEqual(await bounds(journal), [-1, false, -1])
  })

  promise("R15: an app that nobody runs cannot fill the input of another app", async (parts) => {
    await make(parts)
    await make(parts, 8, "billing")
    await parts.boundInput(2)
    const edge = natsEdge(parts.connection, parts.publisher, parts.subjects, "billing")
    for (const block of ["first", "second"]) await parts.edge.submit(0, bytes(block))
    await assert.rejects(parts.edge.submit(0, bytes("third")), { _tag: "InputFull", message: /maximum messages per subject/ })
    assert.ok((await edge.submit(0, bytes("of billing"))) > 0)
  })

  promise("a block that is larger than a client makes them is refused by the server", async (parts) => {
    await make(parts)
    const tooLarge = Buffer.alloc(limits.inputBytesMax + 1)
    await assert.rejects(parts.edge.submit(0, tooLarge), { _tag: "NotAccepted", message: /message size exceeds maximum/ })
  })

  promise("the second call changes nothing, and stores nothing", async (parts) => {
    await make(parts)
    const before = await streams(parts)
    await make(parts)
    assert.deepEqual(await streams(parts), before)
  })

  promise("what an operator changed on a stream stays", async (parts) => {
    await make(parts)
    const { journal } = parts.subjects.streams
    await parts.manager.streams.update(journal, { max_bytes: 1_000_000, description: "bounded by operations" })
    await make(parts)
    const { config } = await parts.manager.streams.info(journal)
    assert.deepEqual([config.max_bytes, config.description], [1_000_000, "bounded by operations"])
  })

  promise("processes that start at the same time agree on one manifest", async (parts) => {
    await Promise.all([make(parts), make(parts), make(parts), make(parts)])
    const { subjects, manager } = parts
    const { state } = await manager.streams.info(subjects.streams.journal)
    assert.equal(state.messages, 1)
    assert.deepEqual(await manifest(parts, app), { v: 1, partitions: 8, hash: "fnv1a32" })
  })

  promise("of processes that start at once with different counts one wins and the others are refused", async (parts) => {
    const counts = [2, 4, 8, 16]
    const results = await Promise.allSettled(counts.map((partitions) => make(parts, partitions)))
    const { partitions } = await manifest(parts, app)
    for (const [index, result] of results.entries()) {
      if (counts[index] === partitions) assert.equal(result.status, "fulfilled")
      else assert.equal(codeOf(result), "MANIFEST_MISMATCH")
    }
  })

  promise("another number of partitions is refused with MANIFEST_MISMATCH, and nothing is changed", async (parts) => {
    await make(parts, 8)
    const before = await streams(parts)
    await assert.rejects(make(parts, 9), { code: "MANIFEST_MISMATCH", retry: "never", message: /with 8 partitions.* with 9 / })
    assert.deepEqual(await streams(parts), before)
    await make(parts, 8)
  })

  promise("apps of one namespace have manifests of their own", async (parts) => {
    await make(parts, 8)
    await make(parts, 4, "billing")
    assert.deepEqual([(await manifest(parts, app)).partitions, (await manifest(parts, "billing")).partitions], [8, 4])
  })

  promise("R16: a move that was begun is called off by a process of the app, not by a client or a sender", async (parts) => {
    await make(parts, 2)
    const place = await manifestPlace(parts, app)
    const move = { id: "a1", partitions: 4, isCalledOff: false }
    const begun = await replaceManifest(place, (await readManifest(place))!.sequence, newManifest(2, 0, move))
    const first = await append(parts.journal, 1, "first", 0)
    await append(parts.journal, 1, Buffer.from(encodeSeal("a1")).toString(), first)
    await make(parts, 2)
    await provision({ ...parts, app: "sender", partitions: 8, replicas: 1, peers: [{ app, partitions: 2 }], isMember: true })
    assert.deepEqual(await readManifest(place), begun)

    await provision({ ...parts, app, partitions: 2, replicas: 1, isMember: true })
    const now = (await readManifest(place))?.manifest
    assert.deepEqual([now?.partitions, now?.layout, now?.move?.isCalledOff], [2, 0, true])
    assert.equal(await replaceManifest(place, begun!.sequence, newManifest(4, 1)), undefined, "it cannot be made any more")
    assert.ok((await append(parts.journal, 1, "second", first)) > first, "the seal is gone, and the fence is where it was")
  })

  promise("R16: a seal that comes late, of a move that was called off, is taken away by the next start", async (parts) => {
    await make(parts, 2)
    const place = await manifestPlace(parts, app)
    const move = { id: "a1", partitions: 4, isCalledOff: true }
    await replaceManifest(place, (await readManifest(place))!.sequence, newManifest(2, 0, move))
    const [own, others] = [await append(parts.journal, 0, "own", 0), await append(parts.journal, 1, "others", 0)]
    await append(parts.journal, 0, Buffer.from(encodeSeal("a1")).toString(), own)
    const left = await append(parts.journal, 1, Buffer.from(encodeSeal("of another move")).toString(), others)
    await provision({ ...parts, app, partitions: 2, replicas: 1, isMember: true })
    assert.ok((await append(parts.journal, 0, "next", own)) > own)
    assert.ok((await append(parts.journal, 1, "next", left)) > left, "what another move has sealed stays sealed")
  })

  promise("R16: a manifest is replaced only by who has read it; a lost answer is found out by reading", async (parts) => {
    await make(parts, 2)
    const place = await manifestPlace(parts, app)
    const { sequence } = (await readManifest(place))!
    const replaced = [3, 4, 5].map((partitions) => replaceManifest(place, sequence, newManifest(partitions, 1)))
    const results = await Promise.all(replaced)
    assert.equal(results.filter((result) => result !== undefined).length, 1)
    const stored = results.find((result) => result !== undefined)
    assert.deepEqual(await readManifest(place), stored)
    parts.fail("stored")
    const direct = { ...place, manager: parts.manager }
    const replacing = replaceManifest(direct, stored!.sequence, newManifest(6, 2))
    const until = performance.now() + 10_000
    while ((await readManifest(direct))?.manifest.partitions !== 6) assert.ok(performance.now() < until, "it is stored")
    await parts.heal()
    assert.deepEqual(await replacing, await readManifest(direct))
  })

  promise("R16, R17: a manifest of a later release is refused, and not waited for", async (parts) => {
    await make(parts)
    await parts.publisher.publish(parts.subjects.manifest(app), Buffer.from('{"v":3,"partitions":8,"hash":"fnv1a32"}'), 5_000)
    await assert.rejects(make(parts), { code: "UNREADABLE_MANIFEST", retry: "never" })
  })

  promise("the manifest is no record of a partition: the first append expects sequence 0", async (parts) => {
    await make(parts)
    assert.equal(await append(parts.journal, 0, "first", 0), 2)
  })

  for (const stream of ["journal", "input", "events"] as const) {
    promise(`a stream of another application under the name of the ${stream} is refused and left alone`, async (parts) => {
      const name = parts.subjects.streams[stream]
      await parts.manager.streams.add({ name, subjects: [`${name}.foreign`] })
      await assert.rejects(make(parts), { code: "MANIFEST_MISMATCH", message: new RegExp(name) })
      assert.deepEqual((await parts.manager.streams.info(name)).config.subjects, [`${name}.foreign`])
    })
  }

  promise("a stream of another application that holds the namespace's subjects is refused and left alone", async (parts) => {
    const name = `FOREIGN_${parts.subjects.streams.journal}`
    await parts.manager.streams.add({ name, subjects: [parts.subjects.bindings.journal] })
    await assert.rejects(make(parts), { code: "MANIFEST_MISMATCH", retry: "never", message: /subjects/ })
    assert.equal((await parts.manager.streams.info(name)).state.messages, 0)
  })

  promise("a manifest that cannot be stored, because the journal is full, is PROVISION_FAILED with the reason", async (parts) => {
    await make(parts)
    const { journal } = parts.subjects.streams
    const { state } = await parts.manager.streams.info(journal)
    await parts.manager.streams.update(journal, { max_bytes: state.bytes })
    await assert.rejects(make(parts, 8, "billing"), { code: "PROVISION_FAILED", retry: "later", message: /maximum bytes/ })
  })

  promise("on a closed connection it is PROVISION_FAILED", async (parts) => {
    const connection = await connectChecked({ url: nats.url })
    const publisher = new AckedPublisher(connection)
    await connection.close()
    const { subjects } = parts
    const made = provision({ connection, publisher, subjects, app, partitions: 8, replicas: 1 })
    await assert.rejects(made, { code: "PROVISION_FAILED", retry: "later" })
    publisher.close()
  })
})

async function make({ connection, publisher, subjects }: NatsParts, partitions = 8, name = app): Promise<void> {
  await provision({ connection, publisher, subjects, app: name, partitions, replicas: 1 })
}

async function manifest({ manager, subjects }: NatsParts, name: string) {
  const message = await manager.streams.getMessage(subjects.streams.journal, { last_by_subj: subjects.manifest(name) })
  return message!.json<{ v: number; partitions: number; hash: string }>()
}

/** All that provisioning can change. */
async function streams({ manager, subjects }: NatsParts) {
  const infos = await Promise.all(Object.values(subjects.streams).map((name) => manager.streams.info(name)))
  return infos.map(({ config, created, state }) => ({ config, created, messages: state.messages, last: state.last_seq }))
}

function codeOf(result: PromiseSettledResult<void>): unknown {
  return result.status === "rejected" ? result.reason.code : result.status
}
