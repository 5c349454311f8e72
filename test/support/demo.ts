// Runs the order flow as a user does, as a process of its own, and kills parts of it at a given point of the run.
import { type ChildProcess, spawn } from "node:child_process"
import { readFile, mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

/** Which example: the folder of its main.ts. */
type Example = "order-flow" | "order-flow-choreographed"

export interface DemoRun {
  readonly process: ChildProcess
  /** Resolves when the run has shown that this many orders are done; rejects if it ends before. */
  reached(orders: number): Promise<void>
  readonly ended: Promise<DemoEnd>
}

export interface DemoEnd {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
  /** The JSON object of the last line. */
  readonly summary: Summary | undefined
}

export interface Summary {
  readonly orders: number
  readonly completed: number
  readonly compensated: number
  readonly parked: number
  readonly open: number
  readonly stockConserved: boolean
  readonly moneyConserved: boolean
  readonly notified: number
  readonly perSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly started: number
  readonly rejected: number
  readonly reasons: Readonly<Record<string, number>>
}

/** A folder for the embedded server's store; removed by the returned function. */
export async function dataFolder(): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), "troupe-demo-"))
  return { path, remove: () => rm(path, { recursive: true, force: true, maxRetries: 5 }) }
}

export function startDemo(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  example: Example = "order-flow",
): DemoRun {
  const main = fileURLToPath(new URL(`../../examples/${example}/main.ts`, import.meta.url))
  const child = spawn(process.execPath, [main, "--json", ...args], {
    env: { ...withoutTroupe(process.env), ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  })
  let stdout = ""
  let stderr = ""
  const waiting = new Set<() => void>()
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr.on("data", (chunk: Buffer) => {
    stderr += chunk.toString()
    for (const check of waiting) check()
  })
  const ended = new Promise<DemoEnd>((resolve) => {
    child.once("close", (code) => resolve({ code, stdout, stderr, summary: readSummary(stdout) }))
  })
  const reached = (orders: number) =>
    new Promise<void>((resolve, reject) => {
      const check = () => {
        const done = [...stderr.matchAll(/ (\d+)\/\d+\n/g)].map(([, count]) => Number(count))
        if (Math.max(0, ...done) >= orders) resolve()
      }
      waiting.add(check)
      void ended.then(({ code }) =>
        reject(new Error(`the demo ended with ${code} before ${orders} orders:\n${stderr}`)),
      )
      check()
    })
  return { process: child, reached, ended }
}

export async function runDemo(
  args: readonly string[],
  environment?: Readonly<Record<string, string>>,
  example?: Example,
): Promise<DemoEnd> {
  return startDemo(args, environment, example).ended
}

/** The pid of the embedded server on a store, as its record says. */
export async function serverPid(dataDir: string): Promise<number> {
  const record = await readFile(join(dataDir, "server.json"), "utf8")
  const { serverPid: pid } = JSON.parse(record) as { serverPid: number } // cast: the embedded server wrote it
  return pid
}

function withoutTroupe(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { NATS_URL: _, OTEL_EXPORTER_OTLP_ENDPOINT: __, npm_lifecycle_event: ___, ...rest } = environment
  return rest
}

function readSummary(stdout: string): Summary | undefined {
  const last = stdout.trimEnd().split("\n").at(-1) ?? ""
  return last.startsWith("{") ? (JSON.parse(last) as Summary) : undefined // cast: the shape is what the tests check
}
