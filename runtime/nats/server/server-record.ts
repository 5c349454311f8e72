// Which server process runs on a store: written by the owner of the store's lock before that server may open the store, so
// that whoever takes the store over finds an orphan and ends it first.
import { readFile, rename, rm, writeFile } from "node:fs/promises"
import { setTimeout as sleep } from "node:timers/promises"
import { limits } from "../../kernel/limits.ts"
import { StoreInUse } from "./faults.ts"
import { commandLine, isRunning } from "./process-identity.ts"
import { serverFiles } from "./server-config.ts"

const pollMs = 10
/** SIGKILL works at once, except on a process that waits for a broken disk. */
const killMs = 5_000

export interface ServerRecord {
  readonly serverPid: number
  readonly serverStartTime: string
  /** The configuration file as it stands on that process's command line. */
  readonly config: string
  /** Of the owner, for people who look at the file. */
  readonly ownerPid: number
  /** Known once the server listens. */
  readonly port?: number
}

export async function writeRecord(dataDir: string, record: ServerRecord): Promise<void> {
  const { record: path } = serverFiles(dataDir)
  await writeFile(`${path}.new`, JSON.stringify(record))
  await rename(`${path}.new`, path)
}

export async function removeRecord(dataDir: string): Promise<void> {
  await rm(serverFiles(dataDir).record, { force: true })
}

/** Undefined if there is none, or none that can be read: then no server was let run. */
export async function readRecord(dataDir: string): Promise<ServerRecord | undefined> {
  const text = await readFile(serverFiles(dataDir).record, "utf8").catch(() => "")
  try {
    const { serverPid, serverStartTime, config, ownerPid, port } = JSON.parse(text) as Partial<ServerRecord> // cast: checked
    if (typeof serverPid !== "number" || typeof serverStartTime !== "string" || typeof config !== "string") return undefined
    return { serverPid, serverStartTime, config, ownerPid: Number(ownerPid), ...(typeof port === "number" && { port }) }
  } catch {
    return undefined
  }
}

/** Whether the recorded process still runs, and is the server of this store or waits to become it. */
export async function serverRuns(record: ServerRecord): Promise<boolean> {
  if (!(await isRunning({ pid: record.serverPid, startTime: record.serverStartTime }))) return false
  const line = await commandLine(record.serverPid)
  // A process that is just ending shows no arguments and may still hold its files.
  return line === "" || line.includes(record.config)
}

/** Returns once the recorded server is gone: it is asked to stop, then killed. Throws StoreInUse if it cannot be ended. */
export async function endServer(dataDir: string, record: ServerRecord): Promise<void> {
  for (const [signal, waitMs] of [["SIGTERM", limits.serverStopMs], ["SIGKILL", killMs]] as const) {
    const untilMs = performance.now() + waitMs
    if (!(await serverRuns(record))) return
    send(record.serverPid, signal)
    while (performance.now() < untilMs) {
      if (!(await serverRuns(record))) return
      await sleep(pollMs)
    }
  }
  throw new StoreInUse(`nats-server process ${record.serverPid} still runs on the store ${dataDir} and cannot be ended`)
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // Gone meanwhile, or another user's: the caller looks again and decides.
  }
}
