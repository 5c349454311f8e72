// Owns everything that a run consists of, by process ids: servers, workers, participants and clients, in a folder and on ports
// of their own. It breaks nothing by itself (see faults.ts); it knows who there is, and hears what they say.
import { mkdir, mkdtemp } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import type { Happening } from "../../runtime/simulation/history.ts"
import { untilTrue } from "../support/polling.ts"
import { Child } from "./child.ts"
import { clockMs } from "./clock.ts"
import { Janitor } from "./janitor.ts"
import { settingsVariable } from "./lifeline.ts"
import type { ClientSaid, ClientSettings, ParticipantSettings, WorkerSaid, WorkerSettings } from "./messages.ts"
import { Network } from "./network.ts"
import { Post } from "./post.ts"
import { freePorts, Servers } from "./servers.ts"
import type { Sync } from "./server-config.ts"

const diskBytes = 1024 * 1024 * 1024
const readyMs = 120_000
const stopMs = 15_000

export interface SupervisorOptions {
  readonly seed: number
  readonly servers: 1 | 3
  readonly sync: Sync
  readonly workers: number
  readonly participants: number
  readonly clients: number
  /** New requests in a second, of all clients. */
  readonly perSecond: number
  readonly requestsMax: number
  /** Ledgers, histories and logs go here and stay. */
  readonly out: string
  /** Servers have disks of their own. */
  readonly hasDisks: boolean
  /** Servers and workers have network namespaces of their own. */
  readonly hasNetwork: boolean
}

export interface Alarm {
  readonly atMs: number
  readonly worker: string
  readonly text: string
}

export class Supervisor {
  readonly servers: Servers
  readonly network: Network | undefined
  readonly workers: readonly Post[]
  readonly participants: readonly Post[]
  readonly clients: readonly Post[]
  readonly options: SupervisorOptions
  /** When clients had their answers, in no strict order. */
  readonly answeredMs: number[] = []
  readonly happenings: Happening[] = []
  readonly codes = new Map<string, number>()
  readonly alarms: Alarm[] = []
  /** Ends of processes that nothing explains. */
  readonly crashes: string[] = []
  fencedCount = 0
  #clientsAre: "go" | "enough" | undefined
  readonly #janitor: Janitor
  readonly #said = new Map<string, Set<string>>()
  readonly #open = new Map<string, number>()
  readonly #resent = new Map<number, number>()
  /** When a worker was last seen to have something to do. */
  readonly #restless = new Map<string, number>()
  readonly #participantUrls: readonly string[]
  readonly #participantPorts: readonly number[]

