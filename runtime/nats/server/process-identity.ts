// Which process a recorded pid meant. A pid alone is re-used by the system; pid and start time together are not. A process
// that is dead and not yet reaped counts as gone: it holds no file and no port any more.
import { readFile } from "node:fs/promises"
import { runCommand } from "./command.ts"

export interface ProcessIdentity {
  readonly pid: number
  /** Opaque: equal for the same process, different for any other process of this machine, also after a reboot. */
  readonly startTime: string
}

/** The process exists and does not show when it started. It is taken for the recorded one: better refuse than share. */
const unknown = "unknown"
const psTimeoutMs = 5_000

/** Of a process that runs now; undefined if there is none with this pid. */
export async function identify(pid: number): Promise<ProcessIdentity | undefined> {
  const startTime = await readStartTime(pid)
  return startTime === undefined ? undefined : { pid, startTime }
}

export async function isRunning(recorded: ProcessIdentity): Promise<boolean> {
  const startTime = await readStartTime(recorded.pid)
  if (startTime === undefined) return false
  return startTime === recorded.startTime || startTime === unknown || recorded.startTime === unknown
}

/** The arguments of a running process, joined by spaces; empty if they cannot be read. */
export async function commandLine(pid: number): Promise<string> {
  const bytes = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => undefined)
  if (bytes !== undefined) return bytes.replaceAll("\0", " ").trim()
  return (await ps(pid, "command=")).trim()
}

/** The state (field 3) and the start time in ticks since boot (field 22) of a `/proc/<pid>/stat` line. */
export function parseStat(stat: string): { state: string; startTicks: string } | undefined {
  // The program's name is in parentheses and may itself hold spaces and parentheses, so we count from the last one.
  const fields = stat.slice(stat.lastIndexOf(")") + 1).trim().split(/\s+/)
  const [state, startTicks] = [fields[0], fields[19]]
  return state === undefined || state === "" || startTicks === undefined ? undefined : { state, startTicks }
}

async function readStartTime(pid: number): Promise<string | undefined> {
  if (!exists(pid)) return undefined
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined)
  const parsed = stat === undefined ? undefined : parseStat(stat)
  if (parsed !== undefined) {
    if (isDead(parsed.state)) return undefined
    // Ticks count from boot, so a reboot could repeat them.
    const boot = await readFile("/proc/sys/kernel/random/boot_id", "utf8").catch(() => "")
    return `${boot.trim()}:${parsed.startTicks}`
  }
  const [state, ...start] = (await ps(pid, "stat=,lstart=")).trim().split(/\s+/)
  if (state === undefined || state === "") return exists(pid) ? unknown : undefined
  return isDead(state) ? undefined : start.join(" ")
}

function isDead(state: string): boolean {
  return state.startsWith("Z") || state.startsWith("X")
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // cast: process.kill throws system errors. EPERM means that it exists and belongs to another user.
    return (error as NodeJS.ErrnoException).code === "EPERM"
  }
}

function ps(pid: number, format: string): Promise<string> {
  const options = { env: { ...process.env, LC_ALL: "C" }, signal: AbortSignal.timeout(psTimeoutMs) }
  return runCommand("ps", ["-o", format, "-p", String(pid)], options).catch(() => "")
}
