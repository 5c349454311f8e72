// A machine that the user wrote, as a pure function: (where it stands, event) -> (where it stands then, what it asks for).
// No interpreter runs and no code of an invoked actor does: what is invoked comes out as data. Where it stands is what
// XState persists of it, without children: who is invoked follows from the state.
import type { AnyStateMachine, AnyStateNode, EventObject } from "xstate"
import { InvalidInput } from "../../runtime/kernel/fault.ts"
import { digest } from "../../runtime/message/hash.ts"
import type { Json } from "../../runtime/message/json.ts"
import { inertScope, type ResolvedAction } from "./inert-scope.ts"
import type { StateValue } from "./transition.ts"

/** Where one machine stands. */
export interface Standing {
  readonly value: StateValue
  readonly context: Json
  /** States that its history states remember, by the id of the history state. */
  readonly history?: History
}

export type History = { readonly [id: string]: readonly string[] }

/** What a transition asks for. */
export type Request =
  | { readonly type: "invoke"; readonly id: string; readonly src: string; readonly input: unknown }
  | { readonly type: "delay"; readonly id: string | undefined; readonly event: EventObject; readonly delayMs: number }
  | { readonly type: "cancel"; readonly id: string }
  | { readonly type: "emit"; readonly event: EventObject }

export interface Moved extends Standing {
  /** False: it does nothing on this event in this state, and nothing has changed. */
  readonly isAccepted: boolean
  readonly isDone: boolean
  readonly output: unknown
  readonly tags: ReadonlySet<string>
  /** Names of the states by which it has ended. */
  readonly finals: readonly string[]
  /** Ids of what its states invoke. */
  readonly invoked: ReadonlySet<string>
  /** In order. */
  readonly requests: readonly Request[]
}

export interface RawMachine {
  readonly machine: AnyStateMachine
  /** Of states, events and what is invoked: where a machine with another shape stands means nothing to this one. */
  readonly shape: string
  begin(input: unknown): Moved
  /** Throws what a guard, an `assign` or an input of the machine throws, and stays usable. */
  take(from: Standing, event: EventObject): Moved
  /** Whether it stands in a state with that tag. */
  hasTag(from: Pick<Standing, "value">, tag: string): boolean
}

/** Microsteps of one transition unless the machine says otherwise: an endless loop throws instead of hanging the process. */
const microstepsMax = 1000

type AnySnapshot = ReturnType<AnyStateMachine["transition"]>

export function rawMachine(given: AnyStateMachine): RawMachine {
  const machine = bounded(given)
  const nodes = new Map(nodesOf(machine.root).map((node) => [node.id, node]))
  const known = new Set([...nodes.values()].flatMap((node) => node.invoke.map(({ id }) => id)))
  let actions: ResolvedAction[] = []
  const scope = inertScope((action) => void actions.push(action))
  const moved = (after: AnySnapshot, isAccepted: boolean): Moved => {
    if (after.status === "error") throw failed(after)
    for (const id in after.children) {
      if (!known.has(id)) throw new InvalidInput(`it spawns "${id}": only what a state invokes is run`)
    }
    const history = historyOf(after)
    const value = after.value as StateValue // cast: the same shape under another name
    return {
      value,
      context: after.context as Json, // cast: that it survives JSON is checked when the decision is
      ...(history === undefined ? {} : { history }),
      isAccepted,
      isDone: after.status === "done",
      output: after.output,
      tags: after.tags,
      ...place(value),
      requests: actions.flatMap(requestOf),
    }
  }
  const standing = new Map<string, AnySnapshot>()
  const places = new Map<string, ReturnType<typeof placeOf>>()
  const place = (value: StateValue) => {
    if (typeof value !== "string") return placeOf(machine, value)
    const here = places.get(value) ?? placeOf(machine, value)
    places.set(value, here)
    return here
  }
  /** What follows from the name of a state is found out once for each. */
  const stand = (from: Standing): AnySnapshot => {
    const { value, context, history } = from
    if (typeof value !== "string" || history !== undefined) return restore(machine, nodes, from)
    const before = standing.get(value) ?? restore(machine, nodes, from)
    standing.set(value, before)
    return { ...before, context } as AnySnapshot // cast: the same one with another context
  }
  return {
    machine,
    shape: digest(JSON.stringify(shapeOf(machine.root))).slice(0, 16),
    begin(input) {
      actions = []
      return moved(machine.getInitialSnapshot(scope, input), true)
    },
    take(from, event) {
      actions = []
      const before = stand(from)
      const after = before.status === "active" ? machine.transition(before, event, scope) : before
      return moved(after, after !== before)
    },
    hasTag: (from, tag) => stand({ ...from, context: {} }).tags.has(tag),
  }
}

