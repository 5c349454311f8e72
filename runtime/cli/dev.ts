// `troupe dev FILE`: a nats-server, the app that the file exports, and its console; the app starts anew when one of its files
// changes. The server lives in this process's care, and the app in a process of its own, so that a change loses nothing.
import { type ChildProcess, fork } from "node:child_process"
import { randomBytes } from "node:crypto"
import { once } from "node:events"
import { existsSync, rmSync } from "node:fs"
import { extname, relative, resolve } from "node:path"
import { fileURLToPath } from "node:url"
import { limits } from "../kernel/limits.ts"
import { chooseServer, type ChosenServer } from "../nats/server/choose.ts"
import type { Call, Command } from "./command.ts"
import { leavePlace, placeFile } from "./console-place.ts"
import { type FromWorker, orderVariable, type WorkerOrder } from "./dev-messages.ts"
import { portOption, portOf } from "./port.ts"
import { WatchedFiles } from "./watched-files.ts"
import { type ExitCode, WrongUse } from "./wrong-use.ts"

export const dev: Command = {
  path: ["dev"],
  summary: "runs the app that a file exports on an embedded NATS server, with the console, and anew after each change",
  about: [
    "What the file imports is watched, but for packages. NATS_URL names another server. The address and the token of the",
    "console are left in .troupe/console.json, for this user only: commands that are given in the same folder find it.",
  ],
  takes: [{ name: "FILE", about: "exports the app", completes: "file" }],
  options: {
    app: { value: "NAME", about: "which, if it exports several" },
    data: { value: "FOLDER", completes: "folder", about: "for the server's store and the read model; default: .troupe" },
    port: portOption,
  },
  examples: [
    ["dev examples/order-flow/app.ts", "then, in another terminal: troupe sagas ls"],
    ["dev shop.ts --port 0 --data .troupe/shop", "on any free port, with a store of its own"],
  ],
  run,
}

async function run(call: Call): Promise<ExitCode> {
  const { terminal } = call
  const file = call.positional(0)
  if (!existsSync(file)) throw new WrongUse(`there is no file ${file}`)
  const port = portOf(call)
  const dataDir = resolve(call.text("data") ?? ".troupe")
  const own = call.variable("TROUPE_CONSOLE_TOKEN")
  const token = own ?? randomBytes(24).toString("base64url")
  const report = (line: string) => terminal.error(`${line}\n`)
  const server = await chooseServer({ natsUrl: call.variable("NATS_URL"), dataDir, report })
  const order: WorkerOrder = { file: resolve(file), app: call.text("app"), dataDir, natsUrl: server.url, port, token }
  const left = placeFile(dataDir)
  let shownAt: string | undefined
  const app = new DevelopedApp(order, {
    report,
    ready(url) {
      if (url === shownAt) return
      shownAt = url
      leavePlace(left, { url, token, natsUrl: server.url, isEmbedded: server.embedded !== undefined })
      terminal.out(`console: ${url}/${own === undefined ? `#token=${token}` : ""}\n`)
    },
  })
  try {
    app.start()
    const isLost = await Promise.race([terminal.interrupted().then(() => false), serverEnd(server)])
    if (isLost) report("the nats-server has ended; start `troupe dev` again to go on from its store")
    return isLost ? 1 : 0
  } finally {
    await app.stop()
    await server.stop()
    rmSync(left, { force: true })
  }
}

function serverEnd({ embedded }: ChosenServer): Promise<boolean> {
  return embedded === undefined ? new Promise(() => undefined) : embedded.exited.then(() => true)
}

interface Told {
  report(line: string): void
  ready(url: string): void
}

function shortest(path: string): string {
  const short = relative("", path)
  return short.startsWith("..") ? path : short
}

/** One worker at a time: the next one starts when the last one has ended. */
class DevelopedApp {
  readonly #told: Told
  readonly #files: WatchedFiles
  #order: WorkerOrder
  #worker: ChildProcess | undefined
  #restarting = false
  #isStopping = false

  constructor(order: WorkerOrder, told: Told) {
    this.#order = order
    this.#told = told
    this.#files = new WatchedFiles((path) => {
      told.report(`${shortest(path)} has changed: the app starts anew`)
      void this.#restart()
    })
    this.#files.add(order.file)
  }

  start(): void {
    const program = fileURLToPath(new URL(`dev-worker${extname(import.meta.url)}`, import.meta.url))
    const env = { ...process.env, [orderVariable]: JSON.stringify(this.#order) }
    const worker = fork(program, [], { env, stdio: ["ignore", "inherit", "inherit", "ipc"] })
    this.#worker = worker
    const { report, ready } = this.#told
    let isTold = false
    worker.on("message", (message: FromWorker) => {
      if (message.type === "module") return this.#files.add(message.path)
      if (message.type === "failed") {
        isTold = true
        return report(`${message.message}\nthe app does not run; it starts anew when one of its files changes`)
      }
      // The same address after the next start, so that open pages go on.
      this.#order = { ...this.#order, port: Number(new URL(message.url).port) }
      report(`app ${message.app} runs, with ${message.partitions} partitions`)
      ready(message.url)
    })
    worker.on("exit", (code, signal) => {
      if (this.#worker === worker) this.#worker = undefined
      if (isTold || this.#restarting || this.#isStopping) return
      report(`the app has ended with ${signal ?? `exit code ${code}`}; it starts anew when one of its files changes`)
    })
  }

  async #restart(): Promise<void> {
    if (this.#restarting || this.#isStopping) return
    this.#restarting = true
    await this.#end()
    this.#restarting = false
    if (!this.#isStopping) this.start()
  }

  async stop(): Promise<void> {
    this.#isStopping = true
    this.#files.close()
    await this.#end()
  }

  async #end(): Promise<void> {
    const worker = this.#worker
    if (worker === undefined) return
    const ended = once(worker, "exit")
    worker.kill("SIGTERM")
    const late = setTimeout(() => worker.kill("SIGKILL"), limits.drainMaxMs + 5_000)
    await ended
    clearTimeout(late)
  }
}
