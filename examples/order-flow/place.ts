// Where the order flow runs: in this process, or in workers of its own that are started again when they die.
import { type ChildProcess, fork } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import {
  type App, appOnNats, chooseServer, type Client, connect, type Fault, launch, readEnvironment, ServerEnded, startConsole,
} from "../../runtime/index.ts"
import { sagaPictures } from "../../sagas/index.ts"

export interface Place {
  readonly client: Client
  /** Resolves with what keeps the run from going on. */
  readonly lost: Promise<Fault>
  /** Where traces go; `undefined` if nowhere. */
  readonly tracesTo: string | undefined
  stop(): Promise<void>
}

export interface PlaceOptions {
  readonly namespace: string
  readonly dataDir: string
  /** The port of a console, if one is wanted. */
  readonly console?: number | undefined
  /** Told to the workers. */
  readonly store?: "journal" | "postgres"
  readonly report: (line: string) => void
}

/** What runs: the app, and the file of a process that runs a share of it. */
export interface Program {
  readonly shop: (namespace: string) => App
  readonly worker: URL
}

/** Of the Jaeger that docker-compose.yml starts. */
const traceUrl = "http://localhost:16686/trace/{traceId}"

export function openHere({ shop }: Program, { namespace, dataDir, console: port, report }: PlaceOptions): Promise<Place> {
  const shown = port === undefined ? {} : { console: { port, pictures: sagaPictures, traceUrl } }
  return launch(shop(namespace), { dataDir, report, ...shown })
}

/** The server belongs to this process; the app to `count` workers. */
export async function openWorkers({ shop, worker }: Program, count: number, options: PlaceOptions): Promise<Place> {
  const { dataDir, namespace, report } = options
  const server = await chooseServer({ natsUrl: readEnvironment().natsUrl, dataDir, report })
  try {
    const { client, close } = await connect(shop(namespace), { natsUrl: server.url })
    const closeConsole = await openConsole(shop(namespace), server.url, options)
    const crew = await hire(count, { ...options, worker, natsUrl: server.url })
    const stop = async () => {
      await closeConsole()
      await crew.dismiss()
      await close()
      await server.stop()
    }
    const ended = server.embedded?.exited.then(() => new ServerEnded("the embedded nats-server ended; start again to go on"))
    return { client, lost: ended ?? new Promise(() => undefined), tracesTo: crew.tracesTo, stop }
  } catch (error) {
    await server.stop()
    throw error
  }
}

/** Beside the workers, in this process: gives what closes it. */
async function openConsole(app: App, natsUrl: string, options: PlaceOptions): Promise<() => Promise<void>> {
  const { dataDir, console: port, report } = options
  if (port === undefined) return () => Promise.resolve()
  const source = await appOnNats(app, { natsUrl, storeDir: `${dataDir}/console` })
  const { consoleToken: token } = readEnvironment()
  const running = await startConsole([source], { port, report, pictures: sagaPictures, traceUrl, ...(token && { token }) })
  return async () => {
    await running.close()
    await source.close()
  }
}

interface WorkerOptions extends PlaceOptions {
  readonly worker: URL
  readonly natsUrl: string
}

interface Crew {
  readonly tracesTo: string | undefined
  dismiss(): Promise<void>
}

async function hire(count: number, options: WorkerOptions): Promise<Crew> {
  const workers = new Set<ChildProcess>()
  let isDismissed = false
  const add = (): ChildProcess => {
    const worker = startWorker(options)
    workers.add(worker)
    worker.once("exit", (code, signal) => {
      workers.delete(worker)
      if (isDismissed) return
      options.report(`worker ${worker.pid} ended (${signal ?? code}): another takes its place`)
      add()
    })
    return worker
  }
  const [first] = await Promise.all(Array.from({ length: count }, () => firstLine(add())))
  return {
    tracesTo: first,
    async dismiss() {
      isDismissed = true
      await Promise.all([...workers].map(endWorker))
    },
  }
}

function startWorker({ worker, natsUrl, namespace, dataDir, store = "journal" }: WorkerOptions): ChildProcess {
  // The channel is there so that a worker notices when this process is gone, however it went.
  return fork(fileURLToPath(worker), [namespace, dataDir, store], {
    env: { ...process.env, NATS_URL: natsUrl },
    stdio: ["ignore", "pipe", "inherit", "ipc"],
  })
}

/** Where a worker's traces go; it says so when it is ready. */
async function firstLine(worker: ChildProcess): Promise<string | undefined> {
  const [chunk] = await Promise.race([once(worker.stdout ?? worker, "data"), once(worker, "exit").then(() => ["{}"])])
  return (JSON.parse(String(chunk)) as { tracesTo?: string }).tracesTo // cast: worker.ts prints this
}

async function endWorker(worker: ChildProcess): Promise<void> {
  worker.kill("SIGTERM")
  await once(worker, "exit")
}
