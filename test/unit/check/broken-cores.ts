// Cores with a fault that an engine might have: what it breaks, and how many moves a shortest path to it has.
import { assert } from "../../../runtime/kernel/assert.ts"
import type { SagaProperty } from "../../../sagas/index.ts"
import { type Core, type CoreEvent, createCore } from "../../../sagas/machine/core.ts"
import type { ItemStatus } from "../../../sagas/machine/progress.ts"
import type { OpenCommand, SagaRow } from "../../../sagas/machine/row.ts"
import { openUnder } from "../../../sagas/machine/slots.ts"
import { quiet, type Step } from "../../../sagas/machine/stop.ts"
import type { CoreChange } from "../../../sagas/check/subject.ts"
import { racing, trip } from "./every-verb.ts"
import { inventory, payment, shipping } from "../sagas/shop.ts"

export interface BrokenCore {
  readonly what: string
  readonly change: CoreChange
  readonly property: SagaProperty
  readonly moves: number
  readonly definition?: typeof order.definition
}

const paid = { orderId: "o", cents: 1 }
const pay = (key: string) => ({
  run: () => payment.charge(key, paid),
  undo: () => payment.refund(key),
  retry: { times: 1 },
})

/** Named backwards, so that an order by names is the wrong one. */
export const order = trip("order")
  .step("c", pay("c"))
  .forEach("b", () => [1, 2], {
    run: (n) => inventory.reserve(`b${n}`, { orderId: "o", quantity: 1 }),
    undo: (n) => inventory.release(`b${n}`),
    retry: { times: 1 },
  })
  .step("a", { run: () => shipping.book("a", { paymentId: "p" }), pivot: true, retry: { times: 1 } })

type Decide = Core["decide"]

function broken(decide: (core: Core) => Decide): CoreChange {
  return (core) => ({ create: core.create, decide: decide(core) })
}

/** What the core decides, changed. */
function changed(change: (step: Step, row: SagaRow, event: CoreEvent) => Step): CoreChange {
  return broken((core) => (row, event, at) => change(core.decide(row, event, at), row, event))
}

/** What the core is told, changed. */
function misled(change: (row: SagaRow, event: CoreEvent) => readonly [SagaRow, CoreEvent]): CoreChange {
  return broken((core) => (row, event, at) => core.decide(...change(row, event), at))
}

const openOf = (row: SagaRow, event: CoreEvent): OpenCommand | undefined =>
  "effect" in event ? openUnder(row, { service: row.definition.name, key: "checked" }, event.effect) : undefined
const isDone = (event: CoreEvent) => event.type === "reply" && event.outcome.type === "done"
const refusal = (effect: string): CoreEvent => ({
  type: "reply", effect, outcome: { type: "refused", code: "REFUSED", detail: null },
})
const statuses = (row: SagaRow, change: (status: ItemStatus, instance: string) => ItemStatus): SagaRow["items"] =>
  Object.fromEntries(Object.entries(row.items).map(([name, all]) => [name, all.map((one) => change(one, name))]))
const undoes = (step: Step) => step.send.filter(({ direction }) => direction === "undo")

/** Row fields that no core has. */
interface Lapping extends Record<string, unknown> {
  readonly lap?: boolean
}

const failure = { step: "", item: 0, code: "x", detail: null }

/** Kept outside of the row: lost by a crash. */
let tries = 0

