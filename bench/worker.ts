// A process of the app that is measured.
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { startTracing } from "../runtime/telemetry/setup.ts"
import { type App, type RunningApp, start } from "../runtime/index.ts"
import { keepHeapLean } from "../runtime/host/lean-heap.ts"
import { type Asked, readTask, runChild, say } from "./child.ts"
import { heldOrder, shopOf } from "./order-saga.ts"
import type { Row } from "./row.ts"

export interface WorkerTask {
  readonly natsUrl: string
  readonly namespace: string
  readonly partitions: number
  readonly row: Row
  /** Which app of the shop. */
  readonly app: number
  /** The share of the partitions that it waits for before it is ready. */
  readonly share: number
  readonly replicas: number
  readonly tracesTo: string | undefined
}

export interface WorkerReport {
  readonly decisions: number
  readonly blocks: number
  readonly bytes: number
  readonly parked: number
  readonly owned: readonly number[]
  /** Sagas that wait. */
  readonly open: number
  /** Bytes of memory that are in use, garbage included unless it was asked to weigh. */
  readonly usedBytes: number
}

const ratios = { off: 0, "10%": 0.1, "100%": 1 } as const

async function work(): Promise<void> {
  const task = readTask() as WorkerTask // cast: run.ts wrote it
  keepHeapLean()
  const shop = shopOf(task.namespace, task.partitions, task.row)
  const app = shop.apps[task.app]
  if (app === undefined) throw new Error(`the shop has no app ${task.app}`)
  const counts = { decisions: 0, blocks: 0, bytes: 0, parked: 0 }
  let owned: readonly number[] = []
  let isReady = false
  const tracing = await traceTo(app, task)
  const running = await start(app, {
    natsUrl: task.natsUrl,
    replicas: task.replicas,
    telemetry: tracing.telemetry,
    report: () => undefined,
    observer: {
      committed: ({ decisions, bytes, parked }) => {
        counts.decisions += decisions
        counts.blocks += 1
        counts.bytes += bytes
        counts.parked += parked
      },
      owned: (partitions) => {
        owned = partitions
        if (isReady || partitions.length < Math.floor(task.share * task.partitions)) return
        isReady = true
        say({ type: "ready" })
      },
    },
  })
  void running.lost.then((fault) => say({ type: "failed", message: fault.message }))
  process.on("message", ({ type }: Asked) => {
    if (type === "weigh") collectGarbage()
    const result: WorkerReport = { ...counts, owned, open: openSagas(running), usedBytes: usedBytes() }
    say({ type: "done", result })
  })
  process.once("SIGTERM", () => {
    void running
      .stop({ withinMs: 1000 })
      .then(() => tracing.shutdown())
      .finally(() => process.exit(0))
  })
}

function openSagas({ engine }: RunningApp): number {
  const sagas = engine.metrics().gauges.flatMap((gauges) => gauges.sagas)
  return sagas.filter(({ saga }) => saga === heldOrder.logic.service).reduce((sum, { running }) => sum + running, 0)
}

/** The heap, and what is kept outside of it: packed rows are. */
function usedBytes(): number {
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

function collectGarbage(): void {
  setFlagsFromString("--expose-gc")
  const collect = runInNewContext("gc") as () => void // cast: the flag makes it
  collect()
  collect()
}

function traceTo(app: App, { tracesTo, row, namespace }: WorkerTask) {
  const services = [...app.shape.logics.keys()]
  const endpoint = tracesTo === undefined ? {} : { endpoint: tracesTo, tracesUrl: `${tracesTo}/v1/traces` }
  return startTracing({ services, namespace, instanceId: String(process.pid), ratio: ratios[row.tracing], ...endpoint })
}

await runChild(work)
