// How a team writes a service: its state, its commands, how to undo them, and the facts it reacts to.
// The same value is the contract that others call: `inventory.reserve(sku, { quantity })` makes a command.
import { durationMs } from "../kernel/duration.ts"
import { InvalidInput } from "../kernel/fault.ts"
import { limits } from "../kernel/limits.ts"
import { type Command, type EventContract, type EventName, makeCommand } from "../message/contract.ts"
import type { Json } from "../message/json.ts"
import { checkName } from "../message/key.ts"
import type { Schema } from "../message/schema.ts"
import type {
  CommandHandler, CommandOptions, Handler, HandlerOptions, OnPark, Reaction, ReactionOptions, ServiceDefinition, TimerHandler,
} from "./definition.ts"
import { firstVersion, versionsOf } from "../message/versions.ts"
import { describePayload } from "./description.ts"
import { type EventsFrom, startAt } from "../message/subscription.ts"
import { type FlowControlOptions, flowOf } from "./flow-control.ts"
import type { ActorLogic } from "./logic.ts"
import { serviceLogic } from "./service-logic.ts"
import type { TimerContract } from "./timer.ts"

type Calls = Readonly<Record<string, (...args: never[]) => Command>>
/** The payload of each "do" command, by name: what an undo handler is told. */
type Payloads = Readonly<Record<string, unknown>>

interface ServiceBuilder<State, C extends Calls, P extends Payloads> {
  readonly definition: ServiceDefinition
  readonly logic: ActorLogic

  /** A command with a payload. The handler says (state, payload) -> done(newState, answer) or refused(code). */
  command<const Name extends string, Payload, Value>(
    name: Name,
    schema: Schema<Payload>,
    handler: Handler<State, Payload, Value>,
    options?: CommandOptions,
  ): Service<
    State,
    C & { readonly [K in Name]: (key: string, payload: Payload) => Command<Value> },
    P & { readonly [K in Name]: Payload }
  >

  /**
   * How to take back what `command` did. Called only if it did happen at this actor, with the payload it was called
   * with; otherwise the engine answers by itself, and refuses the command should it still come (R11).
   */
  undo<const Name extends string, Did extends keyof P & string>(
    name: Name,
    command: Did,
    handler: Handler<State, P[Did], null>,
    options?: HandlerOptions,
  ): Service<State, C & { readonly [K in Name]: (key: string) => Command<null> }, P>

  /** Reacts to a fact, at the actor that `keyOf` names. A reaction cannot refuse. */
  on<Payload>(
    contract: EventContract<Payload>,
    keyOf: (payload: Payload, subject: string) => string,
    handler: Handler<State, Payload, null>,
    options?: ReactionOptions<Payload, State>,
  ): Service<State, C, P>

  /** What happens when a timer of the actor is due. It cannot refuse. */
  timer<Payload>(
    contract: TimerContract<Payload>,
    handler: Handler<State, Payload, null>,
    options?: HandlerOptions,
  ): Service<State, C, P>
}

export type Service<
  State,
  C extends Calls = Record<never, never>,
  P extends Payloads = Record<never, never>,
> = ServiceBuilder<State, C, P> & C

export interface ServiceOptions<State> extends FlowControlOptions {
  /** The state of a key that was never seen. */
  readonly state: (key: string) => State
  /** What an actor does when one of its records is parked. Default: it goes on with the next. */
  readonly onPark?: OnPark
  /** The version of what `state` gives. Raise it with every change of its shape that stored states do not fit. Default 1. */
  readonly version?: number
  /** From each older version to the next: what is stored is brought up to date when it is loaded. Pure. */
  readonly migrate?: Readonly<Record<number, (old: Json) => Json>>
  /** Effectful handlers of this service under way in one process. Default: `limits.handlersPerServiceDefault`. */
  readonly concurrency?: number
  /**
   * Where it begins to read events when it is new in its app: "beginning" (the default: nothing that is kept is missed),
   * "now", or a time. What does something that must not be done for old events, such as sending mail, wants "now".
   */
  readonly from?: EventsFrom
}

