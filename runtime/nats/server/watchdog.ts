// Runs a nats-server below a small shell, so that the server ends when this process is gone, however it went. The shell
// holds a pipe from this process (its stdin): when that closes it ends the server. It also waits for the server and exits
// as the server did. Both are in a session of their own: Ctrl-C ends the app, which may still drain, and not its server.
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { constants } from "node:os"
import type { Writable } from "node:stream"

/** $1 the server, $2 its configuration, $3 the file for what it writes to stderr before its log is open. */
const script = `
exec 4<&0 </dev/null
( read -r go <&3 && exec "$1" -c "$2" 3<&- 4<&- ) >/dev/null 2>"$3" &
server=$!
exec 3<&-
echo "$server"
exec >/dev/null
( read -r _ <&4; kill -TERM "$server"; sleep 1; kill -KILL "$server" ) 2>/dev/null &
reader=$!
exec 4<&-
wait "$server"
status=$?
kill -KILL "$reader"
exit "$status"
`

export interface Exit {
  /** Of the server; null if a signal ended it. */
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface WatchedServer {
  readonly pid: number
  /**
   * Lets the server run. Until then its process exists and waits, so that its pid can be recorded before it opens the
   * store; it ends if this process goes first.
   */
  go(): void
  /** Closes the pipe: the shell sends SIGTERM, and SIGKILL a second later. */
  drop(): void
  /** The server's exit; `watchdogDied` if the shell was killed, and the server may still run. */
  readonly exited: Promise<Exit | "watchdogDied">
}

/** Throws if the shell cannot be started. */
export async function startWatched(binary: string, configFile: string, errorFile: string): Promise<WatchedServer> {
  const shell = spawn("sh", ["-c", script, "troupe-watchdog", binary, configFile, errorFile], {
    detached: true,
    stdio: ["pipe", "pipe", "ignore", "pipe"],
  })
  const exited = exitOf(shell)
  const lifeline = writable(shell, 0)
  const gate = writable(shell, 3)
  // An end of a pipe that the other side has left is no news: the exit says it.
  for (const pipe of [lifeline, gate]) pipe.on("error", () => {})
  await once(shell, "spawn")
  const pid = await readPid(shell).catch((error: unknown) => {
    for (const pipe of [lifeline, gate]) pipe.destroy()
    throw error
  })
  return { pid, go: () => void gate.end("go\n"), drop: () => void lifeline.destroy(), exited }
}

async function exitOf(shell: ChildProcess): Promise<Exit | "watchdogDied"> {
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve) => {
    shell.once("exit", (...exit) => resolve(exit))
  })
  return code === null || signal !== null ? "watchdogDied" : serverExit(code)
}

/** A shell exits with 128 + n when what it waited for was ended by signal n. */
export function serverExit(status: number): Exit {
  for (const [name, number] of Object.entries(constants.signals)) {
    // cast: the keys of this table are the signal names.
    if (status === 128 + number) return { code: null, signal: name as NodeJS.Signals }
  }
  return { code: status, signal: null }
}

async function readPid(shell: ChildProcess): Promise<number> {
  let text = ""
  for await (const chunk of shell.stdout ?? []) {
    text += String(chunk)
    if (text.includes("\n")) break
  }
  const pid = Number(text.trim())
  if (!Number.isSafeInteger(pid) || pid <= 1) throw new Error("the watchdog shell ended before it had started the server")
  return pid
}

function writable(shell: ChildProcess, index: number): Writable {
  return shell.stdio[index] as Writable // cast: stdio asks for a pipe at this index
}
