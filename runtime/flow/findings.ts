// What is wrong with a flow, as values: events that nobody handles, reactions that nothing triggers, cycles, and handlers
// that do not say what they emit. What is meant to be so is accepted by declaration, with a reason.
import { cyclesOf } from "./cycles.ts"
import { type FlowApp, type FlowGraph, flowGraph, type FlowOptions, reactsTo } from "./graph.ts"

export type FindingKind = "unhandled" | "untriggered" | "cycle" | "undeclared" | "stale"

export interface FlowFinding {
  readonly kind: FindingKind
  /** Names it in `accept`: `unhandled OrderShipped`, `cycle A > service > A`, `undeclared stock.add`. */
  readonly id: string
  /** What is so, and what to do. */
  readonly message: string
}

export interface AcceptedFinding extends FlowFinding {
  readonly because: string
}

export interface CheckOptions extends FlowOptions {
  /** Finding's id -> why it is right as it is. */
  readonly accept?: Readonly<Record<string, string>>
}

export interface FlowCheck {
  readonly graph: FlowGraph
  readonly findings: readonly FlowFinding[]
  readonly accepted: readonly AcceptedFinding[]
}

/** Throws InvalidInput only for two apps of one name; whatever is wrong with the flow is a finding. */
export function checkFlow(apps: readonly FlowApp[], { accept = {}, ...options }: CheckOptions = {}): FlowCheck {
  const graph = flowGraph(apps, options)
  const found = [...unhandled(graph), ...untriggered(graph), ...cycles(graph), ...undeclared(graph), ...stale(graph)]
  const accepted = found.flatMap((one) => {
    const because = Object.hasOwn(accept, one.id) ? accept[one.id] : undefined
    return because === undefined ? [] : [{ ...one, because }]
  })
  const unneeded = Object.keys(accept)
    .filter((id) => !found.some((one) => one.id === id))
    .map((id) => finding("stale", id, `"${id}" is accepted and not found any more: take it out of \`accept\``))
  const findings = [...found.filter(({ id }) => !Object.hasOwn(accept, id)), ...unneeded]
  return { graph, findings, accepted }
}

function finding(kind: FindingKind, what: string, message: string): FlowFinding {
  return { kind, id: `${kind} ${what}`, message }
}

function unhandled({ events }: FlowGraph): readonly FlowFinding[] {
  return events
    .filter(({ handledBy, isLeaf, isOutside, emittedBy }) =>
      handledBy.length === 0 && !isLeaf && (isOutside || emittedBy.length > 0))
    .map(({ name, emittedBy }) => {
      const by = emittedBy.length === 0 ? "comes from outside" : `is emitted by ${emittedBy.join(", ")}`
      return finding("unhandled", name, `${name} ${by} and nobody reacts to it: add a reaction, or declare it as a leaf`)
    })
}

function untriggered({ actors, events }: FlowGraph): readonly FlowFinding[] {
  const sourceless = events.filter(({ emittedBy, isOutside }) => emittedBy.length === 0 && !isOutside)
  return sourceless.flatMap(({ name }) =>
    actors
      .filter((actor) => reactsTo(actor, name))
      .map(({ id }) => {
        const message = `${id} reacts to ${name}, which nobody emits: declare who does, or that it is outside`
        return finding("untriggered", `${id} on ${name}`, message)
      }),
  )
}

function cycles(graph: FlowGraph): readonly FlowFinding[] {
  return cyclesOf(graph).map((path) => {
    const text = [...path, path[0]].join(" > ")
    return finding("cycle", text, `${text}: it goes round until the data says otherwise; accept it with the reason why it ends`)
  })
}

function undeclared({ actors }: FlowGraph): readonly FlowFinding[] {
  return actors.flatMap(({ id, handlers }) =>
    handlers
      .filter(({ emits }) => emits === undefined)
      .map(({ trigger: { type, name } }) => {
        const what = type === "event" ? `${id} on ${name}` : type === "timer" ? `${id} timer ${name}` : `${id}.${name}`
        return finding("undeclared", what, `${what} does not declare what it emits: add \`emits\`, which may be empty`)
      }),
  )
}

/** A leaf that nobody emits any more. */
function stale({ events }: FlowGraph): readonly FlowFinding[] {
  return events
    .filter(({ isLeaf, isOutside, emittedBy }) => isLeaf && !isOutside && emittedBy.length === 0)
    .map(({ name }) => finding("stale", name, `${name} is declared as a leaf and nobody emits it: take it out of \`leaves\``))
}
