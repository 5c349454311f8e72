// `troupe sagas show`: one saga, why it is not finished, and what was decided on it.
import type { SagaDetail, Timeline, TimelineEntry } from "../console/answers.ts"
import type { Call, Command } from "./command.ts"
import { asking, sagaArgument, sagaPlace } from "./console-command.ts"
import { openConsole } from "./console-client.ts"
import { attributesText } from "./saga-list.ts"
import { list, table } from "./table.ts"
import type { Terminal } from "./terminal.ts"
import { agoText, phaseCell, spanText, timeText } from "./texts.ts"
import { type ExitCode, WrongUse } from "./wrong-use.ts"

const entriesMax = 100

export const sagaShow: Command = asking({
  path: ["sagas", "show"],
  summary: "shows one saga: how it stands, what it waits for, what was decided, who ordered what",
  takes: [sagaArgument],
  options: {
    entries: { value: "N", about: `how many of the last decisions, at most ${entriesMax}; default 20` },
    payloads: { about: "with payloads and states; secrets are blotted out" },
  },
  examples: [
    ["sagas show place-order/o-17", "why is it not finished?"],
    ["sagas show place-order/o-17 --payloads --json", "all that is kept, for a program"],
  ],
  run,
})

async function run(call: Call): Promise<ExitCode> {
  const { path } = sagaPlace(call.positional(0))
  const limit = call.count("entries") ?? 20
  if (limit > entriesMax) throw new WrongUse(`--entries is ${limit}: it must be at most ${entriesMax}`)
  const console = await openConsole(call)
  const detail = await console.get<SagaDetail>(path)
  const timeline = await console.get<Timeline>(`${path}/timeline`, { limit, ...(call.flag("payloads") && { payloads: true }) })
  call.show({ ...detail, timeline }, () => detailText(call.terminal, detail) + timelineText(call.terminal, timeline))
  return 0
}

function detailText(terminal: Terminal, detail: SagaDetail): string {
  const { item, waiting, orders, deadlineMs, parents, children, accepts, actions } = detail
  const nowMs = terminal.nowMs()
  const at = (ms: number | undefined) => (ms === undefined ? undefined : `${timeText(ms)} (${agoText(ms, nowMs)})`)
  const { parked } = item
  const facts = list(terminal, [
    ["saga", { text: `${item.saga}/${item.key}`, colour: "bold" }],
    ["phase", phaseCell(item.phase)],
    ["state", item.state === item.phase ? undefined : item.state],
    ["reason", item.reason],
    ["parked", parked && { text: `${parked.code}: ${parked.message}`, colour: "red" }],
    ["version", item.version === undefined ? undefined : String(item.version)],
    ["attributes", attributesText(item)],
    ["partition", String(item.partition)],
    ["started", at(item.startedMs)],
    ["changed", at(item.changedMs)],
    ["ended", at(item.endedMs)],
    ["took", item.endedMs === undefined ? undefined : spanText(item.endedMs - item.startedMs)],
    ["deadline", at(deadlineMs)],
    ["child of", parents.join(" ")],
    ["children", children.map(({ saga, key }) => `${saga}/${key}`).join(" ")],
    ["takes signals", accepts.signals.join(" ")],
    ["takes updates", accepts.updates.join(" ")],
    ["takes tokens", accepts.tokens.join(" ")],
    ["may be told", actions.join(" ")],
  ])
  const waits = waiting.map((one) => [
    one.text, agoText(one.sinceMs, nowMs), agoText(one.dueMs, nowMs), one.fault === undefined ? "" : one.fault.code,
  ])
  const given = orders.map(({ atMs, action, by, why }) => [timeText(atMs), action, by, why])
  return facts +
    (waits.length === 0 ? "" : `\n${table(terminal, ["it waits for", "since", "over or again", "last failure"], waits)}`) +
    (given.length === 0 ? "" : `\n${table(terminal, ["ordered", "what", "by", "why"], given)}`)
}

function timelineText(terminal: Terminal, { entries, before, endsHere }: Timeline): string {
  if (entries.length === 0) return ""
  const rows = entries.toReversed().map((entry) => [timeText(entry.atMs), entry.text, changeText(entry), payloadsText(entry)])
  const ends = endsHere === true ? "what was before is not kept any more\n" : ""
  const older = before === undefined ? ends : "there is more before\n"
  return `\n${table(terminal, ["decided", "what", "state", "payloads"], rows)}${older}`
}

function changeText({ before, after }: TimelineEntry): string {
  if (after === undefined || after.state === before?.state) return ""
  return before === undefined ? after.state : `${before.state} → ${after.state}`
}

function payloadsText({ payloads }: TimelineEntry): string {
  return payloads === undefined ? "" : JSON.stringify(payloads)
}
