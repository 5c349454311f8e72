// One saga as the API tells it: how it stands, why it is not finished, and what may be ordered now.
import type { Accepted } from "../actor/inspection.ts"
import type { Json } from "../message/json.ts"
import { findOrders } from "../read-model/past.ts"
import { readSaga, type SagaEntry } from "../read-model/reader.ts"
import type { WaitSince } from "../read-model/saga-writer.ts"
import { sagaTraceId } from "../telemetry/saga-trace.ts"
import type { Asked } from "./handler.ts"
import { present } from "./present.ts"
import { notFound } from "./problem.ts"
import type { ShownApp } from "./shown-app.ts"

export const nothingAccepted: Accepted = { signals: [], updates: [], tokens: [], steps: [] }

/** Throws Refused if the read model knows of none. */
export function sagaEntry(asked: Asked): SagaEntry {
  const [saga, key] = [asked.segment("saga"), asked.segment("key")]
  asked.shown.saga(saga)
  const entry = readSaga(asked.shown.store, saga, key)
  if (entry === undefined) throw notFound(`saga ${saga}/${key} that the read model knows`)
  return entry
}

export async function sagaPage(asked: Asked): Promise<object> {
  const { shown, context: { pictures } } = asked
  const entry = sagaEntry(asked)
  const { item, notes } = entry
  const logic = shown.saga(item.saga)
  // Which names it takes depends on the version that decides it, which its state tells.
  const state = notes === undefined ? undefined : await shown.stateAt(entry.state)
  const run = state === undefined ? undefined : runOf(item.key, state, asked.context.nowMs())
  return present({
    item,
    waiting: waitingOf(entry),
    orders: findOrders(shown.store, { service: item.saga, key: item.key, limit: 100 }).orders,
    definition: notes?.definition,
    deadlineMs: notes?.deadlineMs,
    parents: notes?.parents ?? [],
    children: notes?.children ?? [],
    accepts: notes === undefined ? nothingAccepted : (logic.accepted?.(state) ?? nothingAccepted),
    actions: actionsOf(entry),
    ...traceOf(asked, entry),
    isDrawable: pictures?.graph(logic, run) !== undefined,
  })
}

/** Its trace, and where to look at it if that is known. It is there only if the saga was traced. */
function traceOf({ shown, context: { traceUrl } }: Asked, { item: { saga, key, startedMs } }: SagaEntry) {
  const traceId = sagaTraceId({ namespace: shown.app.namespace, saga, key, startedMs })
  return { traceId, traceUrl: traceUrl?.replace("{traceId}", traceId) }
}

function runOf(key: string, state: Json, nowMs: number) {
  return { key, state, nowMs }
}

/** Why it is not finished. */
export function waitingOf({ item, notes }: SagaEntry): readonly object[] {
  if (notes === undefined) return []
  const { parked, changedMs } = item
  const still = parked === undefined ? [] : [present({
    kind: "operator", text: parked.message, step: parked.step, item: parked.item, sinceMs: changedMs,
    fault: { code: parked.code, message: parked.message },
  })]
  return [...still, ...notes.waits.map((wait) => present({ ...wait, text: textOf(wait) }))]
}

function textOf({ kind, step, to, command, attempt = 1, fault }: WaitSince): string {
  const at = to === undefined ? "" : ` at ${to.service}/${to.key}`
  const again = attempt > 1 ? `, attempt ${attempt}` : ""
  switch (kind) {
    case "command":
      return `the answer to ${command ?? step}${at}${again}`
    case "undo":
      return `the undo of ${step}${at}${again}`
    case "retry":
      return `the next try of ${command ?? step}${at}, after ${fault?.code ?? "a fault"} at attempt ${attempt}`
    case "child":
      return `the end of its child ${to === undefined ? step : `${to.service}/${to.key}`}`
    case "signal":
      return `the signal ${step}`
    case "event":
      return `the event for ${step}`
    case "token":
      return `somebody to complete the token of ${step}`
    case "time":
      return `the end of ${step}`
  }
}

/** What would not be refused at once, as far as this can be told from here. */
function actionsOf({ item: { phase }, notes }: SagaEntry): readonly string[] {
  if (notes === undefined) return []
  const kinds = new Set(notes.waits.map(({ kind }) => kind))
  const isRetrying = kinds.has("retry")
  const isUndoing = kinds.has("undo") || (phase === "compensating" && isRetrying)
  const always = ["signal", "update", "kill"]
  const undo = isUndoing || phase === "parked" ? ["abandon-undo"] : []
  if (phase === "paused" || phase === "parked") return [...always, "resume", "skip", "cancel", "compensate", ...undo]
  const moving = [...always, "pause", "skip", ...(isRetrying ? ["retry-now"] : []), ...undo]
  return phase === "compensating" ? moving : [...moving, "cancel", "compensate"]
}

/** What there is to draw of one: its state, and of one that has ended the last before. */
export async function drawnRun(shown: ShownApp, entry: SagaEntry, nowMs: number) {
  const state = await shown.stateAt(entry.state)
  if (state === undefined) throw notFound(`state of ${entry.item.saga}/${entry.item.key} in the journals any more`)
  const before = entry.live === undefined ? undefined : await shown.stateAt(entry.live)
  return { ...runOf(entry.item.key, state, nowMs), ...(before === undefined ? {} : { before }) }
}
