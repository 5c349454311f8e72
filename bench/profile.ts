// What a CPU profile says: where the time of a process goes, by part of the runtime and by function.
//   node bench/profile.ts FILE.cpuprofile [rows]
import { readFileSync } from "node:fs"

interface CallFrame {
  readonly functionName: string
  readonly url: string
  readonly lineNumber: number
}

interface Profile {
  readonly nodes: readonly {
    readonly id: number
    readonly callFrame: CallFrame
    readonly children?: readonly number[]
  }[]
  readonly samples: readonly number[]
  readonly timeDeltas: readonly number[]
}

interface Share {
  readonly name: string
  readonly ms: number
}

export interface ProfileSummary {
  /** Without what it idled. */
  readonly busyMs: number
  readonly parts: readonly Share[]
  readonly functions: readonly Share[]
}

/** The first that fits names the part; a function that is the language's own counts for whoever called it. */
const parts: readonly (readonly [part: string, pattern: RegExp])[] = [
  ["garbage collection", /^\(garbage collector\)/],
  ["NATS client", /@nats-io/],
  ["effect: fibers", /\/effect\/dist\/internal\/(?!schema)(?!arbitrary)/],
  ["schema checks", /\/effect\/dist\/(Schema|internal\/schema)/],
  ["effect: fibers", /\/effect\//],
  ["statechart", /\/(sagas|xstate)\//],
  ["telemetry", /\/runtime\/telemetry\/|@opentelemetry/],
  ["codec", /\/runtime\/message\//],
  ["NATS adapter", /\/runtime\/nats\//],
  ["actor", /\/runtime\/actor\//],
  ["delivery", /\/runtime\/delivery\//],
  ["rest of the runtime", /\/runtime\//],
  ["benchmark", /\/bench\//],
  ["Node", /node:/],
]

/** Not work. */
const idle = new Set(["(idle)", "(program)"])

export function summarize(profile: Profile): ProfileSummary {
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]))
  const parents = new Map(profile.nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)))
  const selfMs = new Map<number, number>()
  for (const [index, id] of profile.samples.entries()) {
    selfMs.set(id, (selfMs.get(id) ?? 0) + (profile.timeDeltas[index] ?? 0) / 1000)
  }
  const byPart = new Map<string, number>()
  const byFunction = new Map<string, number>()
  let busyMs = 0
  for (const [id, ms] of selfMs) {
    const frame = nodes.get(id)?.callFrame
    if (frame === undefined || idle.has(frame.functionName)) continue
    busyMs += ms
    add(byFunction, nameOf(frame), ms)
    add(byPart, partOf(id, (at) => nodes.get(at)?.callFrame, parents), ms)
  }
  return { busyMs, parts: sorted(byPart), functions: sorted(byFunction) }
}

function partOf(id: number, frameOf: (id: number) => CallFrame | undefined, parents: ReadonlyMap<number, number>): string {
  for (let at: number | undefined = id; at !== undefined; at = parents.get(at)) {
    const frame = frameOf(at)
    const text = frame?.url === "" || frame === undefined ? (frame?.functionName ?? "") : frame.url
    const found = parts.find(([, pattern]) => pattern.test(text))
    if (found !== undefined) return found[0]
  }
  return "other"
}

function nameOf({ functionName, url, lineNumber }: CallFrame): string {
  const file = url.slice(Math.max(url.lastIndexOf("/node_modules/") + 14, url.lastIndexOf("/runtime/") + 1))
  return `${functionName || "(anonymous)"} ${url === "" ? "" : `${file.slice(-60)}:${lineNumber + 1}`}`.trimEnd()
}

function add(counts: Map<string, number>, name: string, ms: number): void {
  counts.set(name, (counts.get(name) ?? 0) + ms)
}

function sorted(counts: ReadonlyMap<string, number>): readonly Share[] {
  return [...counts].map(([name, ms]) => ({ name, ms })).toSorted((a, b) => b.ms - a.ms)
}

export function profileText({ busyMs, parts: shares, functions }: ProfileSummary, rows: number): string {
  const line = ({ name, ms }: Share) => `${((ms * 100) / busyMs).toFixed(1).padStart(5)} %  ${name}`
  return [`busy ${busyMs.toFixed(0)} ms`, ...shares.map(line), "", ...functions.slice(0, rows).map(line)].join("\n")
}

if (import.meta.main) {
  const [file = "", rows = "40"] = process.argv.slice(2)
  // cast: V8 wrote it
  const profile = JSON.parse(readFileSync(file, "utf8")) as Profile
  console.log(profileText(summarize(profile), Number(rows)))
}
