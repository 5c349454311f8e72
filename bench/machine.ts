// What the operating system says: of this machine, and of each process that is measured. Linux only, from /proc.
import { readdirSync, readFileSync, statSync } from "node:fs"
import { cpus, loadavg, release, totalmem } from "node:os"
import { join } from "node:path"

export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryGiB: number
  readonly kernel: string
  readonly node: string
  readonly natsServer: string
  readonly date: string
  /** Before the first run. */
  readonly load1m: number
}

export function readMachine(natsServer: string): Machine {
  const processors = cpus()
  return {
    cpu: processors[0]?.model ?? "unknown",
    cores: processors.length,
    memoryGiB: Math.round(totalmem() / 1024 ** 3),
    kernel: release(),
    node: process.version,
    natsServer,
    date: new Date().toISOString().slice(0, 10),
    load1m: Math.round((loadavg()[0] ?? 0) * 100) / 100,
  }
}

/** Linux counts the time of processes in hundredths of a second, whatever the kernel's own tick is. */
const msPerTick = 10

/** CPU time of a process so far, its threads included. */
export function cpuMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
  // The name may hold anything; the fields behind it do not.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
  return (Number(fields[11]) + Number(fields[12])) * msPerTick
}

/** The most memory that a process has had resident. */
export function peakRssMiB(pid: number): number {
  const peak = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))
  return Number(peak?.[1]) / 1024
}

/** CPU time of the whole machine so far, whoever used it. */
export function machineCpuMs(): number {
  const [, user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = (readFileSync("/proc/stat", "utf8").split("\n")[0] ?? "")
    .split(/\s+/)
    .map(Number)
  return (user + nice + system + irq + softirq) * msPerTick
}

/** Bytes of all files below a folder. A file that is removed meanwhile counts nothing. */
export function folderBytes(folder: string): number {
  let bytes = 0
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) bytes += statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.size ?? 0
  }
  return bytes
}
