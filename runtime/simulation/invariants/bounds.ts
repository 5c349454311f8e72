// I12: sizes stay under their bounds. I13: once healed, all servers hold the same, and the work comes to an end in time.
import type { History, ReplicaHappening } from "../history.ts"
import type { Findings } from "./findings.ts"
import { put } from "./log.ts"

export function checkGauges({ happenings }: History, max: Readonly<Record<string, number>>, findings: Findings): void {
  const worst = new Map<string, { readonly value: number; readonly process: string; readonly atMs: number }>()
  for (const happening of happenings) {
    if (happening.type !== "gauge" || max[happening.name] === undefined) continue
    findings.saw("gauges")
    const id = `${happening.process} ${happening.name}`
    if (happening.value > (worst.get(id)?.value ?? -Infinity)) worst.set(id, happening)
  }
  for (const [id, { value, process, atMs }] of worst) {
    const name = id.slice(process.length + 1)
    const bound = max[name] ?? 0
    if (value > bound)
      findings.add("I12", id, `${name} of ${process} was ${value} at ${atMs} ms of the run; expected ${bound} at most`)
  }
}

/** `backlog` is a gauge: what waits anywhere once all is at rest. */
export function checkHealed({ happenings }: History, withinMs: number | undefined, findings: Findings): void {
  const replicas = new Map<string, ReplicaHappening[]>()
  let healedMs: number | undefined
  let settledMs: number | undefined
  for (const happening of happenings) {
    if (happening.type === "replica") put(replicas, happening.stream, happening)
    if (happening.type === "phase" && happening.phase === "healed") healedMs = happening.atMs
    if (happening.type === "phase" && happening.phase === "settled") settledMs ??= happening.atMs
    if (happening.type !== "gauge" || happening.name !== "backlog" || settledMs === undefined) continue
    findings.saw("backlogs")
    if (happening.value === 0) continue
    const what = `${happening.value} records wait for ${happening.process} when all is at rest`
    findings.add("I13", happening.process, `${what}; expected a backlog of 0`, happening)
  }
  for (const [stream, [first, ...others]] of replicas) {
    for (const other of others) {
      findings.saw("replicas")
      if (first === undefined || contents(first) === contents(other)) continue
      const both = `${first.server} (${contents(first)}) and ${other.server} (${contents(other)})`
      findings.add("I13", stream, `stream ${stream} differs between ${both}; expected the same once healed`, first, other)
    }
  }
  if (withinMs === undefined || healedMs === undefined) return
  findings.saw("healings")
  if (settledMs !== undefined && settledMs - healedMs <= withinMs) return
  const what = settledMs === undefined ? "did not come to rest" : `came to rest after ${settledMs - healedMs} ms`
  findings.add("I13", "run", `the run ${what} when all was healed at ${healedMs} ms; expected it within ${withinMs} ms`)
}

function contents({ first, last, count, digest }: ReplicaHappening): string {
  return `${count} messages, ${first} to ${last}, ${digest}`
}