export const brokenCores: readonly BrokenCore[] = [
  {
    what: "skips the undo of the first step",
    change: broken((core) => (row, event, at) => {
      const step = core.decide(row, event, at)
      const [undo] = undoes(step)
      if (undo?.name !== "refund" || "ended" in step.row) return step
      return core.decide(step.row, { type: "reply", effect: undo.effect, outcome: { type: "done", value: null } }, at)
    }),
    property: "undo-complete",
    moves: 3,
  },
  {
    what: "undoes forwards",
    change: misled((row, event) => {
      const items = Object.fromEntries(Object.entries(row.items).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      return [openOf(row, event) === undefined ? row : { ...row, items }, event]
    }),
    property: "undo-reverse",
    moves: 5,
  },
  {
    what: "turns back after the pivot",
    change: misled((row, event) => {
      const { a: _, ...items } = row.items
      return [event.type === "cancel" && row.items["a"] !== undefined ? { ...row, items } : row, event]
    }),
    property: "pivot-final",
    moves: 5,
  },
  {
    what: "takes an unknown outcome for a refusal",
    change: broken((core) => (row, event, at) => {
      const step = core.decide(row, event, at)
      const open = openOf(row, event)
      if (event.type !== "timer" || open?.direction !== "do" || open.attempt < 2) return step
      return core.decide(row, refusal(event.effect), at)
    }),
    property: "undo-complete",
    moves: 4,
  },
  {
    what: "sends each further try of an undo twice",
    change: changed((step) => ({ ...step, send: step.send.concat(undoes(step).filter(({ attempt }) => attempt > 1)) })),
    property: "undo-once",
    moves: 5,
  },
  {
    what: "sends the undo under a second effect key too",
    change: changed((step) => ({
      ...step,
      send: step.send.concat(undoes(step).map((undo) => ({ ...undo, effect: `${undo.effect}'` }))),
    })),
    property: "undo-once",
    moves: 3,
  },
  {
    what: "undoes what nobody sent",
    change: changed((step) => ({
      ...step,
      send: step.send.map((one) => (one.undoes === undefined ? one : { ...one, undoes: "x" })),
    })),
    property: "undo-once",
    moves: 3,
  },
  {
    what: "sends an undo to another actor",
    change: changed((step) => ({
      ...step,
      send: step.send.map((one) => (one.undoes === undefined ? one : { ...one, to: { ...one.to, key: "elsewhere" } })),
    })),
    property: "undo-complete",
    moves: 3,
  },
  {
    what: "undoes what was refused",
    change: broken((core) => (row, event, at) => {
      const step = core.decide(row, event, at)
      const open = openOf(row, event)
      if (event.type !== "reply" || event.outcome.type !== "refused" || open?.step !== "c") return step
      const { failure: _, ...rest } = row
      const unknown = { ...rest, items: statuses(row, () => "unknown"), open: {} }
      return core.decide(unknown, { type: "cancel" }, at)
    }),
    property: "undo-once",
    moves: 2,
  },
  {
    what: "drops a reply",
    change: changed((step, row, event) => (isDone(event) && openOf(row, event)?.item === 1 ? { ...step, row, send: [] } : step)),
    property: "answer-counts",
    moves: 3,
  },
  {
    what: "takes a late reply for news",
    change: changed((step, row, event) =>
      event.type === "reply" && openOf(row, event) === undefined && !("ended" in step.row)
        ? { ...step, row: { ...step.row, results: { ...row.results, late: ["late"] } } }
        : step,
    ),
    property: "answer-counts",
    moves: 3,
  },
  {
    what: "forgets what it waits for",
    change: changed((step, row) =>
      "ended" in step.row && step.row.ended.outcome === "compensated" ? { ...step, row: { ...row, failure, open: {} } } : step,
    ),
    property: "always-ends",
    moves: 2,
  },
  {
    what: "goes round for ever",
    change: broken((core) => (row, event, at) => {
      const { lap } = row as SagaRow & Lapping // cast: the field that it keeps for itself
      if (lap !== undefined) return openOf(row, event) === undefined ? core.decide(row, event, at) : going(row, !lap)
      const step = core.decide(row, event, at)
      const wait: OpenCommand = { step: "c", item: 0, direction: "wait", attempt: 1, dueMs: 0 }
      return "ended" in step.row ? going({ ...row, failure, open: { wait } }, true) : step
    }),
    property: "always-ends",
    moves: 2,
  },
  {
    what: "does not know an event in a state",
    change: broken((core) => (row, event, at) => {
      assert(event.type !== "timer" || openOf(row, event)?.fault === undefined, "no pause is ever over")
      return core.decide(row, event, at)
    }),
    property: "event-handled",
    moves: 3,
  },
  {
    what: "begins to undo while items are under way",
    change: changed((step, row, event) => {
      if (event.type !== "reply" || event.outcome.type !== "refused" || openOf(row, event)?.step !== "b") return step
      if ("ended" in step.row || Object.keys(step.row.open).length === 0) return step
      const undoes = `order/checked:${row.sent["c"]?.seq}:0`
      const to = { service: "payment", key: "c" }
      const undo = { to, name: "refund", payload: null, effect: "early", direction: "undo", undoes, attempt: 1 } as const
      return { ...step, send: [undo] }
    }),
    property: "effect-before-undo",
    moves: 3,
  },
  {
    what: "sends the next undo before the last one is settled",
    change: broken((core) => (row, event, at) => {
      const step = core.decide(row, event, at)
      const [undo] = undoes(step)
      if (undo?.name !== "release" || "ended" in step.row) return step
      const next = core.decide(step.row, { type: "reply", effect: undo.effect, outcome: { type: "done", value: null } }, at)
      return { ...next, send: [...step.send, ...next.send] }
    }),
    property: "undo-reverse",
    moves: 4,
  },
  {
    what: "sends a command again after its undo",
    change: changed((step, row, event) => {
      const open = openOf(row, event)
      if (event.type !== "timer" || open?.direction !== "undo" || open.fault === undefined) return step
      const send = undoes(step).flatMap(({ undoes: effect = "", to, name }) =>
        name === "refund" ? [{ to, name: "charge", payload: paid, effect, direction: "do" as const, attempt: 2 }] : [],
      )
      return { ...step, send }
    }),
    property: "effect-before-undo",
    moves: 5,
  },
  {
    what: "tries more often than it may",
    change: () => createCore({ ...order.definition, body: order.definition.body.map(tireless) }),
    property: "tries-bounded",
    moves: 5,
  },
  {
    what: "sends another payload with each try",
    change: changed((step) => ({ ...step, send: step.send.map((one) => ({ ...one, payload: { attempt: one.attempt } })) })),
    property: "same-again",
    moves: 3,
  },
  {
    what: "counts tries in its memory",
    change: changed((step) => {
      tries += step.send.length
      return { ...step, send: step.send.map((one) => ({ ...one, attempt: tries })) }
    }),
    property: "same-again",
    moves: 1,
  },
  {
    what: "writes rows of another version",
    change: changed((step) =>
      "ended" in step.row ? step : { ...step, row: { ...step.row, definition: { ...step.row.definition, hash: "other" } } },
    ),
    property: "same-version",
    moves: 2,
  },
  {
    what: "knows only rows that it has made itself in this process",
    change: broken((core) => {
      const made = new WeakSet<object>()
      return (row, event, at) => {
        const step = row.seq === 0 || made.has(row) ? core.decide(row, event, at) : quiet(row)
        made.add(step.row)
        return step
      }
    }),
    property: "answer-counts",
    moves: 2,
  },
  {
    what: "takes a refusal of the pivot for success",
    change: misled((row, event) =>
      event.type === "reply" && event.outcome.type === "refused" && openOf(row, event)?.step === "a"
        ? [row, { ...event, outcome: { type: "done", value: null } }]
        : [row, event],
    ),
    property: "completed-is-done",
    moves: 5,
  },
  {
    what: "turns back and forgets all that was done",
    change: misled((row, event) => [
      event.type === "cancel" ? { ...row, items: statuses(row, () => "refused"), open: {} } : row,
      event,
    ]),
    property: "undo-complete",
    moves: 2,
  },
  {
    what: "does not tell an actor that it has ended",
    change: changed((step) => ({ ...step, release: step.release.slice(1) })),
    property: "all-released",
    moves: 2,
  },
  {
    what: "begins a step while it turns back",
    change: broken((core) => (row, event, at) => {
      const step = core.decide(row, event, at)
      if (row.failure === undefined || "ended" in step.row || !isDone(event)) return step
      const to = { service: "payment", key: "x" }
      return { ...step, send: [{ to, name: "charge", payload: null, effect: "x", direction: "do", attempt: 1 }] }
    }),
    property: "effect-before-undo",
    moves: 3,
  },
  {
    what: "leaves what the losers of a race did",
    change: misled((row, event) => {
      const isFast = isDone(event) && openOf(row, event)?.step === "plane"
      const isSlow = (instance: string) => instance === "pack" || instance === "truck"
      return [isFast ? { ...row, items: statuses(row, (one, name) => (isSlow(name) ? "refused" : one)) } : row, event]
    }),
    property: "undo-complete",
    moves: 4,
    definition: racing.definition,
  },
]

function going(row: SagaRow, lap: boolean): Step {
  return { row: { ...row, lap } as SagaRow, send: [], emit: [], release: [] } // cast: with a field of its own
}

function tireless<Node extends (typeof order.definition.body)[number]>(node: Node): Node {
  if (node.type !== "step") return node
  const policy = { ...node.policy, retry: { ...node.policy.retry, times: 9 } }
  return { ...node, policy, undoPolicy: policy }
}
