// One run of one row: a fresh server, the processes of the system, and a driver, each on its own.
import { type Child, startChild } from "./child.ts"
import type { ChainTask } from "./chain-worker.ts"
import { chainServices, provisionChain } from "./chain.ts"
import type { DriverTask } from "./driver.ts"
import { type Hops, readHops } from "./hops.ts"
import type { LoadResult } from "./load.ts"
import { cpuMs, machineCpuMs, peakRssMiB } from "./machine.ts"
import type { Options } from "./options.ts"
import { shopOf } from "./order-saga.ts"
import type { Row } from "./row.ts"
import { openSagas, type Opened } from "./open-sagas.ts"
import { type BenchServer, startServer } from "./server.ts"
import type { WorkerReport, WorkerTask } from "./worker.ts"

type Part = "server" | "worker" | "driver"
export type ByPart = Readonly<Record<Part, number>>

export interface Measured {
  readonly perSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
  /** CPU time of all processes of each part, for each saga that ended meanwhile. */
  readonly cpuMs: ByPart
  /** Peak of the processes of each part, added up. */
  readonly rssMiB: ByPart
  /** Growth of the store by all sagas of the run, for each of them. */
  readonly bytesPerSaga: number
  /** Of the app: undefined for the chain. */
  readonly recordsPerAppend: number | undefined
  readonly appendsPerSaga: number | undefined
  readonly journalBytesPerSaga: number | undefined
  readonly hops: Hops | undefined
  /** Sagas that waited meanwhile, if there were any. */
  readonly opened: Opened | undefined
  readonly sagas: number
  /** Cores that processes which are not part of the run used meanwhile. */
  readonly othersCores: number
}

const namespace = "bench"

export async function runOnce(row: Row, options: Options): Promise<Measured> {
  const stops: (() => Promise<void>)[] = []
  try {
    const server = await startServer(row.mode, row.system === "troupe" ? options.replicas : 1)
    stops.push(() => server.stop())
    const collector = row.tracing === "off" ? undefined : startChild("collector.ts", {})
    if (collector !== undefined) stops.push(collector.stop)
    // cast: collector.ts says where it listens
    const tracesTo = (await collector?.heard("done"))?.result as string | undefined
    const workers = await startWorkers(row, { options, server, tracesTo, stops })
    const place = { natsUrl: server.url, namespace, partitions: options.partitions, replicas: options.replicas, row }
    const opened = await openSagas(row.system === "troupe" ? options.openSagas : 0, place, workers, stops)
    return { ...(await measure(row, { options, server, workers, stops })), opened }
  } finally {
    for (const stop of stops.toReversed()) await stop()
  }
}

interface Setting {
  readonly options: Options
  readonly server: BenchServer
  readonly stops: (() => Promise<void>)[]
}

async function startWorkers(row: Row, setting: Setting & { readonly tracesTo: string | undefined }): Promise<readonly Child[]> {
  const { options, server, stops, tracesTo } = setting
  const { url: natsUrl } = server
  const { partitions, replicas } = options
  const begin = (file: string, task: WorkerTask | ChainTask) => {
    const child = startChild(file, task, profiling(options, file))
    stops.push(child.stop)
    return child
  }
  let workers: readonly Child[]
  if (row.system === "nats-chain") {
    await provisionChain(natsUrl)
    const services = row.services === "same-app" ? (["all"] as const) : [...chainServices.keys()]
    workers = services.map((service) => begin("chain-worker.ts", { natsUrl, service, form: options.chain }))
  } else {
    const apps = [...shopOf(namespace, partitions, row).apps.keys()]
    const share = 1 / options.workers
    workers = apps.flatMap((app) =>
      Array.from({ length: options.workers }, () =>
        begin("worker.ts", { natsUrl, namespace, partitions, row, app, share, replicas, tracesTo }),
      ),
    )
  }
  await Promise.all(workers.map((worker) => worker.heard("ready")))
  return workers
}

function profiling({ profileDir }: Options, file: string): readonly string[] {
  if (profileDir === undefined) return []
  return ["--cpu-prof", `--cpu-prof-dir=${profileDir}`, `--cpu-prof-name=${file.replace(".ts", "")}-${Date.now()}.cpuprofile`]
}

