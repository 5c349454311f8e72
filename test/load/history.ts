// What it costs to read an actor's history: fills the journal of one partition on an embedded nats-server with decisions on
// many actors, and reads the first page of one that decided last, of one that decided first only, and of one that nobody
// knows, which is a search of everything. Not part of `npm test`:
//   node test/load/history.ts [--mebibytes N] [--block-kib N] [--state-bytes N]
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"
import * as Effect from "effect/Effect"
import { app, chooseServer, connect, done, type Schema, service } from "../../runtime/index.ts"
import { commit, nextHead } from "../../runtime/delivery/commit.ts"
import { emptyPartition } from "../../runtime/delivery/partition.ts"
import { encodeBlock, encodeEntry } from "../../runtime/message/block.ts"
import { natsJournal } from "../../runtime/nats/journal.ts"
import { openLink } from "../../runtime/nats/link.ts"

const { values } = parseArgs({
  options: {
    mebibytes: { type: "string", default: "16" },
    "block-kib": { type: "string", default: "16" },
    "state-bytes": { type: "string", default: "200" },
  },
})
const [bytes, blockBytes] = [Number(values.mebibytes) * 1024 ** 2, Number(values["block-kib"]) * 1024]

const Anything: Schema<unknown> = { "~standard": { version: 1, vendor: "load", validate: (value) => ({ value }) } }
const note = service("note", { state: () => "" }).command("write", Anything, (state) => done(state, null))
const load = app("history", { namespace: "load", partitions: 1, services: [note] })

/** Blocks of decisions as an owner writes them; gives how many blocks and decisions there are. */
async function fill(natsUrl: string): Promise<{ readonly blocks: number; readonly decisions: number }> {
  const link = await openLink({ natsUrl, name: "fill", namespace: "load", app: "history", partitions: 1 })
  const journal = natsJournal(link.connection, link.publisher, link.subjects, "history", link.reads)
  const partition = { ...emptyPartition("history", 0), incarnation: "load", epoch: 1 }
  let [written, blocks, decisions] = [0, 0, 0]
  while (written < bytes) {
    const entries: string[] = []
    for (let size = 0; size < blockBytes; decisions += 1) {
      const entry = encodeEntry({
        from: [["stream:external:load:0", decisions]],
        to: { service: "note", key: `note-${decisions}` },
        by: { type: "command", name: "write" },
        state: "x".repeat(Number(values["state-bytes"])),
        effects: [[`write-${decisions}`, { outcome: { type: "done", value: null } }]],
      })
      entries.push(entry)
      size += entry.length
    }
    const kind = blocks === 0 ? ("genesis" as const) : ("decisions" as const)
    const head = { ...nextHead(partition, Date.now()), kind, low: {}, confirmed: {} }
    const block = { head, bytes: encodeBlock(head, entries) }
    await Effect.runPromise(commit({ journal }, partition, block))
    written += block.bytes.length
    blocks += 1
  }
  await link.close()
  return { blocks, decisions }
}

const dataDir = await mkdtemp(join(tmpdir(), "troupe-load-"))
const server = await chooseServer({ dataDir })
try {
  const { blocks, decisions } = await fill(server.url)
  console.log(`${values.mebibytes} MiB in ${blocks} blocks, ${decisions} decisions`)
  const { operator, close } = await connect(load, { natsUrl: server.url })
  for (const key of [`note-${decisions - 1}`, "note-0", "nobody"]) {
    const tookMs: number[] = []
    const cpu = process.cpuUsage()
    for (let n = 0; n < 5; n += 1) {
      const startedMs = performance.now()
      // The last decision alone, or a search to the beginning.
      const limit = key === `note-${decisions - 1}` ? 1 : 100
      await operator.history({ service: "note", key }, { limit })
      tookMs.push(performance.now() - startedMs)
    }
    const { user, system } = process.cpuUsage(cpu)
    const cpuMs = Math.round((user + system) / 5_000)
    console.log(`${key}: ${tookMs.map(Math.round).join(", ")} ms, ${cpuMs} ms of CPU each`)
  }
  await close()
} finally {
  await server.stop()
  await rm(dataDir, { recursive: true, force: true })
}
