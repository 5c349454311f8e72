// `troupe lag` and `troupe services`: how the app as a whole stands.
import type { Partition, ReadModel, Service, Subscription } from "../console/answers.ts"
import type { Call, Command } from "./command.ts"
import { asking } from "./console-command.ts"
import { openConsole } from "./console-client.ts"
import { type Cell, clean, table } from "./table.ts"
import { agoText, count, spanText } from "./texts.ts"
import type { ExitCode } from "./wrong-use.ts"

const gaugeNames = ["lag", "inFlight", "mailbox", "outbox", "timers"]

export const lag: Command = asking({
  path: ["lag"],
  summary: "shows how far each partition, each reader of events and the read model have come",
  about: [
    "Exit code 1 if a partition has no owner, or one that does not go on, or if a service reads no events any more.",
    "lag, in flight, mailbox, outbox and timers are known where the console runs in the app's process.",
  ],
  takes: [],
  options: {},
  examples: [["lag", "is anything behind?"], ["lag --json", "for a program that watches"]],
  run: runLag,
})

async function runLag(call: Call): Promise<ExitCode> {
  const { terminal } = call
  const console = await openConsole(call)
  const { partitions } = await console.get<{ partitions: readonly Partition[] }>("partitions")
  const { readModel } = await console.get<{ readModel: ReadModel }>("overview")
  // Its owners are asked, and one that is not there does not answer.
  const isOwned = partitions.every(({ owner }) => owner !== undefined)
  const subscriptions = isOwned
    ? (await console.get<{ subscriptions: readonly Subscription[] }>("subscriptions")).subscriptions
    : []
  const wrong = partitions.filter((one) => one.owner === undefined || isWrong(one.state))
  const stopped = subscriptions.filter(({ why }) => why !== undefined)
  call.show({ partitions, subscriptions, readModel }, () => {
    const nowMs = terminal.nowMs()
    const head = ["partition", "owner", "state", ...gaugeNames, "parked", "per second", "last block", ""]
    const text = table(terminal, head, partitions.map((one) => partitionRow(one, nowMs)))
    const readers = subscriptionRows(subscriptions)
    const events = readers.length === 0 ? "" : `\n${table(terminal, ["events of", "behind", "partitions", ""], readers)}`
    return `${text}${events}\n${readModelText(readModel)}\n`
  })
  return wrong.length + stopped.length > 0 || readModel.state === "stopped" ? 1 : 0
}

function isWrong(state: string | undefined): boolean {
  return state === "broken" || state === "stalled" || state === "refused"
}

function partitionRow(one: Partition, nowMs: number): readonly Cell[] {
  const { partition, owner, state, gauges, parked, perSecond, atMs, fault } = one
  return [
    String(partition),
    owner ?? { text: "nobody", colour: "red" },
    { text: state ?? "", colour: isWrong(state) ? "red" : undefined },
    ...gaugeNames.map((name) => (gauges?.[name] === undefined ? "" : String(gauges[name]))),
    { text: String(parked), colour: parked > 0 ? "yellow" : undefined },
    perSecond.toFixed(1),
    atMs === 0 ? "none" : agoText(atMs, nowMs),
    fault === undefined ? "" : { text: `${fault.code}: ${fault.message}`, colour: "red" },
  ]
}

function subscriptionRows(subscriptions: readonly Subscription[]): readonly (readonly Cell[])[] {
  return [...Map.groupBy(subscriptions, ({ service }) => service)].map(([service, own]): readonly Cell[] => {
    const why = own.find((one) => one.why !== undefined)?.why
    const behind = own.reduce((sum, one) => sum + one.lag, 0)
    return [service, String(behind), String(own.length), why === undefined ? "" : { text: why, colour: "red" }]
  })
}

function readModelText({ state, blocksBehind, behindMs, reason }: ReadModel): string {
  const behind = blocksBehind === 0 ? "nothing is missing" : `${count(blocksBehind, "block")} behind, for ${spanText(behindMs)}`
  return `read model: ${state}, ${behind}${reason === undefined ? "" : ` (${clean(reason)})`}`
}

export const services: Command = asking({
  path: ["services"],
  summary: "lists services and sagas: what they take, what they emit, what is parked",
  takes: [],
  options: {},
  examples: [["services", "what is there?"]],
  async run(call) {
    const { terminal } = call
    const answer = await (await openConsole(call)).get<{ services: readonly Service[] }>("services")
    const rows = answer.services.map((one): readonly Cell[] => [
      one.service,
      one.isEffectful ? `${one.kind}, does I/O` : one.kind,
      one.commands.join(" "),
      one.reactsTo.join(" "),
      one.emits.join(" "),
      { text: one.parked === 0 ? "" : String(one.parked), colour: "yellow" },
      flowText(one),
      Object.values(one.perSecond).reduce((sum, each) => sum + each, 0).toFixed(1),
    ])
    const head = ["service", "kind", "commands", "reacts to", "emits", "parked", "calls", "per second"]
    call.show(answer, () => table(terminal, head, rows))
    return 0
  },
})

function flowText({ flow }: Service): Cell {
  if (flow === undefined) return ""
  const { running, waiting, breaker } = flow
  const isOpen = breaker !== undefined && breaker !== "closed"
  const text = `${running} running, ${waiting} waiting${isOpen ? `, breaker ${breaker}` : ""}`
  return { text, colour: isOpen ? "red" : undefined }
}
