// Runs one outside program (go, apt-get, dpkg-deb, tar, ps, nats-server --version) to its end. Never through a shell, never
// with an open stdin, always with a time limit, and what is kept of its output is bounded.
import { spawn } from "node:child_process"

const outputBytesMax = 256 * 1024

export interface CommandOptions {
  readonly cwd?: string
  readonly env?: NodeJS.ProcessEnv
  readonly signal: AbortSignal
}

/** What the program wrote to stdout. Rejects with one line saying why it could not be run, or how it failed. */
export function runCommand(file: string, args: readonly string[], options: CommandOptions): Promise<string> {
  const { cwd, env, signal } = options
  if (signal.aborted) return Promise.reject(new Error(`${file} was not started: the time was up`))
  return new Promise((resolve, reject) => {
    const stdio: ["ignore", "pipe", "pipe"] = ["ignore", "pipe", "pipe"]
    const child = spawn(file, args, { stdio, signal, killSignal: "SIGKILL", ...(cwd && { cwd }), ...(env && { env }) })
    let out = ""
    let err = ""
    child.stdout.setEncoding("utf8").on("data", (text: string) => void (out = (out + text).slice(0, outputBytesMax)))
    child.stderr.setEncoding("utf8").on("data", (text: string) => void (err = (err + text).slice(-outputBytesMax)))
    child.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return reject(new Error(`${file} is not on PATH`))
      reject(new Error(signal.aborted ? `${file} took too long` : `${file} could not be run: ${error.message}`))
    })
    child.once("close", (code, killedBy) => {
      if (code === 0) return resolve(out)
      reject(new Error(`${file} failed (${killedBy ?? `exit ${code}`}): ${lastLine(err) || lastLine(out) || "no output"}`))
    })
  })
}

function lastLine(text: string): string {
  return text.trimEnd().split("\n").at(-1)?.trim().slice(0, 300) ?? ""
}
