// One worker of a run: starts the apps of the workload, tells what happens to its partitions, and ends as a program that
// somebody keeps running would: with a code of its own when it cannot go on.
import { appendFileSync } from "node:fs"
import { type App, describeError, type RunningApp, start } from "../../runtime/index.ts"
import type { Fault } from "../../runtime/kernel/fault.ts"
import type { RowHappening } from "../../runtime/simulation/history.ts"
import { type Probed, probedApp, rowsOf } from "../../runtime/simulation/probes.ts"
import { clockMs } from "./clock.ts"
import { exits, obey, readSettings, say } from "./lifeline.ts"
import type { WorkerOrder, WorkerSaid, WorkerSettings } from "./messages.ts"
import { outsideOver } from "./outside-http.ts"
import { workloadOf } from "./workload.ts"

const measureEveryMs = 500

const settings = readSettings() as WorkerSettings // cast: the supervisor wrote them for this script
const { name, natsUrl, replicas, release, seed, participants, monitoringUrls, file } = settings
/** A process that is started anew is another one. */
const life = `${name} ${process.pid}`
const probed = (seen: Probed) => appendFileSync(file, `${JSON.stringify({ ...seen, atMs: clockMs() })}\n`)
const apps = workloadOf(seed).apps(outsideOver(participants), release).map((app) => probedApp(app, life, probed))
const tell = (said: WorkerSaid) => say(said)
const running: RunningApp[] = []

function log(line: string): void {
  console.log(`${Math.round(clockMs())} ${line}`)
}

/** What an operator is told begins with a code. */
function report(line: string): void {
  log(line)
  const code = /^([A-Z_]+): /.exec(line)?.[1]
  if (code !== undefined) tell({ type: "code", code })
}

async function run(app: App): Promise<void> {
  const alarm = (partition: number, fault: Fault) => {
    tell({ type: "alarm", app: app.shape.name, partition, code: fault.code, message: fault.message })
  }
  const observer = {
    fenced: () => tell({ type: "fenced" }),
    owned: (partitions: readonly number[]) => log(`runs ${partitions.join(", ")}`),
    interrupted: (partition: number, fault: Fault) => {
      log(`partition ${partition} is let go: ${fault.code}: ${fault.message}`)
      tell({ type: "code", code: fault.code })
    },
    broken: alarm,
    refused: alarm,
    unsubscribed: (partition: number, _: string, fault: Fault) => alarm(partition, fault),
  }
  const started = await start(app, { natsUrl, replicas, monitoringUrls, observer, report })
  void started.lost.then((fault) => {
    log(`lost: ${fault.code}: ${fault.message}`)
    tell({ type: "code", code: fault.code })
    process.exit(exits.lost)
  })
  running.push(started)
}

function rows(): readonly RowHappening[] {
  return running.flatMap(({ engine }, index) => {
    const app = apps[index]
    return app === undefined ? [] : rowsOf(app, engine, life).map((row) => ({ atMs: clockMs(), ...row }))
  })
}

/** Nothing waits, is under way, or is to happen by itself. */
function isAtRest(): boolean {
  return running.length === apps.length && running.every(({ engine }) => {
    const { gauges, states } = engine.metrics()
    const isDone = gauges.every(({ lag, mailbox, outbox, timers }) => lag + mailbox + outbox + timers === 0)
    return engine.isIdle() && isDone && states.claiming + states.stalled === 0
  })
}

obey((message) => {
  const order = message as WorkerOrder // cast: the supervisor sends these only
  if (order.type === "rows") tell({ type: "rows", rows: rows() })
  else void Promise.all(running.map((each) => each.stop())).then(() => process.exit(exits.done))
})
try {
  for (const app of apps) await run(app)
} catch (error) {
  log(`not started: ${describeError(error)}`)
  process.exit(exits.notStarted)
}
log(`ready, pid ${process.pid}`)
tell({ type: "ready" })
setInterval(() => {
  const resent = running.reduce((sum, { engine }) => sum + engine.metrics().resent, 0)
  tell({ type: "measured", resent, isAtRest: isAtRest() })
}, measureEveryMs).unref()
