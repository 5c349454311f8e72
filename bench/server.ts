// A nats-server of its own for each run, configured as the embedded one is, with or without a sync of every write.
import { execFileSync } from "node:child_process"
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { basename, join } from "node:path"
import { setTimeout as pause } from "node:timers/promises"
import { findServer } from "../runtime/nats/server/provision.ts"
import { renderConfig, serverFiles } from "../runtime/nats/server/server-config.ts"
import { startWatched } from "../runtime/nats/server/watchdog.ts"
import { folderBytes } from "./machine.ts"
import type { Row } from "./row.ts"

export interface BenchServer {
  readonly url: string
  readonly pid: number
  /** What its store takes on disk. */
  storedBytes(): number
  stop(): Promise<void>
}

const startMaxMs = 10_000

export async function startServer(mode: Row["mode"]): Promise<BenchServer> {
  const binary = await findServer()
  const dataDir = await mkdtemp(join(tmpdir(), "troupe-bench-"))
  const { config, errors, store } = serverFiles(dataDir)
  const strict = renderConfig({ dataDir, port: -1 })
  const text = mode === "strict" ? strict : strict.replace(/^.*sync_interval: always\n/m, "")
  if (mode === "default" && text === strict) throw new Error("the embedded server's configuration says no sync_interval")
  await writeFile(config, text)
  const watched = await startWatched(binary, config, errors)
  watched.go()
  const stop = async () => {
    watched.drop()
    await watched.exited
    await rm(dataDir, { recursive: true, force: true, maxRetries: 5 })
  }
  try {
    const url = await untilListening(join(dataDir, `${basename(binary)}_${watched.pid}.ports`))
    return { url, pid: watched.pid, storedBytes: () => folderBytes(store), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function untilListening(portsFile: string): Promise<string> {
  const untilMs = performance.now() + startMaxMs
  for (;;) {
    const url = /nats:\/\/[^"]+/.exec(await readFile(portsFile, "utf8").catch(() => ""))?.[0]
    if (url !== undefined) return url
    if (performance.now() > untilMs) throw new Error(`the nats-server does not listen after ${startMaxMs / 1000} s`)
    await pause(20)
  }
}

export async function serverVersion(): Promise<string> {
  return execFileSync(await findServer(), ["--version"], { encoding: "utf8" }).trim()
}
