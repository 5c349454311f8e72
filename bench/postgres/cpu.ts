// CPU time of processes, as Linux tells it: on a busy machine it says more than the time on the clock.
import { readdirSync, readFileSync } from "node:fs"

interface Seen {
  readonly pid: number
  readonly parent: number
  readonly command: string
  readonly ms: number
}

/** Milliseconds so far of every process whose command line, or whose parent's, has one of the marks; by mark. */
export function cpuMs(marks: Readonly<Record<string, string>>): Readonly<Record<string, number>> {
  const all = new Map(readdirSync("/proc").filter((name) => /^\d+$/.test(name)).flatMap(seen).map((one) => [one.pid, one]))
  const sums: Record<string, number> = {}
  for (const one of all.values()) {
    const commands = `${one.command} ${all.get(one.parent)?.command ?? ""}`
    const name = Object.keys(marks).find((key) => commands.includes(marks[key] ?? ""))
    if (name !== undefined) sums[name] = (sums[name] ?? 0) + one.ms
  }
  return sums
}

function seen(pid: string): readonly Seen[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
    const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ")
    return [{ pid: Number(pid), parent: Number(fields[1]), command, ms: (Number(fields[11]) + Number(fields[12])) * 10 }]
  } catch {
    return [] // It has ended.
  }
}
