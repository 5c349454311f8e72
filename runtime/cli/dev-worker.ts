// Runs an app and its console for `troupe dev`, which starts this program anew when a file of the app changes. It ends in
// order on SIGTERM, and when that `troupe dev` is gone.
import { registerHooks } from "node:module"
import { fileURLToPath } from "node:url"
import { launch } from "../console/launch.ts"
import { readEnvironment } from "../host/config.ts"
import { stopOnSignals } from "../host/signals.ts"
import { describeError, Fault } from "../kernel/fault.ts"
import { sagaPictures } from "../../sagas/index.ts"
import { appIn, loadFile } from "./app-file.ts"
import { type FromWorker, orderVariable, type WorkerOrder } from "./dev-messages.ts"

// cast: `troupe dev` wrote it
const order = JSON.parse(process.env[orderVariable] ?? "{}") as WorkerOrder
delete process.env[orderVariable]

// Ctrl-C reaches the whole group of processes: `troupe dev` decides what it means.
process.on("SIGINT", () => undefined)
process.on("disconnect", () => process.kill(process.pid, "SIGTERM"))

function tell(message: FromWorker): void {
  if (process.connected) process.send?.(message)
}

function tellModules(): void {
  registerHooks({
    load(url, context, next) {
      if (url.startsWith("file:") && !url.includes("/node_modules/")) tell({ type: "module", path: fileURLToPath(url) })
      return next(url, context)
    },
  })
}

async function run(): Promise<void> {
  const { file, app: name, dataDir, natsUrl, port, token } = order
  tellModules()
  const app = appIn(file, await loadFile(file), name)
  const environment = { ...readEnvironment(), natsUrl }
  const report = (line: string) => {
    if (!line.startsWith("the console is at")) process.stderr.write(`${line}\n`)
  }
  const running = await launch(app, { dataDir, environment, console: { port, token, pictures: sagaPictures, report } })
  stopOnSignals(running, { signals: ["SIGTERM"] })
  tell({ type: "ready", app: app.shape.name, partitions: app.shape.partitions, url: running.consoleAt ?? "" })
  const fault = await running.lost
  tell({ type: "failed", message: `${fault.code}: ${fault.message}` })
  await running.stop()
  process.exit(1)
}

run().catch((error: unknown) => {
  // Of what is no Fault the place is of interest: it is in the code of the app.
  const why = error instanceof Error && !(error instanceof Fault) ? error.stack ?? error.message : describeError(error)
  tell({ type: "failed", message: why })
  process.exit(1)
})