  private constructor(janitor: Janitor, made: Made, options: SupervisorOptions) {
    this.#janitor = janitor
    this.options = options
    this.servers = made.servers
    this.network = made.network
    this.#participantPorts = made.ports
    this.#participantUrls = made.ports.map((port) => `http://${this.network?.hub ?? "127.0.0.1"}:${port}`)
    this.workers = named("worker", options.workers).map((name) => this.#post(name, (release) => this.#hireWorker(name, release)))
    this.participants = named("participant", options.participants).map((name, index) =>
      this.#post(name, () => this.#hireParticipant(name, index)))
    this.clients = named("client", options.clients).map((name, index) => this.#post(name, () => this.#hireClient(name, index)))
  }

  /** Everything is made, and nothing runs yet. */
  static async make(options: SupervisorOptions): Promise<Supervisor> {
    const janitor = await Janitor.start()
    try {
      return new Supervisor(janitor, await make(janitor, options), options)
    } catch (error) {
      await janitor.clean()
      throw error
    }
  }

  get posts(): readonly Post[] {
    return [...this.workers, ...this.participants, ...this.clients]
  }

  /** Requests that were begun and have no answer. */
  get open(): number {
    return [...this.#open.values()].reduce((sum, count) => sum + count, 0)
  }

  /** Records that workers sent again. */
  get resent(): number {
    return [...this.#resent.values()].reduce((sum, count) => sum + count, 0)
  }

  /** Resolves with true when no worker has anything to do, with false if that does not come in time. */
  async untilAtRest(withinMs: number): Promise<boolean> {
    for (const { name } of this.workers) this.#restless.set(name, clockMs())
    const isAtRest = () => Promise.resolve(this.#restless.size === 0)
    return untilTrue("all workers are at rest", isAtRest, withinMs).then(() => true, () => false)
  }

  /** Every worker tells the rows that it holds. */
  async askRows(): Promise<void> {
    for (const { name, child } of this.workers) {
      this.#said.get(name)?.delete("rows")
      child?.send({ type: "rows" })
    }
    await Promise.all(this.workers.map(({ name }) => this.untilSaid(name, "rows")))
  }

  async start(): Promise<void> {
    await this.servers.startAll()
    await this.servers.untilHealthy()
    for (const post of this.participants) post.fill()
    // The first one makes the streams; were they made by all at once, a cluster would be asked for them so often.
    const [first, ...others] = this.workers
    first?.fill()
    await this.untilSaid(first?.name ?? "", "ready")
    for (const post of [...others, ...this.clients]) post.fill()
    await Promise.all(this.posts.map(({ name }) => this.untilSaid(name, "ready")))
  }

  /** Resolves when the process that now holds a post has said this. */
  async untilSaid(name: string, type: string, withinMs = readyMs): Promise<void> {
    await untilTrue(`${name} says ${type}`, () => Promise.resolve(this.#said.get(name)?.has(type) === true), withinMs)
  }

  tellClients(type: "go" | "enough"): void {
    this.#clientsAre = type
    for (const { child } of this.clients) child?.send({ type })
  }

  record(happening: DistributiveOmit<Happening, "atMs">): void {
    this.happenings.push({ atMs: clockMs(), ...happening })
  }

  count(code: string): void {
    this.codes.set(code, (this.codes.get(code) ?? 0) + 1)
  }

  /** Everything runs again, nothing stands still, and nothing is cut. */
  async mend(): Promise<void> {
    for (const post of this.posts) post.resume()
    for (const name of this.servers.names) this.servers.resume(name)
    await this.servers.startAll()
    for (const post of this.posts) post.fill()
    await sleep(0)
  }

  /** Workers end in order, so that what they know is written; then everything else. Nothing is left. */
  async stop(): Promise<void> {
    await Promise.all([...this.workers, ...this.clients, ...this.participants].map((post) => post.dismiss(stopMs)))
    await this.clean()
  }

  /** At once, whatever runs. May be called again. */
  async clean(): Promise<void> {
    for (const post of this.posts) post.close()
    this.servers.close()
    await this.#janitor.clean()
  }

  #post(name: string, hire: (release: 1 | 2) => Child): Post {
    return new Post({
      name,
      hire: (release) => {
        this.#said.delete(name)
        return hire(release)
      },
      ended: ({ code, signal }, isKnown) => {
        this.count(isKnown ? `EXIT_${code}` : "CRASH")
        if (!isKnown) this.crashes.push(`${name} ended with ${signal ?? `code ${code}`}; see ${name}.log`)
      },
    })
  }

  #hear(name: string, type: string): void {
    const said = this.#said.get(name) ?? new Set()
    this.#said.set(name, said.add(type))
  }

  #hireWorker(name: string, release: 1 | 2): Child {
    const { seed, servers, out } = this.options
    const { url: natsUrl, monitoringUrls } = this.servers
    const file = join(out, `${name}.jsonl`)
    const settings: WorkerSettings = {
      name, natsUrl, replicas: servers, monitoringUrls, participants: this.#participantUrls, release, seed, file,
    }
    // cast: worker-process.ts says these
    const said = (message: unknown) => this.#heardWorker(name, child.pid, message as WorkerSaid)
    const child = this.#hire(name, "worker-process.ts", settings, said, this.network?.enter(name))
    return child
  }

  #heardWorker(name: string, pid: number, said: WorkerSaid): void {
    this.#hear(name, said.type)
    if (said.type === "fenced") this.fencedCount += 1
    else if (said.type === "code") this.count(said.code)
    else if (said.type === "measured") {
      this.#resent.set(pid, said.resent)
      if (said.isAtRest) this.#restless.delete(name)
      else this.#restless.set(name, clockMs())
    } else if (said.type === "rows") this.happenings.push(...said.rows)
    else if (said.type === "alarm") {
      this.count(said.code)
      this.alarms.push({ atMs: clockMs(), worker: name, text: `${said.app} ${said.partition}: ${said.code}: ${said.message}` })
    }
  }

  #hireParticipant(name: string, index: number): Child {
    const { seed, out } = this.options
    const host = this.network?.hub ?? "127.0.0.1"
    const port = this.#participantPorts[index] ?? 0
    const settings: ParticipantSettings = { name, seed, host, port, file: join(out, `${name}.jsonl`) }
    return this.#hire(name, "participant-process.ts", settings, () => this.#hear(name, "ready"))
  }

  #hireClient(name: string, share: number): Child {
    const { seed, servers, clients: shares, perSecond, requestsMax, out } = this.options
    const file = join(out, `${name}.jsonl`)
    const settings: ClientSettings = {
      name, natsUrl: this.servers.url, replicas: servers, seed, share, shares, perSecond: perSecond / shares, requestsMax, file,
    }
    const child = this.#hire(name, "client-process.ts", settings, (message) => {
      const said = message as ClientSaid // cast: client-process.ts says these
      this.#hear(name, said.type)
      // Who takes the place of a client that was killed goes on as it was told to.
      if (said.type === "ready" && this.#clientsAre !== undefined) child.send({ type: "go" })
      if (said.type === "ready" && this.#clientsAre === "enough") child.send({ type: "enough" })
      if (said.type === "code") this.count(`client ${said.code}`)
      if (said.type !== "progress") return
      this.#open.set(name, said.open)
      this.answeredMs.push(...said.answered)
    })
    return child
  }

  #hire(
    name: string,
    script: string,
    settings: object,
    said: (message: unknown) => void,
    through?: readonly [string, ...string[]],
  ): Child {
    const environment = { [settingsVariable]: JSON.stringify(settings) }
    return new Child(this.#janitor, { name, script, environment, logFile: join(this.options.out, `${name}.log`), through, said })
  }
}

type DistributiveOmit<Whole, Key extends PropertyKey> = Whole extends unknown ? Omit<Whole, Key> : never

interface Made {
  readonly servers: Servers
  readonly network: Network | undefined
  readonly ports: readonly number[]
}

async function make(janitor: Janitor, options: SupervisorOptions): Promise<Made> {
  const folder = await mkdtemp(join(tmpdir(), "troupe-chaos-"))
  janitor.owns("folder", folder)
  await mkdir(options.out, { recursive: true })
  const names = options.servers === 1 ? ["n1"] : ["n1", "n2", "n3"]
  const network = options.hasNetwork ? await Network.make(janitor, [...names, ...named("worker", options.workers)]) : undefined
  const disks = options.hasDisks ? { diskBytes } : {}
  const servers = await Servers.make(janitor, { folder, names, sync: options.sync, network, ...disks })
  return { servers, network, ports: await freePorts(options.participants) }
}

function named(role: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `${role}-${index + 1}`)
}
