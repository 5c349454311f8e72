// `troupe console FILE`: the console in a process of its own, beside apps that run elsewhere.
import { randomBytes } from "node:crypto"
import { rmSync } from "node:fs"
import { join, resolve } from "node:path"
import { appOnNats } from "../console/app-on-nats.ts"
import { startConsole } from "../console/start-console.ts"
import { sagaPictures } from "../../sagas/index.ts"
import { appIn, appsIn, loadFile } from "./app-file.ts"
import type { Call, Command } from "./command.ts"
import { leavePlace, placeFile } from "./console-place.ts"
import { portOf, portOption } from "./port.ts"
import { type ExitCode, WrongUse } from "./wrong-use.ts"

export const consoleOf: Command = {
  path: ["console"],
  summary: "serves the console of the apps that a file exports and that run elsewhere",
  about: [
    "NATS_URL names their server. TROUPE_CONSOLE_TOKEN is the token of operators, TROUPE_CONSOLE_VIEWER_TOKEN that of those",
    "who may only look; without the first a random one is made. Address and token are left in .troupe/console.json.",
  ],
  takes: [{ name: "FILE", about: "exports the apps", completes: "file" }],
  options: {
    app: { value: "NAME", about: "only this one of them" },
    data: { value: "FOLDER", completes: "folder", about: "for the read model; default: .troupe" },
    port: portOption,
    host: { value: "ADDRESS", about: "default 127.0.0.1: behind another one put TLS in front of it" },
  },
  examples: [["console examples/order-flow/app.ts --port 4800", "of an app that other processes run"]],
  run,
}

async function run(call: Call): Promise<ExitCode> {
  const { terminal } = call
  const file = call.positional(0)
  const natsUrl = call.variable("NATS_URL")
  if (natsUrl === undefined) throw new WrongUse("set NATS_URL: where is the server of the app?")
  const port = portOf(call)
  const module = await loadFile(file)
  const name = call.text("app")
  const apps = name === undefined && appsIn(module).size > 1 ? [...appsIn(module).values()] : [appIn(file, module, name)]
  const dataDir = resolve(call.text("data") ?? ".troupe")
  const own = call.variable("TROUPE_CONSOLE_TOKEN")
  const token = own ?? randomBytes(24).toString("base64url")
  const [host, viewerToken] = [call.text("host"), call.variable("TROUPE_CONSOLE_VIEWER_TOKEN")]
  const ends: (() => unknown)[] = []
  try {
    const sources = []
    for (const app of apps) {
      const source = await appOnNats(app, { natsUrl, storeDir: join(dataDir, "console-beside") })
      ends.push(() => source.close())
      sources.push(source)
    }
    const report = (line: string) => {
      if (!line.startsWith("the console is at")) terminal.error(`${line}\n`)
    }
    const served = await startConsole(sources, {
      port, token, pictures: sagaPictures, report, ...(host && { host }), ...(viewerToken && { viewerToken }),
    })
    ends.push(() => served.close())
    const left = placeFile(dataDir)
    leavePlace(left, { url: served.url, token, natsUrl, isEmbedded: false })
    ends.push(() => rmSync(left, { force: true }))
    terminal.out(`console: ${served.url}/${own === undefined ? `#token=${token}` : ""}\n`)
    await terminal.interrupted()
    return 0
  } finally {
    for (const end of ends.toReversed()) await end()
  }
}
