// A nats-server of its own for each run, configured as the embedded one is, with or without a sync of every write; or a
// cluster of three, on loopback, each with a store of its own.
import { execFileSync } from "node:child_process"
import { once } from "node:events"
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { type AddressInfo, createServer } from "node:net"
import { tmpdir } from "node:os"
import { basename, join } from "node:path"
import { setTimeout as pause } from "node:timers/promises"
import { jetstreamManager } from "@nats-io/jetstream"
import { connect } from "@nats-io/transport-node"
import { findServer } from "../runtime/nats/server/provision.ts"
import { renderConfig, serverFiles } from "../runtime/nats/server/server-config.ts"
import { startWatched } from "../runtime/nats/server/watchdog.ts"
import { folderBytes } from "./machine.ts"
import type { Row } from "./row.ts"

export interface BenchServer {
  /** Of all nodes, with commas between them. */
  readonly url: string
  readonly pids: readonly number[]
  /** What the stores of all nodes take on disk. */
  storedBytes(): number
  stop(): Promise<void>
}

const startMaxMs = 10_000
/** A new cluster first elects who leads it. */
const clusterMaxMs = 30_000

/** One server for one copy, three for three. */
export async function startServer(mode: Row["mode"], replicas = 1): Promise<BenchServer> {
  const base = await mkdtemp(join(tmpdir(), "troupe-bench-"))
  const routes = replicas === 1 ? [] : await freePorts(replicas)
  const nodes: Node[] = []
  const stop = async () => {
    await Promise.all(nodes.map((node) => node.stop()))
    await rm(base, { recursive: true, force: true, maxRetries: 5 })
  }
  try {
    const names = Array.from({ length: replicas }, (_, index) => `n${index + 1}`)
    for (const [index, name] of names.entries())
      nodes.push(await startNode(join(base, name), mode, routes.length === 0 ? "" : clusterText(name, routes, index)))
    const urls = await Promise.all(nodes.map((node) => untilListening(node.portsFile)))
    const url = urls.join(",")
    if (replicas > 1) await untilReplicated(url, replicas)
    const storedBytes = () => nodes.reduce((sum, { store }) => sum + folderBytes(store), 0)
    return { url, pids: nodes.map(({ pid }) => pid), storedBytes, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

interface Node {
  readonly pid: number
  readonly store: string
  readonly portsFile: string
  stop(): Promise<void>
}

async function startNode(dataDir: string, mode: Row["mode"], cluster: string): Promise<Node> {
  const binary = await findServer()
  await mkdir(dataDir)
  const { config, errors, store } = serverFiles(dataDir)
  const strict = renderConfig({ dataDir, port: -1 })
  const text = mode === "strict" ? strict : strict.replace(/^.*sync_interval: always\n/m, "")
  if (mode === "default" && text === strict) throw new Error("the embedded server's configuration says no sync_interval")
  await writeFile(config, cluster === "" ? text : `${text.replace(/^server_name: .*\n/m, "")}${cluster}`)
  const watched = await startWatched(binary, config, errors)
  watched.go()
  const stop = async () => {
    watched.drop()
    await watched.exited
  }
  return { pid: watched.pid, store, portsFile: join(dataDir, `${basename(binary)}_${watched.pid}.ports`), stop }
}

function clusterText(name: string, ports: readonly number[], own: number): string {
  const routes = ports.filter((_, index) => index !== own).map((port) => `"nats-route://127.0.0.1:${port}"`)
  return `server_name: ${name}
cluster { name: bench, listen: "127.0.0.1:${ports[own]}", routes: [${routes.join(", ")}] }
`
}

/** All are taken at once, so that they differ. */
async function freePorts(count: number): Promise<readonly number[]> {
  const probes = Array.from({ length: count }, () => createServer().listen(0, "127.0.0.1"))
  await Promise.all(probes.map((probe) => once(probe, "listening")))
  const ports = probes.map((probe) => (probe.address() as AddressInfo).port) // cast: it listens on TCP
  await Promise.all(probes.map((probe) => once(probe.close(), "close")))
  return ports
}

/** Until the nodes know each other, and place a stream. */
async function untilReplicated(url: string, replicas: number): Promise<void> {
  const connection = await connect({ servers: url.split(",") })
  const untilMs = performance.now() + clusterMaxMs
  try {
    const manager = await jetstreamManager(connection, { checkAPI: false, timeout: 2_000 })
    for (;;) {
      const placed = manager.streams.add({ name: "PROBE", subjects: ["probe"], num_replicas: replicas })
      const error = await placed.then(
        () => undefined,
        (refused: unknown) => refused,
      )
      if (error === undefined) break
      if (performance.now() > untilMs)
        throw new Error(`the cluster places no stream after ${clusterMaxMs / 1000} s`, { cause: error })
      await pause(100)
    }
    await manager.streams.delete("PROBE")
  } finally {
    await connection.close()
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