async function measure(row: Row, setting: Setting & { readonly workers: readonly Child[] }): Promise<Omit<Measured, "opened">> {
  const { options, server, workers, stops } = setting
  const { partitions, replicas, payloadBytes, warmUpMs, measureMs } = options
  const { inFlight, rate } = row
  const storedBefore = server.storedBytes()
  const reportsBefore = await reportsOf(row, workers)
  const task: DriverTask = {
    natsUrl: server.url, namespace, partitions, row, replicas, payloadBytes, inFlight, rate, warmUpMs, measureMs,
  }
  const driver = startChild("driver.ts", task, profiling(options, "driver.ts"))
  stops.push(driver.stop)
  const pids = { server: server.pids, worker: workers.map(({ pid }) => pid), driver: [driver.pid] }
  const used = () => ({ parts: byPart(pids, cpuMs), all: machineCpuMs() })
  const failing = Promise.race(workers.map((worker) => worker.heard("failed"))).then(({ message }): never => {
    throw new Error(message)
  })
  failing.catch(() => undefined)
  await Promise.race([driver.heard("measuring"), failing])
  const before = used()
  await Promise.race([driver.heard("measured"), failing])
  const after = used()
  const { result } = await Promise.race([driver.heard("done"), failing])
  const load = result as LoadResult // cast: driver.ts gives it
  checkAllEnded(load, row)
  const cpu = mapParts((part) => (after.parts[part] - before.parts[part]) / load.measured)
  const own = mapParts((part) => after.parts[part] - before.parts[part])
  const others = after.all - before.all - own.server - own.worker - own.driver
  const sagas = load.completed + load.compensated
  return {
    perSecond: (load.measured * 1000) / load.measuredMs,
    p50Ms: load.p50Ms,
    p99Ms: load.p99Ms,
    maxMs: load.maxMs,
    cpuMs: cpu,
    rssMiB: byPart(pids, peakRssMiB),
    bytesPerSaga: (server.storedBytes() - storedBefore) / sagas,
    ...(await ofTheApp(row, setting, { sagas, reportsBefore })),
    sagas,
    othersCores: Math.max(0, others / load.measuredMs),
  }
}

/** What a run is worth nothing without: every saga that was started ended, and as it had to. */
function checkAllEnded({ started, completed, compensated, measured }: LoadResult, { outcome }: Row): void {
  if (measured === 0) throw new Error("no saga ended while it was measured")
  const wanted = { happy: compensated === 0, compensated: completed === 0, mixed: completed > 0 && compensated > 0 }[outcome]
  if (started === completed + compensated && wanted) return
  throw new Error(`of ${started} sagas (${outcome}) ${completed} were completed and ${compensated} compensated`)
}

type OfTheApp = Pick<Measured, "recordsPerAppend" | "appendsPerSaga" | "journalBytesPerSaga" | "hops">

interface Counted {
  readonly sagas: number
  readonly reportsBefore: readonly WorkerReport[]
}

/** The chain counts nothing. */
async function reportsOf({ system }: Row, workers: readonly Child[]): Promise<readonly WorkerReport[]> {
  // cast: worker.ts gives it
  return system === "nats-chain" ? [] : ((await Promise.all(workers.map((worker) => worker.ask()))) as readonly WorkerReport[])
}

async function ofTheApp(
  row: Row,
  setting: Setting & { readonly workers: readonly Child[] },
  { sagas, reportsBefore }: Counted,
): Promise<OfTheApp> {
  const nothing = { recordsPerAppend: undefined, appendsPerSaga: undefined, journalBytesPerSaga: undefined, hops: undefined }
  if (row.system === "nats-chain") return nothing
  const reports = await reportsOf(row, setting.workers)
  const sumOf = (some: readonly WorkerReport[], count: (report: WorkerReport) => number) =>
    some.reduce((total, report) => total + count(report), 0)
  const sum = (count: (report: WorkerReport) => number) => sumOf(reports, count) - sumOf(reportsBefore, count)
  const blocks = sum((report) => report.blocks)
  const parked = sum((report) => report.parked)
  if (parked > 0) throw new Error(`${parked} records were parked`)
  const orders = reports.slice(0, setting.options.workers).map(({ owned }) => owned)
  return {
    recordsPerAppend: sum((report) => report.decisions) / blocks,
    appendsPerSaga: blocks / sagas,
    journalBytesPerSaga: sum((report) => report.bytes) / sagas,
    hops: await readHops(setting.server.url, namespace, "order-flow", orders),
  }
}

function byPart(pids: Readonly<Record<Part, readonly number[]>>, of: (pid: number) => number): ByPart {
  return mapParts((part) => pids[part].reduce((sum, pid) => sum + of(pid), 0))
}

function mapParts(of: (part: Part) => number): ByPart {
  return { server: of("server"), worker: of("worker"), driver: of("driver") }
}
