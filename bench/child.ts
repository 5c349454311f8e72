// Processes of a run: each is a file of this folder, told what to do in one JSON argument, and heard over its channel.
import { type ChildProcess, fork } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"

/** What a process of a run tells the one that started it. */
export type Said =
  | { readonly type: "ready" }
  | { readonly type: "measuring" }
  | { readonly type: "measured" }
  | { readonly type: "done"; readonly result: unknown }
  | { readonly type: "failed"; readonly message: string }

/** What a process is asked: "weigh" collects all garbage first. */
export interface Asked {
  readonly type: "report" | "weigh"
}

export interface Child {
  readonly pid: number
  /** Resolves with the next word of this type; rejects if the process fails or ends instead. */
  heard<Type extends Said["type"]>(type: Type): Promise<Extract<Said, { readonly type: Type }>>
  /** Asks the process for a report; it answers with "done". */
  ask(what?: Asked["type"]): Promise<unknown>
  /** Told to end in order, it has ended. */
  stop(): Promise<void>
}

export function startChild(file: string, task: object, flags: readonly string[] = []): Child {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), [JSON.stringify(task)], {
    execArgv: [...flags],
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  })
  const heard: Said[] = []
  const waiting = new Set<() => void>()
  const wake = () => {
    for (const look of waiting) look()
  }
  child.on("message", (said: Said) => {
    heard.push(said)
    wake()
  })
  const fail = (message: string) => {
    heard.push({ type: "failed", message })
    wake()
  }
  child.once("exit", (code, signal) => fail(`${file} ended with ${signal ?? code}`))
  // What is said to a process that is gone.
  child.on("error", ({ message }) => fail(`${file}: ${message}`))
  const hear: Child["heard"] = (type) =>
    new Promise((resolve, reject) => {
      const look = () => {
        const at = heard.findIndex((said) => said.type === type)
        const failed = heard.find((said) => said.type === "failed")
        if (at === -1 && failed === undefined) return void waiting.add(look)
        waiting.delete(look)
        if (at === -1) return reject(new Error(failed?.message))
        resolve(heard.splice(at, 1)[0] as Extract<Said, { type: typeof type }>) // cast: it was looked for by its type
      }
      look()
    })
  const ask: Child["ask"] = async (type = "report") => {
    child.send({ type } satisfies Asked)
    return (await hear("done")).result
  }
  return { pid: child.pid ?? 0, heard: hear, ask, stop: () => endChild(child) }
}

async function endChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, "exit")
  child.kill("SIGTERM")
  const giveUp = setTimeout(() => child.kill("SIGKILL"), 15_000)
  await ended
  clearTimeout(giveUp)
}

/** Of the process itself: what it was told. */
export function readTask(): unknown {
  return JSON.parse(process.argv[2] ?? "{}")
}

export function say(said: Said): void {
  process.send?.(said)
}

/** Runs a process of a benchmark; it ends when who started it is gone. */
export async function runChild(work: () => Promise<void>): Promise<void> {
  process.once("disconnect", () => process.exit(1))
  try {
    await work()
  } catch (error) {
    say({ type: "failed", message: error instanceof Error ? (error.stack ?? error.message) : String(error) })
  }
}
