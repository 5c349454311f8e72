// The same statechart without an interpreter of statecharts, where the state is a plain name: a table says for each state and
// event where to go, made once for each definition. XState finds out for each transition which states are left and entered,
// which is most of what a decision costs. It stays what is drawn, checked and stored, and takes over where things go on at once.
import type { SagaDefinition } from "../definition/definition.ts"
import { type Outline, parseInstance } from "../definition/outline.ts"
import { type ActionConfig, type GuardConfig, sagaConfig, type StateConfig, type TransitionConfig } from "./config.ts"
import { changeBy, isHeld } from "./meaning.ts"
import type { Progress, ProgressEvent } from "./progress.ts"
import type { State, Transition } from "./transition.ts"

type Take = (state: State, told: ProgressEvent) => Transition

/** One state with nothing inside. */
interface Place {
  readonly name: string
  readonly isFinal: boolean
  readonly entry: readonly ActionConfig[]
  /** Taken without an event, the first whose guard holds. */
  readonly always: readonly Arrow[]
  /** By kind of what is told and name of the step ("" without one), filled when asked; undefined: this one is for XState. */
  readonly ways: Map<ProgressEvent["kind"], Map<string, readonly Arrow[] | undefined>>
}

interface Arrow {
  readonly guard: GuardConfig | undefined
  readonly actions: readonly ActionConfig[]
  /** The name of the state that is entered; undefined: it stays where it is. */
  readonly to: string | undefined
}

type Config = ReturnType<typeof sagaConfig>

/** Does what `otherwise` does, which is asked only where a state that holds others is left or entered. */
export function prepareTables(definition: SagaDefinition, outline: Outline, otherwise: Take): Take {
  const config = sagaConfig(definition)
  const { maxIterations } = config.options
  const places = placesOf(config)
  return (state, told) => {
    const place = typeof state.value === "string" ? places.get(state.value) : undefined
    const ways = place && waysOf(config, places, place, told)
    if (place === undefined || ways === undefined) return otherwise(state, told)
    return walk({ outline, places, maxIterations, told }, place, ways, state.context)
  }
}

interface Walk {
  readonly outline: Outline
  readonly places: ReadonlyMap<string, Place>
  readonly maxIterations: number
  readonly told: ProgressEvent
}

function walk({ outline, places, maxIterations, told }: Walk, from: Place, ways: readonly Arrow[], before: Progress): Transition {
  const actions: ActionConfig[] = []
  let place = from
  let context = before
  let ignored = true
  const perform = (performed: readonly ActionConfig[]) => {
    for (const action of performed) {
      const change = changeBy(outline, action, context, told)
      if (change === undefined) {
        actions.push(action)
        continue
      }
      context = { ...context, ...change }
      ignored = false
    }
  }
  const go = (arrow: Arrow) => {
    perform(arrow.actions)
    const next = arrow.to === undefined ? undefined : places.get(arrow.to)
    if (next === undefined) return
    perform(next.entry)
    if (next !== place) ignored = false
    place = next
  }
  const isOpen = ({ guard }: Arrow) => guard === undefined || isHeld(outline, guard, context, told)
  let arrow = ways.find(isOpen)
  if (arrow !== undefined) go(arrow)
  for (let count = 1; !place.isFinal; count += 1) {
    if (count > maxIterations) throw new Error(`Infinite loop detected: ${endless(maxIterations)}`)
    arrow = place.always.find(isOpen)
    if (arrow === undefined) break
    go(arrow)
  }
  return { next: { value: place.name, context }, actions, ignored }
}

/** As XState says it. */
function endless(maxIterations: number): string {
  return (
    `the machine has processed more than ${maxIterations} microsteps without reaching a stable state. This usually happens ` +
    "when there's a cycle of transitions (e.g., eventless transitions or raised events causing state A -> B -> C -> A)."
  )
}

/** The states that are plain, as are all to which they go without an event. */
function placesOf(config: Config): Map<string, Place> {
  const places = new Map<string, Place>()
  for (const [name, state] of Object.entries(config.states)) {
    const { type, states, onDone, entry = [], always = [] } = state
    if (type === "parallel" || states !== undefined || onDone !== undefined) continue
    const arrows = always.map((transition) => arrowOf(config, name, transition))
    places.set(name, { name, isFinal: type === "final", entry, always: arrows, ways: new Map() })
  }
  let size: number
  do {
    size = places.size
    for (const { name, always } of places.values()) {
      if (always.some(({ to }) => to === undefined || to === name || !places.has(to))) places.delete(name)
    }
  } while (places.size < size)
  return places
}

function waysOf(config: Config, places: ReadonlyMap<string, Place>, place: Place, told: ProgressEvent): Arrows {
  const { kind } = told
  const step = "step" in told ? nameOf(told.step) : ""
  const known = place.ways.get(kind) ?? new Map<string, Arrows>()
  if (known.has(step)) return known.get(step)
  const ways = findWays(config, places, place, step === "" ? [kind] : [`${kind}.${step}`, `${kind}.*`])
  place.ways.set(kind, known.set(step, ways))
  return ways
}

type Arrows = readonly Arrow[] | undefined

function nameOf(instance: string): string {
  return instance.includes("#") ? parseInstance(instance).name : instance
}

/** In the order in which they are asked: the state's own before the root's, the exact event's before a wildcard's. */
function findWays(config: Config, places: ReadonlyMap<string, Place>, place: Place, events: readonly string[]): Arrows {
  // What is told to a saga at its end is nothing that happens.
  if (place.isFinal) return undefined
  const arrowsOf = ({ on = {} }: StateConfig, source: string) =>
    events.flatMap((event) => {
      const transition = Object.hasOwn(on, event) ? on[event] : undefined
      return transition === undefined ? [] : [arrowOf(config, source, transition)]
    })
  const ways = [...arrowsOf(config.states[place.name] ?? {}, place.name), ...arrowsOf(config, "")]
  return ways.every(({ to }) => to === undefined || places.has(to)) ? ways : undefined
}

/** `source`: the state whose transition it is, "" for the root. A target that is the source is entered only if it says so. */
function arrowOf(config: Config, source: string, { target, reenter, guard, actions = [] }: TransitionConfig): Arrow {
  const to = target === undefined ? undefined : stateNamed(config, source, target)
  return { guard, actions, to: to === source && reenter !== true ? undefined : to }
}

/** The state at the top that a target means; a name that none has if it means one further down. */
function stateNamed({ states }: Config, source: string, target: string): string {
  if (target.startsWith("#")) {
    return Object.entries(states).find(([, { id }]) => id === target.slice(1))?.[0] ?? target
  }
  if (source === "") return target.slice(1)
  return target
}