/** The same machine, with a bound on its loops; the user's own is not touched. */
function bounded(given: AnyStateMachine): AnyStateMachine {
  const machine = given.provide({})
  if (!Number.isFinite(machine.options.maxIterations)) machine.options = { ...machine.options, maxIterations: microstepsMax }
  return machine
}

/** A node and all that is inside it, from the outside in. */
export function nodesOf(node: AnyStateNode): readonly AnyStateNode[] {
  return [node, ...Object.values(node.states).flatMap(nodesOf)]
}

function placeOf(machine: AnyStateMachine, value: StateValue): Pick<Moved, "finals" | "invoked"> {
  const active = activeNodes(machine.root, value)
  return {
    finals: active.filter((node) => isEnd(node)).map(({ key }) => key),
    invoked: new Set(active.flatMap((node) => node.invoke.map(({ id }) => id))),
  }
}

/** The states that a value names, from the outside in. */
function activeNodes(node: AnyStateNode, value: StateValue): readonly AnyStateNode[] {
  const inner = typeof value === "string" ? [[value, {}] as const] : Object.entries(value)
  return [node, ...inner.flatMap(([key, rest]) => (node.states[key] === undefined ? [] : activeNodes(node.states[key], rest)))]
}

/** Whether a final state ends the machine, or, in a machine of regions, one of them. */
export function isEnd({ type, parent }: AnyStateNode): boolean {
  const around = parent?.parent
  return type === "final" && (around === undefined || (around.parent === undefined && around.type === "parallel"))
}

type Nodes = ReadonlyMap<string, AnyStateNode>

function restore(machine: AnyStateMachine, nodes: Nodes, { value, context, history }: Standing): AnySnapshot {
  // cast: both came from this machine, or one of the same shape
  const standing = { value: value as never, context: context as never }
  if (history === undefined) return machine.resolveState(standing)
  const historyValue: Record<string, AnyStateNode[]> = {}
  for (const [id, states] of Object.entries(history)) historyValue[id] = states.flatMap((state) => nodes.get(state) ?? [])
  return machine.resolveState({ ...standing, historyValue })
}

function historyOf({ historyValue }: AnySnapshot): History | undefined {
  const entries = Object.entries(historyValue)
  if (entries.length === 0) return undefined
  return Object.fromEntries(entries.map(([id, nodes]) => [id, nodes.map((node) => node.id)]))
}

function failed({ error }: AnySnapshot): unknown {
  if (error instanceof Error) return error
  return new InvalidInput(`its state takes no failure of what it invokes, and this came: ${JSON.stringify(error)}`)
}

interface Params {
  readonly id?: string
  readonly src?: unknown
  readonly input?: unknown
  readonly event?: EventObject
  readonly delay?: number
  readonly sendId?: string
}

function requestOf({ type, params: given }: ResolvedAction): readonly Request[] {
  const { id, src, input, event, delay, sendId = "" } = (given ?? {}) as Params // cast: XState's own parameters; read below
  switch (type) {
    case "xstate.spawnChild":
      if (typeof src !== "string" || id === undefined) throw new InvalidInput("it invokes code: a command has a name")
      return [{ type: "invoke", id, src, input }]
    case "xstate.raise":
      if (delay === undefined || event === undefined) return []
      if (!Number.isSafeInteger(delay) || delay < 0)
        throw new InvalidInput(`the delay of ${event.type} is ${delay}, which is no time in whole milliseconds`)
      return [{ type: "delay", id, event, delayMs: delay }]
    case "xstate.cancel":
      return [{ type: "cancel", id: sendId }]
    case "xstate.emit":
      return event === undefined ? [] : [{ type: "emit", event }]
    case "xstate.stopChild":
      return []
    default:
      throw new InvalidInput(`it wants to do "${type}": it may assign, raise, emit and cancel, and nothing else`)
  }
}

function shapeOf(node: AnyStateNode): Json {
  const transitions = [...node.transitions].map(([event, all]) => [event, all.map(({ target }) => targetsOf(target))])
  return [
    node.key,
    node.type,
    node.initial?.target.map(({ id }) => id) ?? null,
    node.invoke.map(({ id, src }) => [id, typeof src === "string" ? src : "code"]),
    transitions,
    (node.always ?? []).map(({ target }) => targetsOf(target)),
    Object.values(node.states).map(shapeOf),
  ]
}

function targetsOf(target: readonly AnyStateNode[] | undefined): readonly string[] {
  return (target ?? []).map(({ id }) => id)
}
