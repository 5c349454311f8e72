// `troupe sagas ls`: searches sagas.
import type { SagaItem, SagaPage } from "../console/answers.ts"
import { type Call, type Command, readSpan } from "./command.ts"
import { asking } from "./console-command.ts"
import { openConsole } from "./console-client.ts"
import { type Cell, table } from "./table.ts"
import type { Terminal } from "./terminal.ts"
import { agoText, count, phaseCell } from "./texts.ts"
import { type ExitCode, WrongUse } from "./wrong-use.ts"

const pageSize = 200

const orders = ["started", "changed", "ended", "due", "key"]
const phases = ["running", "compensating", "paused", "parked", "completed", "compensated", "killed", "live", "ended"]

export const sagaList: Command = asking({
  path: ["sagas", "ls"],
  summary: "lists sagas that fit, those started last first",
  takes: [],
  options: {
    "saga": { value: "NAME", about: "of this name" },
    "phase": { value: "PHASE", about: `${phases.join(", ")}; or several: a,b` },
    "state": { value: "TEXT", about: "in exactly this state" },
    "key": { value: "KEY", about: "with this key; with a * at its end: whose key begins so" },
    "where": {
      value: "CONDITION", isList: true,
      about: "by an attribute, with = != > >= < <= or ^= (begins with); several must all hold",
    },
    "reason": { value: "CODE", about: "turned back for this reason" },
    "parked": { value: "CODE", about: "that stand still with this code, or * for any" },
    "stuck": { value: "TIME", about: "not ended, and not changed for so long, such as 10m" },
    "waits-for": { value: "NAME", about: "that wait for this service, signal, event or token" },
    "order": { value: "ORDER", values: orders, about: "newest first; due and key: smallest first" },
    "limit": { value: "N", about: "how many at most; default 50" },
    "all": { about: "all of them, however many" },
    "count": { about: "also how many fit" },
  },
  examples: [
    ["sagas ls --phase live --order due", "what is under way, what comes due first on top"],
    ["sagas ls --parked '*'", "what stands still until somebody acts"],
    ["sagas ls --where customer=c-17 --where 'cents>=10000'", "by attributes"],
    ["sagas ls --stuck 1h --json", "for a program"],
  ],
  run,
})

async function run(call: Call): Promise<ExitCode> {
  const limit = call.flag("all") ? Infinity : call.count("limit") ?? 50
  const { terminal } = call
  const query = queryOf(call)
  const console = await openConsole(call)
  const sagas: SagaItem[] = []
  let cursor: string | undefined
  let total: number | undefined
  do {
    const page: SagaPage = await console.get("sagas", { ...query, limit: Math.min(pageSize, limit - sagas.length), cursor })
    sagas.push(...page.sagas)
    total ??= page.total
    cursor = page.next
    if (cursor !== undefined && terminal.isInteractive && sagas.length < limit) terminal.error(`\r${sagas.length} sagas`)
  } while (cursor !== undefined && sagas.length < limit)
  if (terminal.isInteractive && sagas.length > pageSize) terminal.error("\r")
  call.show({ sagas, ...(total === undefined ? {} : { total }), more: cursor !== undefined }, () => {
    const of = total === undefined ? "" : ` of ${total}`
    const more = cursor === undefined ? "" : "; there are more: --limit N, or --all"
    return `${sagas.length === 0 ? "" : sagaTable(terminal, sagas)}${count(sagas.length, "saga")}${of}${more}\n`
  })
  return 0
}

function queryOf(call: Call) {
  const phase = call.text("phase")
  const wrong = phase?.split(",").find((one) => !phases.includes(one))
  if (wrong !== undefined) throw new WrongUse(`--phase is ${JSON.stringify(wrong)}: it must be one of ${phases.join(", ")}`)
  const stuck = call.text("stuck")
  return {
    saga: call.text("saga"), phase, state: call.text("state"), key: call.text("key"), where: call.list("where"),
    reason: call.text("reason"), parked: call.text("parked"), waitsFor: call.text("waits-for"), order: call.text("order"),
    ...(call.flag("count") && { count: true }),
    ...(stuck !== undefined && { stuckSince: call.terminal.nowMs() - readSpan("--stuck", stuck) }),
  }
}

function sagaTable(terminal: Terminal, sagas: readonly SagaItem[]): string {
  const nowMs = terminal.nowMs()
  const rows = sagas.map((item): readonly Cell[] => [
    `${item.saga}/${item.key}`,
    phaseCell(item.phase),
    item.state === item.phase ? "" : item.state,
    item.parked?.code ?? item.reason ?? "",
    agoText(item.startedMs, nowMs),
    agoText(item.endedMs ?? item.changedMs, nowMs),
    item.endedMs === undefined ? agoText(item.dueMs, nowMs) : "",
    attributesText(item),
  ])
  return table(terminal, ["saga", "phase", "state", "why", "started", "changed", "due", "attributes"], rows)
}

export function attributesText({ attributes }: SagaItem): string {
  return Object.entries(attributes).map(([name, value]) => `${name}=${String(value)}`).join(" ")
}
