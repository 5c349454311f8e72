// The nats-servers of a run, one or a cluster of three: they are killed, paused, started again on their stores, lose their
// power, run out of disk. All by their pids; a watchdog ends each when this process is gone.
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises"
import { createServer } from "node:net"
import { join } from "node:path"
import { findServer } from "../../runtime/nats/server/provision.ts"
import { startWatched, type WatchedServer } from "../../runtime/nats/server/watchdog.ts"
import { Ended, untilTrue } from "../support/polling.ts"
import { type Disk, makeDisk } from "./disk.ts"
import type { Janitor } from "./janitor.ts"
import type { Network } from "./network.ts"
import { login, renderServer, type ServerPlan, type ServerSettings, type Sync } from "./server-config.ts"

const readyMs = 60_000
const monitoringMs = 1_000
/** Below what systems give to outgoing connections: nothing takes a server's port while the server is down. */
const ports = { first: 20_000, count: 10_000 }
const fixedPorts = { client: 4222, route: 6222, monitoring: 8222 }

export interface ServersOptions {
  readonly folder: string
  readonly names: readonly string[]
  readonly sync: Sync
  /** Without one the servers are on loopback. */
  readonly network?: Network | undefined
  /** Of the disk that each server gets; without it the stores are in the folder. */
  readonly diskBytes?: number | undefined
}

interface Node {
  readonly plan: ServerPlan
  readonly disk: Disk | undefined
  readonly binary: string
  running: WatchedServer | undefined
  isPaused: boolean
}

/** What one server says of one stream. */
export interface StreamState {
  readonly server: string
  readonly stream: string
  readonly leader: string
  readonly first: number
  readonly last: number
  readonly count: number
}

export class Servers {
  readonly #nodes: ReadonlyMap<string, Node>
  readonly #janitor: Janitor
  readonly #settings: ServerSettings
  #isClosed = false

  private constructor(nodes: ReadonlyMap<string, Node>, janitor: Janitor, settings: ServerSettings) {
    this.#nodes = nodes
    this.#janitor = janitor
    this.#settings = settings
  }

  /** They do not run yet. */
  static async make(janitor: Janitor, { folder, names, sync, network, diskBytes }: ServersOptions): Promise<Servers> {
    const binary = await findServer()
    const free = network === undefined ? await freePorts(names.length * 3) : []
    const nodes = new Map<string, Node>()
    for (const [index, name] of names.entries()) {
      const own = join(folder, name)
      await mkdir(own, { recursive: true })
      const disk = diskBytes === undefined ? undefined : await makeDisk(janitor, folder, name, diskBytes)
      const [client = fixedPorts.client, route = fixedPorts.route, monitoring = fixedPorts.monitoring] = free.slice(index * 3)
      const host = network?.addressOf(name) ?? "127.0.0.1"
      const plan = { name, host, client, route, monitoring, folder: own, store: join(disk?.path ?? own, "store") }
      const through = network?.enter(name)
      nodes.set(name, { plan, disk, binary: await entering(own, binary, through), running: undefined, isPaused: false })
    }
    return new Servers(nodes, janitor, { sync })
  }

