// A cluster of three nats-servers with JetStream on loopback, whose nodes a test may kill and start again. Stores are in a
// temporary folder; a watchdog ends each server when the test's process is gone, however it went.
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { jetstreamManager, type JetStreamManager, type StreamInfo } from "@nats-io/jetstream"
import type { NatsConnection } from "@nats-io/transport-node"
import { connectChecked } from "../../runtime/nats/server/connect.ts"
import { findServer } from "../../runtime/nats/server/provision.ts"
import { startWatched, type WatchedServer } from "../../runtime/nats/server/watchdog.ts"
import type { TestContext } from "./nats-process.ts"
import { Ended, untilTrue } from "./polling.ts"

export interface ClusterOptions {
  /** With "always" acknowledged means on disk; by default the server syncs every two minutes. */
  readonly sync?: "always"
}

export interface NatsCluster {
  /** The client URLs of all nodes, with commas between them. */
  readonly url: string
  /** Server names, as stream information gives them. */
  readonly nodes: readonly string[]
  urlOf(node: string): string
  /** Where the node's monitoring listens: `http://127.0.0.1:<port>`. */
  monitoringOf(node: string): string
  isRunning(node: string): boolean
  /** SIGKILL by pid. Resolves when the process is gone. */
  kill(node: string): Promise<void>
  /** Starts a killed node again on its store and ports. Resolves when it takes connections. */
  restart(node: string): Promise<void>
  /** Starts every node that does not run. */
  heal(): Promise<void>
  /** What the stream's leader says of it. Waits for a leader. */
  info(stream: string): Promise<StreamInfo>
  /** The node that leads the stream. Waits for one. */
  leaderOf(stream: string): Promise<string>
  /** The node that leads JetStream itself: it makes streams and consumers. Waits for one. */
  metaLeader(): Promise<string>
  /** Resolves when every replica of the stream is there and has everything. */
  untilInSync(stream: string): Promise<void>
  /** Ends every node and removes the stores. May be called again. */
  stop(): Promise<void>
}

const names = ["n1", "n2", "n3"] as const
const startTries = 3
const readyMs = 30_000
/** Below what systems give to outgoing connections: nothing takes a node's port while the node is down. */
const ports = { first: 20_000, count: 10_000 }

/** For one test, or for all tests of a file: ends with it. */
export async function withCluster(t: TestContext, options: ClusterOptions = {}): Promise<NatsCluster> {
  const cluster = await startCluster(options)
  t.after(() => cluster.stop())
  return cluster
}

/** Rejects after some tries; then nothing is left running. */
export async function startCluster(options: ClusterOptions = {}): Promise<NatsCluster> {
  for (let attempt = 1; ; attempt += 1) {
    const dir = await mkdtemp(join(tmpdir(), "troupe-cluster-"))
    const cluster = new Cluster(dir, await planNodes(dir), options, await findServer())
    try {
      await cluster.start()
      return cluster
    } catch (error) {
      await cluster.stop()
      // A port may have been taken between the look and the start.
      if (attempt === startTries) throw error
    }
  }
}

interface Plan {
  readonly name: string
  readonly dir: string
  readonly client: number
  readonly route: number
  readonly monitoring: number
}

class Cluster implements NatsCluster {
  readonly nodes = names
  readonly #dir: string
  readonly #plans: ReadonlyMap<string, Plan>
  readonly #options: ClusterOptions
  readonly #binary: string
  readonly #running = new Map<string, WatchedServer>()
  #link: Promise<NatsConnection> | undefined

  constructor(dir: string, plans: readonly Plan[], options: ClusterOptions, binary: string) {
    this.#dir = dir
    this.#plans = new Map(plans.map((plan) => [plan.name, plan]))
    this.#options = options
    this.#binary = binary
  }

  get url(): string {
    return names.map((name) => this.urlOf(name)).join(",")
  }

  urlOf(node: string): string {
    return `nats://127.0.0.1:${this.#plan(node).client}`
  }

  monitoringOf(node: string): string {
    return `http://127.0.0.1:${this.#plan(node).monitoring}`
  }

  isRunning(node: string): boolean {
    return this.#running.has(node)
  }

  async start(): Promise<void> {
    await Promise.all(names.map((name) => this.restart(name)))
    await untilTrue("the cluster places a stream with three replicas", async () => {
      const manager = await this.#manager()
      await manager.streams.add({ name: "PROBE", subjects: ["probe"], storage: "memory", num_replicas: 3 })
      return manager.streams.delete("PROBE")
    }, readyMs)
  }

  async kill(node: string): Promise<void> {
    const server = this.#running.get(node)
    if (server === undefined) throw new Error(`${node} does not run`)
    process.kill(server.pid, "SIGKILL")
    await server.exited
  }

