// Everything that a program needs to run an app, in one call: the server that NATS_URL names or an embedded one, traces
// to the collector that is configured or found, and the app on top. Stopping undoes it in reverse.
import { randomBytes } from "node:crypto"
import type { Observer } from "../delivery/observer.ts"
import { Fault } from "../kernel/fault.ts"
import { chooseServer } from "../nats/server/choose.ts"
import type { EmbeddedServer } from "../nats/server/embedded.ts"
import { findCollector } from "../telemetry/endpoint.ts"
import { startTracing } from "../telemetry/setup.ts"
import type { App } from "./app.ts"
import { type Environment, readEnvironment } from "./config.ts"
import { type RunningApp, start } from "./start.ts"

export interface LaunchOptions {
  /** Where an embedded server keeps its store. */
  readonly dataDir: string
  readonly environment?: Environment
  readonly observer?: Partial<Observer>
  /** Told, in one line each, what was chosen and why. */
  readonly report?: (line: string) => void
}

export interface LaunchedApp extends RunningApp {
  readonly natsUrl: string
  /** The server is a child of this process. */
  readonly isEmbedded: boolean
  /** Where traces go; `undefined` if nowhere. */
  readonly tracesTo: string | undefined
}

/** The embedded server ended while the app needed it. Everything that was acknowledged is in its store. */
export class ServerEnded extends Fault {
  readonly _tag = "ServerEnded"
  readonly code = "SERVER_ENDED"
  readonly retry = "later"
}

/** Rejects with a Fault that says in one sentence what is missing. Whatever was started by then is stopped again. */
export async function launch(app: App, options: LaunchOptions): Promise<LaunchedApp> {
  const { dataDir, environment = readEnvironment(), report = () => undefined } = options
  const server = await chooseServer({ natsUrl: environment.natsUrl, dataDir, report })
  const stops = [() => server.stop()]
  const stopAll = async () => {
    for (const stop of stops.toReversed()) await stop()
  }
  try {
    const tracing = await startTracing({
      services: [...app.shape.logics.keys()],
      namespace: app.namespace,
      instanceId: randomBytes(8).toString("hex"),
      ...(await findCollector({ endpoint: environment.otlpEndpoint, tracesEndpoint: environment.otlpTracesEndpoint })),
    })
    stops.push(() => tracing.shutdown())
    const observer = options.observer === undefined ? {} : { observer: options.observer }
    const running = await start(app, { natsUrl: server.url, telemetry: tracing.telemetry, ...observer })
    stops.push(() => running.stop())
    const lost = server.embedded === undefined ? running.lost : Promise.race([running.lost, serverEnd(server.embedded)])
    return {
      ...running,
      lost,
      natsUrl: server.url,
      isEmbedded: server.embedded !== undefined,
      tracesTo: tracing.endpoint,
      stop: stopAll,
    }
  } catch (error) {
    await stopAll()
    throw error
  }
}

function serverEnd({ exited, pid }: EmbeddedServer): Promise<Fault> {
  return exited.then(
    ({ code, signal }) =>
      new ServerEnded(
        `the embedded nats-server (process ${pid}) ended with ${signal ?? `exit code ${code}`}; ` +
          "start the app again to go on from its store",
      ),
  )
}
