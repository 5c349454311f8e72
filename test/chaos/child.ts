// One process of the run that executes TypeScript: a worker, a participant or a client. It speaks by messages, writes what it
// prints to a file, and ends when this process is gone, because its channel closes then (see lifeline.ts).
import { type ChildProcess, spawn } from "node:child_process"
import { closeSync, openSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import type { Exit } from "../../runtime/nats/server/watchdog.ts"
import type { Janitor } from "./janitor.ts"

export interface ChildOptions {
  readonly name: string
  /** A file beside this one. */
  readonly script: string
  readonly environment: Readonly<Record<string, string>>
  readonly logFile: string
  /** A command that runs another one, such as one that enters a network namespace first. */
  readonly through?: readonly [command: string, ...args: string[]] | undefined
  readonly said?: (message: unknown) => void
}

export class Child {
  readonly name: string
  readonly exited: Promise<Exit>
  readonly #process: ChildProcess
  #isGone = false
  #isPaused = false
  #rssMax = 0

  constructor(janitor: Janitor, { name, script, environment, logFile, through, said }: ChildOptions) {
    this.name = name
    const [command, ...args] = [...(through ?? []), process.execPath, fileURLToPath(new URL(script, import.meta.url))]
    const log = openSync(logFile, "a")
    this.#process = spawn(command ?? process.execPath, args, {
      env: { ...process.env, ...environment },
      stdio: ["ignore", log, log, "ipc"],
    })
    closeSync(log)
    janitor.owns("pid", this.pid)
    if (said !== undefined) this.#process.on("message", said)
    this.#process.on("error", () => {})
    this.exited = new Promise((resolve) => {
      this.#process.once("exit", (code, signal) => {
        this.#isGone = true
        janitor.gone(this.pid)
        resolve({ code, signal })
      })
    })
  }

  get pid(): number {
    return this.#process.pid ?? -1
  }

  get isGone(): boolean {
    return this.#isGone
  }

  get isPaused(): boolean {
    return this.#isPaused && !this.#isGone
  }

  /** The most memory that it was seen to hold. */
  get rssMax(): number {
    this.look()
    return this.#rssMax
  }

  /** Reads how much memory it has held at most so far. */
  look(): void {
    try {
      const kilobytes = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${this.pid}/status`, "utf8"))?.[1]
      this.#rssMax = Math.max(this.#rssMax, Number(kilobytes ?? 0) * 1024)
    } catch {
      // Gone, or a system that does not tell.
    }
  }

  send(message: object): void {
    if (this.#process.connected) this.#process.send(message, () => {})
  }

  pause(): void {
    this.#isPaused = this.#process.kill("SIGSTOP")
  }

  resume(): void {
    this.#process.kill("SIGCONT")
    this.#isPaused = false
  }

  /** Sends a signal that ends it, and waits until it is gone. */
  async end(signal: NodeJS.Signals): Promise<Exit> {
    if (!this.#isGone) this.#process.kill(signal)
    return this.exited
  }
}