  async restart(node: string): Promise<void> {
    if (this.#running.has(node)) throw new Error(`${node} runs already`)
    const plan = this.#plan(node)
    const [config, errors] = [join(plan.dir, "server.conf"), join(plan.dir, "server.err")]
    await mkdir(plan.dir, { recursive: true })
    await writeFile(config, renderConfig(plan, [...this.#plans.values()], this.#options))
    const server = await startWatched(this.#binary, config, errors)
    this.#running.set(node, server)
    void server.exited.then(() => {
      server.drop()
      if (this.#running.get(node) === server) this.#running.delete(node)
    })
    server.go()
    await untilTrue(`${node} takes connections and knows a leader`, async () => {
      if (this.#running.get(node) !== server) throw new Ended(`${node} ended: ${await lastLine(plan)}`)
      return (await fetch(`${this.monitoringOf(node)}/healthz`)).ok
    }, readyMs)
  }

  async heal(): Promise<void> {
    await Promise.all(names.filter((name) => !this.isRunning(name)).map((name) => this.restart(name)))
  }

  async info(stream: string): Promise<StreamInfo> {
    let info: StreamInfo | undefined
    await untilTrue(`stream ${stream} has a leader`, async () => {
      info = await (await this.#manager()).streams.info(stream)
      return info.cluster?.leader !== undefined && info.cluster.leader !== "" && this.isRunning(info.cluster.leader)
    }, readyMs)
    if (info === undefined) throw new Error(`stream ${stream} gave no information`)
    return info
  }

  async leaderOf(stream: string): Promise<string> {
    return (await this.info(stream)).cluster?.leader ?? ""
  }

  async metaLeader(): Promise<string> {
    let leader = ""
    await untilTrue("JetStream has a leader", async () => {
      const node = names.find((name) => this.isRunning(name))
      if (node === undefined) return false
      const state: unknown = await (await fetch(`${this.monitoringOf(node)}/jsz`)).json()
      // cast: the shape of the server's documented answer
      leader = (state as { meta_cluster?: { leader?: string } }).meta_cluster?.leader ?? ""
      return this.isRunning(leader)
    }, readyMs)
    return leader
  }

  async untilInSync(stream: string): Promise<void> {
    await untilTrue(`the replicas of ${stream} have everything`, async () => {
      const { cluster, config } = await this.info(stream)
      const replicas = cluster?.replicas ?? []
      return replicas.length === config.num_replicas - 1 && replicas.every(({ current, offline }) => current && !offline)
    }, readyMs)
  }

  async stop(): Promise<void> {
    await (await this.#link?.catch(() => undefined))?.close()
    this.#link = undefined
    await Promise.all([...this.#running.keys()].map((name) => this.kill(name)))
    await rm(this.#dir, { recursive: true, force: true, maxRetries: 5 })
  }

  #plan(node: string): Plan {
    const plan = this.#plans.get(node)
    if (plan === undefined) throw new Error(`there is no node ${node}`)
    return plan
  }

  async #manager(): Promise<JetStreamManager> {
    this.#link ??= connectChecked({ url: this.url, name: "cluster watch", withinMs: readyMs })
    return jetstreamManager(await this.#link, { checkAPI: false, timeout: 1_000 })
  }
}

async function planNodes(dir: string): Promise<readonly Plan[]> {
  const free = await freePorts(names.length * 3)
  return names.map((name, index) => {
    const [client = 0, route = 0, monitoring = 0] = free.slice(index * 3)
    return { name, dir: join(dir, name), client, route, monitoring }
  })
}

async function freePorts(count: number): Promise<readonly number[]> {
  const found = new Set<number>()
  while (found.size < count) {
    const port = ports.first + Math.floor(Math.random() * ports.count)
    if (await isFree(port)) found.add(port)
  }
  return [...found]
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once("error", () => resolve(false))
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)))
  })
}

function renderConfig(plan: Plan, all: readonly Plan[], { sync }: ClusterOptions): string {
  const routes = all.filter(({ name }) => name !== plan.name).map(({ route }) => `"nats-route://127.0.0.1:${route}"`)
  return `server_name: ${plan.name}
listen: "127.0.0.1:${plan.client}"
http: "127.0.0.1:${plan.monitoring}"
log_file: ${JSON.stringify(join(plan.dir, "server.log"))}
cluster { name: troupe-test, listen: "127.0.0.1:${plan.route}", routes: [${routes.join(", ")}] }
jetstream {
  store_dir: ${JSON.stringify(join(plan.dir, "store"))}
  max_file_store: 1073741824
  max_memory_store: 67108864
  ${sync === undefined ? "" : `sync_interval: ${sync}`}
}
`
}

async function lastLine({ dir }: Plan): Promise<string> {
  const [errors, log] = await Promise.all(
    ["server.err", "server.log"].map((file) => readFile(join(dir, file), "utf8").catch(() => "")),
  )
  const lines = `${log ?? ""}\n${errors ?? ""}`.trim().split("\n")
  return lines.at(-1) ?? "it said nothing"
}