/** Starts a service definition. Throws InvalidInput on a bad name or option. */
export function service<State>(name: string, options: ServiceOptions<State>): Service<State> {
  checkName("service", name)
  const { state: initial, onPark = "go on", version = 1, migrate = {} } = options
  const states = versionsOf({ version, upcast: migrate }, `service ${name}: state`)
  const from = startAt(options.from ?? "beginning", `service ${name}`)
  const flow = flowOf(options, `service ${name}`)
  const definition = { name, initial, states, commands: {}, reactions: {}, timers: {}, onPark, flow, from }
  // cast: the builder keeps handlers with their types erased; its methods restore them to callers
  return build(definition) as unknown as Service<State>
}

const builderNames = new Set(["definition", "logic", "command", "undo", "on", "timer", "then"])

function build(definition: ServiceDefinition): object {
  const add = (name: string, command: CommandHandler) => {
    checkName("command", name)
    if (builderNames.has(name))
      throw new InvalidInput(`service ${definition.name}: "${name}" cannot be a command's name`)
    if (Object.hasOwn(definition.commands, name))
      throw new InvalidInput(`service ${definition.name} has two commands "${name}"`)
    return build({ ...definition, commands: { ...definition.commands, [name]: command } })
  }
  const builder = {
    definition,
    logic: serviceLogic(definition),
    command: (name: string, schema: Schema<unknown>, handler: CommandHandler["handler"], options: CommandOptions = {}) => {
      const { jsonSchema } = options
      const versions = versionsOf(options, `command ${definition.name}.${name}`)
      return add(name, { schema, versions, handler, ...(jsonSchema === undefined ? {} : { jsonSchema }), ...declared(options) })
    },
    undo: (name: string, undoes: string, handler: CommandHandler["handler"], options?: HandlerOptions) => {
      const target = Object.hasOwn(definition.commands, undoes) ? definition.commands[undoes] : undefined
      if (target === undefined || target.undoes !== undefined) {
        throw new InvalidInput(
          `service ${definition.name}: "${name}" undoes "${undoes}", which is not a command declared before it`,
        )
      }
      return add(name, { schema: undefined, versions: firstVersion, undoes, handler, ...declared(options) })
    },
    on: (
      contract: EventContract<unknown>,
      keyOf: Reaction["keyOf"],
      handler: Reaction["handler"],
      options: ReactionOptions<unknown> = {},
    ) => {
      const name = contract.eventName
      if (Object.hasOwn(definition.reactions, name))
        throw new InvalidInput(`service ${definition.name} reacts twice to "${name}"`)
      const reaction = { ...describePayload(contract), keyOf, handler, ...reactionChoices(name, options), ...declared(options) }
      return build({ ...definition, reactions: { ...definition.reactions, [name]: reaction } })
    },
    timer: (contract: TimerContract<unknown>, handler: TimerHandler["handler"], options?: HandlerOptions) => {
      const name = contract.timerName
      if (Object.hasOwn(definition.timers, name)) throw new InvalidInput(`service ${definition.name} has two timers "${name}"`)
      const timer = { schema: contract.schema, handler, ...declared(options) }
      return build({ ...definition, timers: { ...definition.timers, [name]: timer } })
    },
  }
  return Object.assign(builder, calls(definition))
}

function reactionChoices(name: string, options: ReactionOptions<unknown>) {
  const { when, ready, holdAtMost, delivery = "exactly once" } = options
  if (delivery !== "exactly once" && delivery !== "at most once")
    throw new InvalidInput(`on ${name}: delivery ${JSON.stringify(delivery)} is neither "exactly once" nor "at most once"`)
  if (holdAtMost !== undefined && ready === undefined)
    throw new InvalidInput(`on ${name}: holdAtMost says nothing without ready`)
  const holdMs = holdAtMost === undefined ? limits.heldDefaultMs : durationMs(holdAtMost)
  return { ...(when === undefined ? {} : { when }), ...(ready === undefined ? {} : { ready }), holdMs, delivery }
}

function declared({ emits }: HandlerOptions = {}): { readonly emits: readonly EventName[] | undefined } {
  return { emits }
}

function calls(definition: ServiceDefinition): Record<string, (key: string, payload?: unknown) => Command> {
  const entries = Object.entries(definition.commands).map(([name, { schema, versions, undoes }]) => {
    const target = { service: definition.name, name, schema, versions, ...(undoes === undefined ? {} : { undoes }) }
    return [name, (key: string, payload?: unknown) => makeCommand(target, key, payload)] as const
  })
  return Object.fromEntries(entries)
}
