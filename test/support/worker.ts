// Worker processes of a test app, watched through the JSON lines that they print.
import { type ChildProcess, spawn } from "node:child_process"
import { fileURLToPath } from "node:url"

export interface Worker {
  readonly process: ChildProcess
  readonly owned: readonly number[]
  readonly fenced: readonly number[]
  /** Resolves as soon as the predicate holds; looked at after each line. Rejects when the process ends. */
  until(predicate: () => boolean): Promise<void>
  /** Sends a signal and, for one that ends it, waits until it is gone. */
  end(signal: NodeJS.Signals): Promise<void>
}

export function startWorker(
  natsUrl: string,
  script = "bank-worker.ts",
  environment: Readonly<Record<string, string>> = {},
): Worker {
  const file = fileURLToPath(new URL(script, import.meta.url))
  const child = spawn(process.execPath, [file], {
    env: { ...process.env, ...environment, NATS_URL: natsUrl },
    stdio: ["ignore", "pipe", "inherit"],
  })
  const state = { owned: [] as readonly number[], fenced: [] as number[] } // cast: gives the empty lists their type
  const waiting = new Map<() => void, (error: Error) => void>()
  let rest = ""
  child.stdout.on("data", (chunk: Buffer) => {
    const lines = `${rest}${chunk.toString()}`.split("\n")
    rest = lines.pop() ?? ""
    for (const line of lines) {
      const said = JSON.parse(line) as { owned?: number[]; fenced?: number } // cast: bank-worker.ts prints these
      if (said.owned !== undefined) state.owned = said.owned
      if (said.fenced !== undefined) state.fenced.push(said.fenced)
    }
    for (const check of waiting.keys()) check()
  })
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()))
  void ended.then(() => {
    for (const reject of waiting.values()) reject(new Error("the worker ended"))
  })
  return {
    process: child,
    get owned() {
      return state.owned
    },
    fenced: state.fenced,
    until: (predicate) =>
      new Promise((resolve, reject) => {
        const check = () => {
          if (!predicate()) return
          waiting.delete(check)
          resolve()
        }
        waiting.set(check, reject)
        check()
      }),
    async end(signal) {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill(signal)
      await ended
    },
  }
}
