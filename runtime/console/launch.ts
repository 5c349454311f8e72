// Launches an app, and its console beside it if that is asked for: by the option, or by the environment.
import { join } from "node:path"
import type { App } from "../host/app.ts"
import { type Environment, readEnvironment } from "../host/config.ts"
import { launch as launchApp, type LaunchedApp as Launched, type LaunchOptions as HostOptions } from "../host/launch.ts"
import type { StopOptions } from "../host/start.ts"
import { appOnNats } from "./app-on-nats.ts"
import { type ConsoleOptions, startConsole } from "./start-console.ts"

export interface LaunchOptions extends HostOptions {
  /** Default: what the environment says; none if it says nothing. */
  readonly console?: ConsoleOptions
}

export interface LaunchedApp extends Launched {
  /** Where the console is, as `http://host:port`; `undefined` if nowhere. */
  readonly consoleAt: string | undefined
}

/** Rejects with a Fault that says in one sentence what is missing. Whatever was started by then is stopped again. */
export async function launch(app: App, options: LaunchOptions): Promise<LaunchedApp> {
  const { environment = readEnvironment(), dataDir, report } = options
  const asked = { ...consoleOf(environment), ...options.console }
  const running = await launchApp(app, { ...options, environment })
  if (options.console === undefined && environment.consolePort === undefined) return { ...running, consoleAt: undefined }
  try {
    const { natsUrl, engine } = running
    const { replicas } = environment
    const storeDir = join(dataDir, "console")
    const source = await appOnNats(app, { natsUrl, engine, storeDir, ...(replicas === undefined ? {} : { replicas }) })
    const shown = await startConsole([source], { ...(report && { report }), ...asked }).catch(async (error: unknown) => {
      await source.close()
      throw error
    })
    let stopping: Promise<void> | undefined
    const stop = async (how?: StopOptions) => {
      await shown.close()
      await source.close()
      await running.stop(how)
    }
    return { ...running, consoleAt: shown.url, stop: (how) => (stopping ??= stop(how)) }
  } catch (error) {
    await running.stop()
    throw error
  }
}

function consoleOf(environment: Environment): ConsoleOptions {
  const { consolePort: port, consoleHost: host, consoleToken: token, consoleViewerToken: viewerToken } = environment
  return {
    ...(port !== undefined && { port }), ...(host && { host }), ...(token && { token }), ...(viewerToken && { viewerToken }),
  }
}
