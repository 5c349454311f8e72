// The embedded server's life, with real processes: a parent of its own for every test, killed in the ways that happen.
import assert from "node:assert/strict"
import { type ChildProcess, execFileSync, spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { test } from "node:test"
import { setTimeout as sleep } from "node:timers/promises"
import { jetstream, jetstreamManager } from "@nats-io/jetstream"
import { chooseServer } from "../../runtime/nats/server/choose.ts"
import { connectChecked } from "../../runtime/nats/server/connect.ts"
import { type EmbeddedOptions, type EmbeddedServer, startEmbeddedServer } from "../../runtime/nats/server/embedded.ts"
import { commandLine, identify, isRunning, type ProcessIdentity } from "../../runtime/nats/server/process-identity.ts"
import { readRecord, type ServerRecord, writeRecord } from "../../runtime/nats/server/server-record.ts"

test("a parent that is killed takes its server with it within two seconds", async (t) => {
  const parent = await startParent(t, makeDataDir(t))
  parent.process.kill("SIGKILL")
  const startedMs = performance.now()
  await gone(parent.server, 2_000)
  t.diagnostic(`the server was gone after ${(performance.now() - startedMs).toFixed(0)} ms`)
})

test("a parent that ends without stopping its server takes it along", async (t) => {
  const parent = await startParent(t, makeDataDir(t))
  parent.process.stdin?.write("exit\n")
  await gone(parent.server, 2_000)
})

test("Ctrl-C reaches the app and not its server, so that the app can drain", async (t) => {
  const parent = await startParent(t, makeDataDir(t))
  process.kill(-parent.pid, "SIGINT")
  assert.equal(await parent.nextLine(), "interrupted")
  const connection = await connectChecked({ url: parent.url })
  await connection.close()
  assert.equal(await isRunning(parent.server), true)
})

test("a killed parent's store is taken over by the next start at once", async (t) => {
  const dataDir = makeDataDir(t)
  const parent = await startParent(t, dataDir)
  parent.process.kill("SIGKILL")
  const next = await startHere(t, dataDir)
  assert.equal(await isRunning(parent.server), false, "never two servers on one store")
  assert.notEqual(next.pid, parent.server.pid)
})

test("an orphan, whose watchdog was killed before its parent, is ended by the next start, and its data is there", async (t) => {
  const dataDir = makeDataDir(t)
  const parent = await startParent(t, dataDir)
  await publish(parent.url, "kept by the orphan")
  // Stopped, so that the parent cannot see its watchdog die and end the server itself.
  parent.process.kill("SIGSTOP")
  killWatchdog(parent.server.pid)
  parent.process.kill("SIGKILL")
  await once(parent.process, "exit")
  assert.equal(await isRunning(parent.server), true, "the orphan lives on")
  const lines: string[] = []
  const next = await startHere(t, dataDir, (line) => lines.push(line))
  assert.equal(await isRunning(parent.server), false)
  assert.match(lines.join("\n"), new RegExp(`ending process ${parent.server.pid}, which an earlier run left`))
  assert.deepEqual(await readBack(next.url), ["kept by the orphan"])
})

test("an orphan that had not begun to listen when its parent was killed is found and ended too", async (t) => {
  const dataDir = makeDataDir(t)
  const binary = join(makeDataDir(t), "nats-server")
  writeFileSync(binary, "#!/bin/sh\nwhile :; do sleep 0.1; done\n", { mode: 0o755 })
  const parent = spawnParent(t, { dataDir, binary })
  const record = await started(dataDir, binary)
  const orphan = { pid: record.serverPid, startTime: record.serverStartTime }
  atEnd(t, () => killIfRunning(orphan))
  parent.kill("SIGSTOP")
  killWatchdog(orphan.pid)
  parent.kill("SIGKILL")
  assert.equal(await isRunning(orphan), true)
  await startHere(t, dataDir)
  assert.equal(await isRunning(orphan), false)
})

test("a watchdog that is killed alone takes the server with it, and the parent hears of it", async (t) => {
  const server = await startHere(t, makeDataDir(t))
  const identity = await identify(server.pid)
  killWatchdog(server.pid)
  assert.deepEqual(await server.exited, { code: null, signal: "SIGKILL" })
  assert(identity !== undefined)
  assert.equal(await isRunning(identity), false)
})

test("the parent hears how its server ended", async (t) => {
  const server = await startHere(t, makeDataDir(t))
  process.kill(server.pid, "SIGKILL")
  assert.deepEqual(await server.exited, { code: null, signal: "SIGKILL" })
})

test("of two starters that race for one store exactly one wins, also after a crash", async (t) => {
  const dataDir = makeDataDir(t)
  for (let round = 0; round < 4; round += 1) {
    const both = await Promise.all([startParentOrFail(t, dataDir, 300), startParentOrFail(t, dataDir, 300)])
    const winners = both.flatMap((result) => (result.parent === undefined ? [] : [result.parent]))
    const faults = both.flatMap((result) => (result.fault === undefined ? [] : [result.fault]))
    const [winner] = winners
    assert(winner !== undefined && winners.length === 1, JSON.stringify(faults))
    assert.match(faults.join(), new RegExp(`^STORE_IN_USE the store \\S+ belongs to process ${winner.pid}: `))
    // Left as a crash leaves it: the next round starts on a stale lock.
    winner.process.kill("SIGKILL")
    await once(winner.process, "exit")
  }
})

test("a recorded server whose pid was given to another process is not mistaken for it", async (t) => {
  const dataDir = makeDataDir(t)
  // It names this very test process: were it mistaken, the test would end here.
  const record = { serverPid: process.pid, serverStartTime: "another-boot:1", config: join(dataDir, "server.conf"), ownerPid: 1 }
  await writeRecord(dataDir, record)
  const server = await startHere(t, dataDir)
  assert.notEqual(server.pid, process.pid)
})

test("what was acknowledged is there after stop and start, and after kill -9 of the server", async (t) => {
  const dataDir = makeDataDir(t)
  const first = await startEmbeddedServer({ dataDir })
  await publish(first.url, "before the stop")
  await first.stop()
  assert.deepEqual(readdirSync(dataDir).filter((name) => name.endsWith(".json") || name.endsWith(".ports")), [])
  const second = await startEmbeddedServer({ dataDir })
  await publish(second.url, "before the kill")
  process.kill(second.pid, "SIGKILL")
  await second.exited
  await second.stop()
  const third = await startHere(t, dataDir)
  assert.deepEqual(await readBack(third.url), ["before the stop", "before the kill"])
})

test("the server takes loopback connections only, and syncs every write", async (t) => {
  const dataDir = makeDataDir(t)
  const server = await startHere(t, dataDir)
  const config = readFileSync(join(dataDir, "server.conf"), "utf8")
  assert.match(config, /listen: "127\.0\.0\.1:-1"/)
  assert.match(config, /sync_interval: always/)
  assert.doesNotMatch(config, /http/)
  assert.equal(server.url, `nats://127.0.0.1:${server.port}`)
})

test("a directory with spaces, quotes and dollars in its name works", async (t) => {
  const dataDir = join(makeDataDir(t), `it's "a" $HOME \\ dir`)
  await startHere(t, dataDir)
  assert(existsSync(join(dataDir, "store", "jetstream")))
})

test("a server that cannot start is told with its own words, and leaves the store free", async (t) => {
  const dataDir = makeDataDir(t)
  const other = await startHere(t, makeDataDir(t))
  const inUse = startEmbeddedServer({ dataDir, port: other.port })
  await assert.rejects(inUse, { code: "SERVER_START_FAILED", message: /address already in use/ })
  await assert.rejects(startEmbeddedServer({ dataDir, binary: "/nowhere/nats-server" }), { message: /not found|No such file/ })
  await startHere(t, dataDir)
})

test("NATS_URL is used where it is given, and nothing is started", async (t) => {
  const dataDir = join(makeDataDir(t), "never-made")
  const lines: string[] = []
  const chosen = await chooseServer({ natsUrl: "nats://u:p@10.1.2.3:4222", dataDir, report: (line) => lines.push(line) })
  await chosen.stop()
  assert.equal(chosen.url, "nats://u:p@10.1.2.3:4222")
  assert.equal(chosen.embedded, undefined)
  assert.deepEqual(lines, ["using the NATS server at nats://***@10.1.2.3:4222 (NATS_URL)"])
  assert.equal(existsSync(dataDir), false)
  await assert.rejects(chooseServer({ natsUrl: "http://x", dataDir }), { code: "INVALID_INPUT" })
})

test("without NATS_URL a server is started in the data directory", async (t) => {
  const chosen = await chooseServer({ natsUrl: "", dataDir: makeDataDir(t) })
  atEnd(t, () => chosen.stop())
  await (await connectChecked({ url: chosen.url })).close()
  assert.equal(chosen.embedded?.url, chosen.url)
})

interface Context {
  after(end: () => unknown): void
}

const endings = new WeakMap<Context, (() => unknown)[]>()

/** What was begun last ends first; `t.after` alone would remove a directory before the server in it is stopped. */
function atEnd(t: Context, end: () => unknown): void {
  const known = endings.get(t)
  if (known !== undefined) return void known.push(end)
  const ends = [end]
  endings.set(t, ends)
  t.after(async () => {
    for (const next of ends.toReversed()) await next()
  })
}

interface Parent {
  readonly process: ChildProcess
  readonly pid: number
  readonly url: string
  readonly server: ProcessIdentity
  nextLine(): Promise<string | undefined>
}

const embedded = new URL("../../runtime/nats/server/embedded.ts", import.meta.url).href
const program = `
const { startEmbeddedServer } = await import(${JSON.stringify(embedded)})
process.on("SIGINT", () => console.log("interrupted"))
process.stdin.on("data", () => process.exit(0))
try {
  const { url, pid } = await startEmbeddedServer(JSON.parse(process.argv[1]))
  console.log(JSON.stringify({ url, pid }))
} catch (error) {
  console.log(JSON.stringify({ fault: error.code + " " + error.message }))
  process.exit(1)
}
`

/** A process, leader of its own group, that starts an embedded server and then does nothing. */
function spawnParent(t: Context, options: EmbeddedOptions): ChildProcess {
  const child = spawn(process.execPath, ["--input-type=module", "-e", program, JSON.stringify(options)], {
    detached: true,
    stdio: ["pipe", "pipe", "inherit"],
  })
  atEnd(t, () => child.kill("SIGKILL"))
  return child
}

async function startParentOrFail(t: Context, dataDir: string, lockWaitMs = 5_000): Promise<{ parent?: Parent; fault?: string }> {
  const child = spawnParent(t, { dataDir, lockWaitMs })
  assert(child.stdout !== null)
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const nextLine = async () => {
    const next = await lines.next()
    return next.done === true ? undefined : next.value
  }
  const line = (await nextLine()) ?? '{"fault":"it said nothing"}'
  const { url = "", pid = 0, fault } = JSON.parse(line) as { url?: string; pid?: number; fault?: string } // cast: see program
  if (fault !== undefined) return { fault }
  const server = await identify(pid)
  assert(server !== undefined && child.pid !== undefined)
  atEnd(t, () => killIfRunning(server))
  return { parent: { process: child, pid: child.pid, url, server, nextLine } }
}

async function startParent(t: Context, dataDir: string): Promise<Parent> {
  const { parent, fault } = await startParentOrFail(t, dataDir)
  assert(parent !== undefined, fault)
  return parent
}

async function startHere(t: Context, dataDir: string, report?: (line: string) => void): Promise<EmbeddedServer> {
  const server = await startEmbeddedServer({ dataDir, ...(report && { report }) })
  atEnd(t, () => server.stop())
  return server
}

function makeDataDir(t: Context): string {
  const dataDir = mkdtempSync(join(tmpdir(), "troupe-embedded-"))
  atEnd(t, () => rmSync(dataDir, { recursive: true, force: true }))
  return dataDir
}

/** Every other process of its group: the shell that waits for the server, and the one that waits for the parent. */
function killWatchdog(serverPid: number): void {
  const processes = execFileSync("ps", ["-A", "-o", "pid=,pgid="], { encoding: "utf8" }).trim().split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number))
  const group = processes.find(([pid]) => pid === serverPid)?.[1]
  const shells = processes.filter(([pid, pgid]) => pgid === group && pid !== serverPid).map(([pid]) => Number(pid))
  assert(shells.length >= 2)
  for (const pid of shells) process.kill(pid, "SIGKILL")
}

