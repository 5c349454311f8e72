// `troupe parked ls` and `show`: what waits for an operator.
import type { ParkedDetail, ParkedGroup, ParkedItem, ParkedPage } from "../console/answers.ts"
import type { Call, Command, Option } from "./command.ts"
import { asking, parkedArgument, parkedPlace } from "./console-command.ts"
import { openConsole } from "./console-client.ts"
import { clean, list, table } from "./table.ts"
import { agoText, count, timeText } from "./texts.ts"
import type { ExitCode } from "./wrong-use.ts"

const pageSize = 200
const kinds = ["record", "actor", "event", "bytes"]

export const parkedFilter = {
  code: { value: "CODE", about: "with this code" },
  cause: { value: "TEXT", about: "with this cause, as --groups says it" },
  service: { value: "NAME", about: "of this service or saga" },
  name: { value: "NAME", about: "of this command, event or timer" },
  kind: { value: "KIND", values: kinds, about: "`actor` is a saga that stands still" },
} as const satisfies Record<string, Option>

export function filterOf(call: Call): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.keys(parkedFilter).flatMap((name) => {
    const value = call.text(name)
    return value === undefined ? [] : [[name, value]]
  }))
}

export const parkedList: Command = asking({
  path: ["parked", "ls"],
  summary: "lists what is parked, newest first, or by cause",
  takes: [],
  options: {
    ...parkedFilter,
    key: { value: "KEY", about: "of the actor with this key" },
    groups: { about: "by cause, the largest group first" },
    limit: { value: "N", about: "how many at most; default 50" },
  },
  examples: [
    ["parked ls --groups", "what is wrong, and how often?"],
    ["parked ls --service payment --code HANDLER_THREW", "one cause"],
    ["parked ls --json", "for a program"],
  ],
  run: (call) => (call.flag("groups") ? listGroups(call) : listItems(call)),
})

async function listGroups(call: Call): Promise<ExitCode> {
  const { terminal } = call
  const query = filterOf(call)
  const answer = await (await openConsole(call)).get<{ groups: readonly ParkedGroup[]; total: number }>("parked-groups", query)
  const nowMs = terminal.nowMs()
  const rows = answer.groups.map((group) => [
    String(group.count), group.code, [group.service, group.name].filter(Boolean).join("."), group.kind,
    agoText(group.oldestMs, nowMs), agoText(group.newestMs, nowMs), group.cause,
  ])
  const head = ["count", "code", "of", "kind", "oldest", "newest", "cause"]
  call.show(answer, () => `${rows.length === 0 ? "" : table(terminal, head, rows)}${answer.total} parked\n`)
  return 0
}

async function listItems(call: Call): Promise<ExitCode> {
  const { terminal } = call
  const limit = call.count("limit") ?? 50
  const query = { ...filterOf(call), key: call.text("key") }
  const console = await openConsole(call)
  const parked: ParkedItem[] = []
  let cursor: string | undefined
  let total: number
  do {
    const page: ParkedPage = await console.get("parked", { ...query, limit: Math.min(pageSize, limit - parked.length), cursor })
    parked.push(...page.parked)
    total = page.total
    cursor = page.next
  } while (cursor !== undefined && parked.length < limit)
  const nowMs = terminal.nowMs()
  const rows = parked.map((item) => [
    `${item.partition}/${item.id}`, item.kind, item.code, ofText(item), agoText(item.atMs, nowMs),
    item.attempts === undefined ? "" : String(item.attempts), item.waits ? "yes" : "", item.message,
  ])
  const head = ["id", "kind", "code", "of", "parked", "tries", "blocks", "message"]
  const more = total > parked.length ? `, ${count(parked.length, "is shown", "are shown")}: --limit N for more` : ""
  call.show({ parked, total }, () => `${rows.length === 0 ? "" : table(terminal, head, rows)}${total} parked${more}\n`)
  return 0
}

function ofText({ service = "", key, name }: ParkedItem): string {
  const at = key === undefined ? service : `${service}/${key}`
  return name === undefined ? at : `${name} ${at}`
}

export const parkedShow: Command = asking({
  path: ["parked", "show"],
  summary: "shows what is kept of one: the cause, its stack, the payload",
  takes: [parkedArgument],
  options: {},
  examples: [["parked show 3/charge-o-17", "why was it parked?"]],
  async run(call) {
    const { path } = parkedPlace(call.positional(0))
    const detail = await (await openConsole(call)).get<ParkedDetail>(path)
    call.show(detail, () => detailText(call, detail))
    return 0
  },
})

function detailText({ terminal }: Call, { item, stack, effect, direction, payload, bytes, isRedacted }: ParkedDetail): string {
  const facts = list(terminal, [
    ["id", { text: `${item.partition}/${item.id}`, colour: "bold" }],
    ["kind", item.kind],
    ["code", { text: item.code, colour: "red" }],
    ["message", item.message],
    ["of", ofText(item)],
    ["type", [item.type, direction].filter(Boolean).join(", ")],
    ["effect", effect],
    ["parked", `${timeText(item.atMs)} (${agoText(item.atMs, terminal.nowMs())})`],
    ["tries", item.attempts === undefined ? undefined : String(item.attempts)],
    ["blocks its actor", item.waits ? "yes: it takes nothing until this is redriven or discarded" : undefined],
    ["bytes", bytes === undefined ? undefined : `${bytes} (base64)`],
    ["payload", payload === undefined ? undefined : JSON.stringify(payload)],
    ["redacted", isRedacted ? "members of the payload are blotted out: who edits it must give them anew" : undefined],
  ])
  return stack === undefined ? facts : `${facts}\n${stack.split("\n").map(clean).join("\n")}\n`
}
