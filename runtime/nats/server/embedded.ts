// The embedded server: a nats-server on a free loopback port, with its store in a directory of the app, started and ended
// with this process. Acknowledged writes are on disk. Order matters: lock the store, end an orphan, record the new server's
// pid, and only then let it open the store (R19). For one machine; a deployment of several points NATS_URL at its servers.
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises"
import { basename, join, resolve } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { limits } from "../../kernel/limits.ts"
import { ServerStartFailed } from "./faults.ts"
import { identify } from "./process-identity.ts"
import { findServer } from "./provision.ts"
import { renderConfig, serverFiles } from "./server-config.ts"
import { endServer, readRecord, removeRecord, type ServerRecord, serverRuns, writeRecord } from "./server-record.ts"
import { lockStore } from "./store-lock.ts"
import { type Exit, startWatched, type WatchedServer } from "./watchdog.ts"

const pollMs = 10

export interface EmbeddedOptions {
  /** Made if it is not there. One process at a time. */
  readonly dataDir: string
  /** A nats-server; by default one is found, or provisioned (see provision.ts). */
  readonly binary?: string
  /** A loopback port; by default a free one. With a fixed one clients find the server again after it was restarted. */
  readonly port?: number
  /** How long to wait for another process to give the store up. 5 s by default. */
  readonly lockWaitMs?: number
  readonly report?: (line: string) => void
}

/** It keeps the event loop alive until it has ended. */
export interface EmbeddedServer {
  /** `nats://127.0.0.1:<port>` */
  readonly url: string
  readonly port: number
  readonly pid: number
  /** Resolves when the server has ended, wanted or not. Until `stop` was called the store stays locked all the same. */
  readonly exited: Promise<Exit>
  /** Ends the server, waits until it is gone, and gives the store up. May be called again. */
  stop(): Promise<void>
}

/**
 * Resolves when the server has recovered its store and takes connections. Throws NoNatsServer, StoreInUse or
 * ServerStartFailed; then nothing is left running.
 */
export async function startEmbeddedServer(options: EmbeddedOptions): Promise<EmbeddedServer> {
  const { port = -1, lockWaitMs = limits.storeLockWaitMs, report } = options
  const binary = options.binary ?? (await findServer(report === undefined ? {} : { report }))
  const dataDir = resolve(options.dataDir)
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  const lock = await lockStore(dataDir, { waitMs: lockWaitMs })
  try {
    await endOrphan(dataDir, report)
    await writeFile(serverFiles(dataDir).config, renderConfig({ dataDir, port }), { mode: 0o600 })
    const running = await launch(dataDir, binary)
    const giveUp = async () => {
      await removeRecord(dataDir)
      await lock.release()
    }
    let stopped: Promise<void> | undefined
    const stop = () => (stopped ??= running.end().then(giveUp))
    return { url: `nats://127.0.0.1:${running.port}`, port: running.port, pid: running.pid, exited: running.exited, stop }
  } catch (error) {
    await lock.release()
    throw error
  }
}

async function endOrphan(dataDir: string, report?: (line: string) => void): Promise<void> {
  const left = await readRecord(dataDir)
  if (left !== undefined && (await serverRuns(left))) {
    report?.(`nats-server: ending process ${left.serverPid}, which an earlier run left on ${dataDir}`)
    await endServer(dataDir, left)
  }
  await removeRecord(dataDir)
  for (const name of await readdir(dataDir)) if (name.endsWith(".ports")) await rm(join(dataDir, name), { force: true })
}

interface Running {
  readonly pid: number
  readonly port: number
  readonly exited: Promise<Exit>
  end(): Promise<void>
}

async function launch(dataDir: string, binary: string): Promise<Running> {
  const { config, errors } = serverFiles(dataDir)
  const watched = await startWatched(binary, config, errors).catch((error: unknown) => {
    throw new ServerStartFailed(`the watchdog of the nats-server on ${dataDir} could not be started`, { cause: error })
  })
  const { pid } = watched
  const identity = await identify(pid)
  const record = { serverPid: pid, serverStartTime: identity?.startTime ?? "", config, ownerPid: process.pid }
  const exited = serverExited(dataDir, record, watched)
  // Whoever awaits it, or stops the server, hears of a server that cannot be ended; nobody else needs to.
  exited.catch(() => {})
  const end = () => endRunning(dataDir, record, watched, exited)
  try {
    await writeRecord(dataDir, record)
    watched.go()
    const port = await untilListening(dataDir, binary, pid, exited)
    await writeRecord(dataDir, { ...record, port })
    return { pid, port, exited, end }
  } catch (error) {
    await end()
    await removeRecord(dataDir)
    throw error
  }
}

/** If the watchdog is killed nobody would end the server for us any more, so it is ended at once and the exit is true. */
async function serverExited(dataDir: string, record: ServerRecord, watched: WatchedServer): Promise<Exit> {
  const exit = await watched.exited
  if (exit !== "watchdogDied") return exit
  watched.drop()
  await endServer(dataDir, record)
  return { code: null, signal: "SIGKILL" }
}

async function endRunning(dataDir: string, record: ServerRecord, watched: WatchedServer, exited: Promise<Exit>): Promise<void> {
  await endServer(dataDir, record)
  watched.drop()
  await exited
}

async function untilListening(dataDir: string, binary: string, pid: number, exited: Promise<Exit>): Promise<number> {
  const file = join(dataDir, `${basename(binary)}_${pid}.ports`)
  const untilMs = performance.now() + limits.serverStartMs
  let ended: Exit | undefined
  exited.then((exit) => void (ended = exit), () => {})
  while (performance.now() < untilMs) {
    const port = portOf(await readFile(file, "utf8").catch(() => ""))
    if (port !== undefined) return port
    if (ended !== undefined) {
      const how = ended.signal ?? `exit ${ended.code}`
      throw new ServerStartFailed(`nats-server ended while it was starting (${how}) on ${dataDir}: ${await lastWords(dataDir)}`)
    }
    await sleep(pollMs)
  }
  const seconds = limits.serverStartMs / 1000
  throw new ServerStartFailed(`nats-server on ${dataDir} took no connections within ${seconds} s: see server.log there`)
}

/** Of a ports file, `{"nats":["nats://127.0.0.1:4222"]}`; undefined while it is not there or half written. */
function portOf(text: string): number | undefined {
  const port = Number(/"nats:\/\/[^"]*:(\d+)"/.exec(text)?.[1])
  return Number.isSafeInteger(port) && text.trimEnd().endsWith("}") ? port : undefined
}

/** The line in which the server said why it gave up. */
async function lastWords(dataDir: string): Promise<string> {
  const { errors, log } = serverFiles(dataDir)
  for (const file of [errors, log]) {
    const lines = (await readFile(file, "utf8").catch(() => "")).trim().split("\n")
    const line = lines.findLast((text) => file === errors || /\[(FTL|ERR)\]/.test(text))
    if (line !== undefined && line !== "") return line.slice(0, 500)
  }
  return "it said nothing"
}
