// The flow graph: which service emits which event, and which reacts to it. Read from what the handlers declare, of one
// app or of several, without running anything.
import type { ActorFlow, ActorLogic, HandlerFlow } from "../actor/logic.ts"
import { InvalidInput } from "../kernel/fault.ts"
import type { EventName } from "../message/contract.ts"

/** What the graph reads of an app; every `App` is one. */
export interface FlowApp {
  readonly shape: { readonly name: string; readonly logics: ReadonlyMap<string, ActorLogic> }
}

export interface FlowOptions {
  /** Events that come from elsewhere: other systems, or apps that are not given. */
  readonly outside?: readonly EventName[]
  /** Events that are meant for others: it is right that nobody here reacts to them. */
  readonly leaves?: readonly EventName[]
}

export interface FlowGraph {
  readonly actors: readonly FlowActor[]
  /** In the order in which they are first met. */
  readonly events: readonly FlowEvent[]
}

/** One service or saga. */
export interface FlowActor {
  /** Its name; with more than one app `<app>/<name>`. */
  readonly id: string
  readonly app: string
  readonly kind: "service" | "saga" | "observer"
  readonly handlers: readonly HandlerFlow[]
}

export interface FlowEvent {
  readonly name: string
  /** Ids of actors. */
  readonly emittedBy: readonly string[]
  /** Ids of actors that react to it, without those that only watch. */
  readonly handledBy: readonly string[]
  readonly isOutside: boolean
  readonly isLeaf: boolean
}

/** Throws InvalidInput if two of the apps have one name. */
export function flowGraph(apps: readonly FlowApp[], options: FlowOptions = {}): FlowGraph {
  const names = apps.map(({ shape }) => shape.name)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) throw new InvalidInput(`the flow graph is given two apps "${twice}"`)
  const actors = apps.flatMap(({ shape: { name: app, logics } }) =>
    [...logics.values()].map((logic) => actorOf(apps.length === 1 ? logic.service : `${app}/${logic.service}`, app, logic)),
  )
  return { actors, events: eventsOf(actors, options) }
}

function actorOf(id: string, app: string, { kind, flow, reactions }: ActorLogic): FlowActor {
  const { handlers, observes }: ActorFlow = flow ?? undeclared(reactions)
  return { id, app, kind: observes === true ? "observer" : kind, handlers }
}

/** Of an actor type that declares nothing, it is known at least what it reacts to. */
function undeclared(reactions: ActorLogic["reactions"]): ActorFlow {
  return { handlers: [...reactions.keys()].map((name) => ({ trigger: { type: "event", name }, emits: undefined })) }
}

function eventsOf(actors: readonly FlowActor[], { outside = [], leaves = [] }: FlowOptions): readonly FlowEvent[] {
  const isOutside = new Set(outside.map(({ eventName }) => eventName))
  const isLeaf = new Set(leaves.map(({ eventName }) => eventName))
  const met = actors.flatMap(({ handlers }) => handlers.flatMap(({ trigger, emits = [] }) =>
    trigger.type === "event" ? [trigger.name, ...emits] : emits,
  ))
  return [...new Set([...isOutside, ...met, ...isLeaf])].map((name) => ({
    name,
    emittedBy: actors.filter((actor) => actor.handlers.some(({ emits }) => emits?.includes(name))).map(({ id }) => id),
    handledBy: actors.filter((actor) => actor.kind !== "observer" && reactsTo(actor, name)).map(({ id }) => id),
    isOutside: isOutside.has(name),
    isLeaf: isLeaf.has(name),
  }))
}

export function reactsTo({ handlers }: FlowActor, event: string): boolean {
  return handlers.some(({ trigger }) => trigger.type === "event" && trigger.name === event)
}
