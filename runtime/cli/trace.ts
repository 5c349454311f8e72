// `troupe trace ID`: the tree of spans of one trace, or of one saga, from a file; without one, where to look.
import { sagaTraceId } from "../telemetry/saga-trace.ts"
import type { SagaDetail } from "../console/answers.ts"
import type { Call, Command } from "./command.ts"
import { asking, sagaPlace } from "./console-command.ts"
import { openConsole } from "./console-client.ts"
import { readSpans, type Span } from "./span-file.ts"
import { type Cell, table } from "./table.ts"
import { names } from "../telemetry/names.ts"
import { timeText } from "./texts.ts"
import { type ExitCode, WrongUse } from "./wrong-use.ts"

const { attribute } = names
const shownAttributes = [
  attribute.sagaOutcome, attribute.sagaReason, attribute.outcome, attribute.outcomeCode, attribute.attempt, attribute.direction,
  attribute.errorType, attribute.parked,
]

export const trace: Command = asking({
  path: ["trace"],
  summary: "shows a trace as a tree of spans, from a file of traces, or says where it is in Jaeger",
  about: [
    "With --file, or TROUPE_TRACE_FILE, it reads what an app has written there (docs/traces.md). Without, it gives the address",
    "in Jaeger; of a saga it asks the console when that began. Exit code 1 if the file has no such trace.",
  ],
  takes: [{ name: "ID", about: "a trace id, its first digits, or a saga such as place-order/o-17" }],
  options: {
    file: { value: "FILE", completes: "file", about: "of traces; default: TROUPE_TRACE_FILE" },
    jaeger: { value: "URL", about: "default: http://localhost:16686" },
  },
  examples: [
    ["trace place-order/o-17 --file traces.jsonl", "what happened, and what took so long?"],
    ["trace place-order/o-17", "where is it in Jaeger?"],
  ],
  run,
})

async function run(call: Call): Promise<ExitCode> {
  const id = call.positional(0)
  const isTraceId = /^[0-9a-f]{4,32}$/i.test(id)
  if (!isTraceId && !id.includes("/"))
    throw new WrongUse(`${JSON.stringify(id)} is neither a trace id nor a saga such as place-order/o-17`)
  const file = call.text("file") ?? call.variable("TROUPE_TRACE_FILE")
  if (file === undefined) return tellPlace(call, id, isTraceId)
  const traceIds = isTraceId ? undefined : new Set((await readSpans(file, isOf(id))).map(({ traceId }) => traceId))
  const wanted = ({ traceId }: Span) => traceIds?.has(traceId) ?? traceId.startsWith(id.toLowerCase())
  const traces = Map.groupBy(await readSpans(file, wanted), ({ traceId }) => traceId)
  if (traces.size === 0) {
    call.show({ traces: [] }, () => "")
    call.terminal.error(`troupe: ${file} has no trace of ${id}; it may not have been recorded, or be in another file\n`)
    return 1
  }
  const documents = [...traces].map(([traceId, spans]) => ({ traceId, spans: inOrder(spans) }))
  call.show({ traces: documents.map(({ traceId, spans }) => ({ traceId, spans: spans.map(jsonOf) })) }, () =>
    documents.map(({ traceId, spans }) => treeText(call, traceId, spans)).join("\n"))
  return 0
}

async function tellPlace(call: Call, id: string, isTraceId: boolean): Promise<ExitCode> {
  const jaeger = (call.text("jaeger") ?? "http://localhost:16686").replace(/\/+$/, "")
  const traceId = isTraceId ? id : await traceIdOf(call, id)
  const url = `${jaeger}/trace/${traceId}`
  call.show({ traceId, url }, () => `trace ${traceId}\n${url}\nif it was sent there; --file names a file of traces\n`)
  return 0
}

async function traceIdOf(call: Call, id: string): Promise<string> {
  const { saga, key, path } = sagaPlace(id)
  const console = await openConsole(call)
  const { item: { startedMs } } = await console.get<SagaDetail>(path)
  return sagaTraceId({ namespace: console.app.namespace, saga, key, startedMs })
}

function isOf(id: string): (span: Span) => boolean {
  const { saga, key } = sagaPlace(id)
  return ({ attributes }) => attributes.get(attribute.sagaName) === saga && attributes.get(attribute.sagaId) === key
}

interface Placed extends Span {
  readonly depth: number
}

/** Parents before their children, each by their start. One whose parent is not there stands at the top. */
function inOrder(spans: readonly Span[]): readonly Placed[] {
  const known = new Set(spans.map(({ spanId }) => spanId))
  const children = Map.groupBy(spans, ({ parentSpanId }) => (known.has(parentSpanId ?? "") ? parentSpanId : undefined))
  const placed: Placed[] = []
  // A stack of its own: a saga of thousands of steps is as deep.
  const open = [...sorted(children.get(undefined))].map((span) => ({ ...span, depth: 0 })).toReversed()
  for (let span = open.pop(); span !== undefined; span = open.pop()) {
    const { depth, spanId } = span
    placed.push(span)
    open.push(...sorted(children.get(spanId)).map((child) => ({ ...child, depth: depth + 1 })).toReversed())
  }
  return placed
}

function sorted(spans: readonly Span[] = []): readonly Span[] {
  return spans.toSorted((a, b) => a.startMs - b.startMs || a.endMs - b.endMs)
}

function jsonOf({ attributes, ...span }: Placed): object {
  return { ...span, attributes: Object.fromEntries(attributes) }
}

function treeText({ terminal }: Call, traceId: string, spans: readonly Placed[]): string {
  const fromMs = Math.min(...spans.map(({ startMs }) => startMs))
  const rows = spans.map((span): readonly Cell[] => [
    (span.startMs - fromMs).toFixed(0),
    (span.endMs - span.startMs).toFixed(0),
    span.service,
    { text: `${"  ".repeat(span.depth)}${span.name}`, colour: span.isError ? "red" : undefined },
    shownAttributes.flatMap((name) => (span.attributes.has(name) ? [`${name}=${span.attributes.get(name)}`] : [])).join(" "),
  ])
  const text = table(terminal, ["ms", "took", "service", "span", "attributes"], rows)
  return `trace ${traceId}, from ${timeText(Math.floor(fromMs))}\n${text}`
}
