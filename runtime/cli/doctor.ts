// `troupe doctor`: looks at the machine, the server and the streams, changes nothing, and says what to mend.
import { readEnvironment } from "../host/config.ts"
import { parseVersion } from "../nats/server/version.ts"
import { examine } from "../nats/examination.ts"
import type { Finding } from "../nats/finding.ts"
import type { Call, Command } from "./command.ts"
import { jsonOption } from "./console-command.ts"
import { leftPlace } from "./console-place.ts"
import { type Colour, clean, paint } from "./table.ts"
import { type ExitCode, WrongUse } from "./wrong-use.ts"

const colours: Readonly<Record<Finding["state"], Colour>> = { good: "green", note: "yellow", bad: "red" }

export const doctor: Command = {
  path: ["doctor"],
  summary: "looks at the NATS server, its streams, clock and permissions, and says what to mend",
  about: [
    "NATS_URL names the server; without it that of `troupe dev` in this folder is looked at. NATS_MONITORING_URLS tells how",
    "often the servers sync. Nothing is changed. Exit code 1 if something is bad, 3 if the server cannot be used.",
  ],
  takes: [],
  options: jsonOption,
  examples: [["doctor", "is everything as it should be?"], ["doctor --json", "for a program"]],
  run,
}

async function run(call: Call): Promise<ExitCode> {
  const { terminal } = call
  const { natsUrl: said, natsMonitoringUrls } = readEnvironment({ ...terminal.environment })
  const left = leftPlace(call)
  const natsUrl = said ?? left?.natsUrl
  if (natsUrl === undefined) throw new WrongUse("set NATS_URL: which server is to be looked at?")
  const isEmbedded = left?.natsUrl === natsUrl && left.isEmbedded
  if (terminal.isInteractive) terminal.error("looking at the server ...\n")
  const findings = [nodeFinding(), ...await examine({ natsUrl, isEmbedded, monitoringUrls: natsMonitoringUrls })]
  const isBad = findings.some(({ state }) => state === "bad")
  call.show({ findings }, () => `${findings.map((one) => findingText(call, one)).join("")}${summary(findings)}\n`)
  return isBad ? 1 : 0
}

function nodeFinding(): Finding {
  const { version } = process
  const { major = 0, minor = 0 } = parseVersion(version) ?? {}
  const isNew = major > 22 || (major === 22 && minor >= 18)
  return isNew
    ? { about: "node", state: "good", text: version }
    : { about: "node", state: "bad", text: `${version} is too old`, mend: "install Node 22.18 or later" }
}

function findingText({ terminal }: Call, { about, state, text, mend }: Finding): string {
  const line = `${paint(terminal, state.padEnd(4), colours[state])}  ${about.padEnd(12)}  ${clean(text)}\n`
  return mend === undefined ? line : `${line}      ${" ".repeat(12)}  → ${clean(mend)}\n`
}

function summary(findings: readonly Finding[]): string {
  const of = (state: Finding["state"]) => findings.filter((one) => one.state === state).length
  const [bad, notes] = [of("bad"), of("note")]
  return bad === 0 && notes === 0 ? "everything is as it should be" : `${bad} bad, ${notes} to note`
}
