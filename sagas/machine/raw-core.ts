// The pure core of a saga with a raw machine, behind the same interface as that of a built one: (row, event, time) ->
// (row', what to send). Fencing, tries and pauses are the same; only what it does next is said by the user's machine.
import { AssertionFailed } from "../../runtime/kernel/assert.ts"
import { digest } from "../../runtime/message/hash.ts"
import { type Arrival, keepEarly } from "./arrivals.ts"
import { type Core, type CoreEvent, mismatch } from "./core.ts"
import { onReply, onTimer } from "./delivery.ts"
import { follow } from "./follow.ts"
import { begin, eventOf, parkedTag, tell } from "./raw-advance.ts"
import { commandNamed, sendAgain } from "./raw-commands.ts"
import type { RawDefinition } from "./raw-definition.ts"
import { askMachine, decideRawOrder } from "./raw-orders.ts"
import type { ProgressEvent } from "./progress.ts"
import { settle, type Settlement } from "./raw-replies.ts"
import type { RawRow } from "./raw-row.ts"
import { type Moment, park, poisoned, quiet, refuse, type Step } from "./stop.ts"

export function createRawCore(definition: RawDefinition): Core {
  const { name, version, machine, outline } = definition
  const id = { name, version, hash: digest(JSON.stringify(["machine", name, version, machine.shape])).slice(0, 16) }
  return {
    id,
    outline,
    create: (input, startedMs, secret): RawRow => ({
      definition: id,
      input,
      startedMs,
      value: "new",
      context: null,
      seq: 0,
      items: {},
      results: {},
      sent: {},
      open: {},
      calls: {},
      ...(secret === undefined ? {} : { secret }),
    }),
    decide(row, event, at) {
      try {
        if (row.definition.hash !== id.hash && event.type !== "kill") return mismatch(row, event, [id], at)
        return decideEvent(definition, row as RawRow, event, at) // cast: the line before checked who made it
      } catch (error) {
        if (error instanceof AssertionFailed) throw error
        return park(row, poisoned(row, error, at))
      }
    },
  }
}

function decideEvent(definition: RawDefinition, row: RawRow, event: CoreEvent, at: Moment): Step {
  switch (event.type) {
    case "start":
      return row.seq === 0 && row.parked === undefined ? begin(definition, row, at) : quiet(row)
    case "reply":
    case "timer":
      return row.parked === undefined ? onNews(definition, row, event, at) : quiet(row)
    case "arrival":
      return arrive(definition, row, event, at)
    default:
      return decideRawOrder(definition, row, event, at)
  }
}

/** A reply or a timer: whatever is not of something that is open changes nothing. */
function onNews(definition: RawDefinition, row: RawRow, event: CoreEvent & { type: "reply" | "timer" }, at: Moment): Step {
  const { effect } = event
  const open = Object.hasOwn(row.open, effect) ? row.open[effect] : undefined
  const call = row.calls[effect]
  if (open === undefined || call === undefined) return quiet(row)
  if ("event" in call) {
    return event.type === "timer" && event.dueMs === open.dueMs ? tell(definition, row, effect, call.event, at) : quiet(row)
  }
  const trying = { node: commandNamed(definition, call.src), effect, doomed: false, nowMs: at.nowMs }
  const verdict = event.type === "reply" ? onReply(open, event.outcome, trying) : onTimer(open, event.dueMs, trying)
  return follow(row, effect, verdict, {
    sendAgain: (next) => sendAgain(definition, next, [effect], at),
    settle: (told) => settle(definition, row, effect, settlementOf(event, told), at),
  })
}

/** A refusal of an undo is told as what it is; a command that was tried to the end is unknown, whichever way it went. */
function settlementOf(
  event: CoreEvent & { type: "reply" | "timer" },
  told: ProgressEvent,
): Settlement {
  if (event.type === "reply" && event.outcome.type === "done") return { kind: "done", value: event.outcome.value }
  const kind = event.type === "reply" && event.outcome.type === "refused" ? "refused" : "unknown"
  return { kind, code: "code" in told ? told.code : kind, detail: "detail" in told ? told.detail : null }
}

/**
 * A signal is taken now or refused: whoever sent it can send it again. A fact cannot be refused: what comes before its
 * state is kept until then.
 */
function arrive(definition: RawDefinition, row: RawRow, { wait, value }: Arrival, at: Moment): Step {
  const node = definition.outline.places.get(wait)?.node
  const isFact = node?.type === "wait" && node.for === "event"
  const isStill = row.parked !== undefined && !(row.seq > 0 && definition.machine.hasTag(row, parkedTag))
  if (!isFact) {
    if (isStill) return refuse(row, "parked", `it is parked: ${row.parked?.code}`)
    return askMachine(definition, row, eventOf(wait, value), at)
  }
  if (row.parked === undefined) {
    const step = tell(definition, row, undefined, eventOf(wait, value), at)
    if (step.row !== row) return step
  }
  return keepEarly(row, { wait, value })
}
