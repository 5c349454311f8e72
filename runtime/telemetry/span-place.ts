// Where in which trace the span of a message belongs. One rule keeps a saga in one trace: what its actor does is always
// in the saga's own, computed trace. A message that comes from another trace (a client's, a parent saga's, an event's)
// is linked to instead.
import type { Opening } from "../ports/telemetry.ts"
import { parseTraceparent, sagaTrace, type SpanRef } from "./saga-trace.ts"
import type { Traced } from "./span-contents.ts"

export type Place =
  /** The root of a saga's trace, with the saga's computed ids. */
  | { readonly type: "root"; readonly ids: { readonly traceId: string; readonly rootSpanId: string }; readonly link?: SpanRef }
  | { readonly type: "child"; readonly parent: SpanRef; readonly link?: SpanRef }
  /** The beginning of a trace with random ids. */
  | { readonly type: "new" }

export function placeOf(message: Traced, opening: Opening, sampled: (traceId: string) => boolean): Place {
  const carried = parseTraceparent(message.trace)
  // What comes for a saga that is not there belongs to the trace that it comes from: the saga's own may begin later.
  if (opening.kind === "service" || opening.stray === true)
    return carried === undefined ? { type: "new" } : { type: "child", parent: carried }
  const ids = sagaTrace(message.to.service, message.to.key)
  const foreign = carried !== undefined && carried.traceId !== ids.traceId
  const link = foreign ? { link: carried } : {}
  // A reply or timer begins nothing: with `first` it is a late one, for a saga that has been forgotten.
  if (opening.first && (message.type === "command" || message.type === "event")) return { type: "root", ids, ...link }
  if (carried !== undefined && !foreign) return { type: "child", parent: carried }
  const root = { traceId: ids.traceId, spanId: ids.rootSpanId, sampled: sampled(ids.traceId) }
  return { type: "child", parent: root, ...link }
}