async function gone(server: ProcessIdentity, withinMs: number): Promise<void> {
  const untilMs = performance.now() + withinMs
  while (await isRunning(server)) {
    assert(performance.now() < untilMs, `process ${server.pid} still runs after ${withinMs} ms`)
    await sleep(5)
  }
}

/** The record of a server that has been let run, whether or not it listens. */
async function started(dataDir: string, binary: string): Promise<ServerRecord> {
  for (;;) {
    const record = await readRecord(dataDir)
    if (record !== undefined && (await commandLine(record.serverPid)).startsWith(`/bin/sh ${binary}`)) return record
    await sleep(5)
  }
}

async function killIfRunning(server: ProcessIdentity): Promise<void> {
  try {
    if (await isRunning(server)) process.kill(server.pid, "SIGKILL")
  } catch {
    // It went between the look and the kill.
  }
}

async function publish(url: string, text: string): Promise<void> {
  const connection = await connectChecked({ url })
  const manager = await jetstreamManager(connection)
  await manager.streams.add({ name: "KEPT", subjects: ["kept"] })
  const { seq } = await jetstream(connection).publish("kept", text)
  assert(seq > 0)
  await connection.close()
}

async function readBack(url: string): Promise<string[]> {
  const connection = await connectChecked({ url })
  const manager = await jetstreamManager(connection)
  const { state } = await manager.streams.info("KEPT")
  const texts: string[] = []
  for (let seq = state.first_seq; seq <= state.last_seq; seq += 1) {
    texts.push((await manager.streams.getMessage("KEPT", { seq }))?.string() ?? "(gone)")
  }
  await connection.close()
  return texts
}