  get names(): readonly string[] {
    return [...this.#nodes.keys()]
  }

  get hasDisks(): boolean {
    return [...this.#nodes.values()].every(({ disk }) => disk !== undefined)
  }

  /** Of all, with commas between them. */
  get url(): string {
    const hosts = [...this.#nodes.values()].map(({ plan: { host, client } }) => `${host}:${client}`)
    return hosts.map((host) => `nats://${login.user}:${login.password}@${host}`).join(",")
  }

  get monitoringUrls(): readonly string[] {
    return [...this.#nodes.values()].map(({ plan }) => monitoringOf(plan))
  }

  get pids(): readonly number[] {
    return [...this.#nodes.values()].flatMap(({ running }) => (running === undefined ? [] : [running.pid]))
  }

  isRunning(name: string): boolean {
    return this.#node(name).running !== undefined
  }

  /** Resolves when it takes connections; it may have no leader yet. */
  async start(name: string): Promise<void> {
    const node = this.#node(name)
    if (node.running !== undefined) return
    if (this.#isClosed) throw new Error("the run is over")
    const config = await this.#configure(node, this.#settings)
    const server = await startWatched(node.binary, config, join(node.plan.folder, "server.err"))
    this.#janitor.owns("pid", server.pid)
    node.running = server
    node.isPaused = false
    void server.exited.then(() => {
      this.#janitor.gone(server.pid)
      server.drop()
      if (node.running === server) node.running = undefined
    })
    server.go()
    await untilTrue(`${name} takes connections`, async () => {
      if (node.running !== server) throw new Ended(`${name} ended as it started: ${await lastLine(node.plan)}`)
      return (await ask(node.plan, "/varz")) !== undefined
    }, readyMs)
  }

  /** None is started any more. Those that run are ended by somebody else. */
  close(): void {
    this.#isClosed = true
  }

  async startAll(): Promise<void> {
    await Promise.all(this.names.map((name) => this.start(name)))
  }

  /** SIGKILL. Resolves when the process is gone. */
  async kill(name: string): Promise<void> {
    const { running } = this.#node(name)
    if (running === undefined) return
    process.kill(running.pid, "SIGKILL")
    await running.exited
  }

  pause(name: string): void {
    const node = this.#node(name)
    if (node.running === undefined) return
    process.kill(node.running.pid, "SIGSTOP")
    node.isPaused = true
  }

  resume(name: string): void {
    const node = this.#node(name)
    if (node.running !== undefined && node.isPaused) process.kill(node.running.pid, "SIGCONT")
    node.isPaused = false
  }

  /**
   * The power goes at these servers at one moment. They stand still, what their disks hold is copied from below, they are
   * killed, and the copies take the place of the disks: no sync that comes too late can help.
   */
  async cutPower(names: readonly string[]): Promise<void> {
    const nodes = names.map((name) => this.#node(name))
    for (const name of names) this.pause(name)
    const disks = nodes.flatMap(({ disk }) => disk ?? [])
    if (disks.length < nodes.length) throw new Error("a power cut needs disks of their own")
    const copies = await Promise.all(disks.map((disk) => disk.copy()))
    await Promise.all(names.map((name) => this.kill(name)))
    for (const [index, disk] of disks.entries()) await disk.replace(copies[index] ?? "")
  }

  async fillDisk(name: string): Promise<void> {
    await this.#node(name).disk?.fill()
  }

  async freeDisk(name: string): Promise<void> {
    await this.#node(name).disk?.free()
  }

  /** Every login is refused from now on, also of who is connected; or let in again. */
  async refuseLogins(refusesLogins: boolean): Promise<void> {
    for (const node of this.#nodes.values()) {
      await this.#configure(node, { ...this.#settings, refusesLogins })
      if (node.running !== undefined) process.kill(node.running.pid, "SIGHUP")
    }
  }

  /** What each server that answers says of each of its streams. */
  async streams(): Promise<readonly StreamState[]> {
    const told = await Promise.all([...this.#nodes.values()].map(({ plan }) => streamsOf(plan)))
    return told.flat()
  }

  /** Undefined while nobody knows one. */
  async leaderOf(isWanted: (stream: string) => boolean): Promise<string | undefined> {
    const told = (await this.streams()).filter(({ stream }) => isWanted(stream))
    return told.find(({ leader, server }) => leader === server)?.leader
  }

  /** Resolves when every server serves JetStream and has caught up, as it says itself. */
  async untilHealthy(): Promise<void> {
    const isHealthy = async ({ plan }: Node) => (await fetch(`${monitoringOf(plan)}/healthz`)).ok
    for (const node of this.#nodes.values()) await untilTrue(`${node.plan.name} is healthy`, () => isHealthy(node), readyMs)
  }

  #node(name: string): Node {
    const node = this.#nodes.get(name)
    if (node === undefined) throw new Error(`there is no server ${name}`)
    return node
  }

  async #configure({ plan }: Node, settings: ServerSettings): Promise<string> {
    const file = join(plan.folder, "server.conf")
    await writeFile(file, renderServer(plan, [...this.#nodes.values()].map((node) => node.plan), settings))
    return file
  }
}

function monitoringOf({ host, monitoring }: ServerPlan): string {
  return `http://${host}:${monitoring}`
}

/** Undefined if it does not answer in time. */
async function ask(plan: ServerPlan, path: string): Promise<unknown> {
  try {
    const answer = await fetch(`${monitoringOf(plan)}${path}`, { signal: AbortSignal.timeout(monitoringMs) })
    return answer.ok ? await answer.json() : undefined
  } catch {
    return undefined
  }
}

interface ToldStream {
  readonly name: string
  readonly cluster?: { readonly leader?: string }
  readonly state: { readonly first_seq: number; readonly last_seq: number; readonly messages: number }
}

async function streamsOf(plan: ServerPlan): Promise<readonly StreamState[]> {
  const told = await ask(plan, "/jsz?streams=true")
  // cast: the shape of the server's documented answer; every field may be missing.
  const accounts = (told as { account_details?: { stream_detail?: ToldStream[] }[] } | undefined)?.account_details ?? []
  return accounts.flatMap(({ stream_detail: streams = [] }) =>
    streams.map(({ name, cluster, state: { first_seq: first, last_seq: last, messages: count } }) => {
      return { server: plan.name, stream: name, leader: cluster?.leader ?? plan.name, first, last, count }
    }),
  )
}

/** A program that runs the server in its network; it keeps its process, so a watchdog sees the server itself. */
async function entering(folder: string, binary: string, through: readonly string[] | undefined): Promise<string> {
  if (through === undefined) return binary
  const file = join(folder, "enter.sh")
  await writeFile(file, `#!/bin/sh\nexec ${through.join(" ")} "${binary}" "$@"\n`)
  await chmod(file, 0o755)
  return file
}

async function lastLine({ folder }: ServerPlan): Promise<string> {
  const files = ["server.log", "server.err"].map((file) => readFile(join(folder, file), "utf8").catch(() => ""))
  return (await Promise.all(files)).join("\n").trim().split("\n").at(-1) ?? "it said nothing"
}

export async function freePorts(count: number): Promise<readonly number[]> {
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
