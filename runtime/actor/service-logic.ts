// A service definition as actor logic: finds the handler, checks the payload, and turns its result into a decision.
import * as Effect from "effect/Effect"
import { unreachable } from "../kernel/assert.ts"
import { Fault } from "../kernel/fault.ts"
import { limits } from "../kernel/limits.ts"
import { checkJson, type Json } from "../message/json.ts"
import {
  type CommandMessage, eventId, type EventMessage, followsFrom, type Message, progressStep, recordId, type TimerMessage,
} from "../message/message.ts"
import type { Event, EventName } from "../message/contract.ts"
import { parse } from "../message/schema.ts"
import { upcast } from "../message/versions.ts"
import type { CommandHandler, Handler, Reaction, ServiceDefinition, TimerHandler } from "./definition.ts"
import { describeService } from "./description.ts"
import { type IoContext, type Outcoming, outcomingEffect } from "./effectful.ts"
import type { ActorFlow, ActorLogic, DecideContext, Decision, IoLogic, OutgoingEvent, PerformContext } from "./logic.ts"
import type { Result } from "./result.ts"
import { timerKind } from "./timer.ts"

/** A message names a command that the service does not have. */
export class UnknownCommand extends Fault {
  readonly _tag = "UnknownCommand"
  readonly code = "UNKNOWN_COMMAND"
  readonly retry = "never"
}

/** A handler broke its contract: it refused an undo or an event, or it returned a promise. */
export class HandlerDefect extends Fault {
  readonly _tag = "HandlerDefect"
  readonly code = "HANDLER_DEFECT"
  readonly retry = "never"
}

export function serviceLogic(definition: ServiceDefinition): ActorLogic {
  const stateOf = (state: Json | undefined, key: string) => (state === undefined ? definition.initial(key) : state)
  const io = ioLogic(definition, stateOf)
  return {
    service: definition.name,
    kind: "service",
    onPark: definition.onPark,
    reactions: reactionKeys(definition),
    flow: flowOf(definition),
    ...reactionPolicies(definition, stateOf),
    states: definition.states,
    describe: () => describeService(definition),
    from: definition.from,
    isRebuildable: io === undefined && [definition.commands, definition.timers].every((table) => isEmpty(table)),
    decide(state, message, context) {
      const current = stateOf(state, context.self.key)
      const prepared = prepare(definition, message, context)
      const { handler, payload, what, idempotencyKey } = prepared
      if (typeof handler !== "function") throw new HandlerDefect(`${what} does I/O and was asked for a pure decision`)
      const { self, nowMs } = context
      const result = handler(current, payload, { key: self.key, nowMs, idempotencyKey, cause: followsFrom(message) })
      return toDecision(current, checkResult(result, message, what), prepared)
    },
    ...(io === undefined ? {} : { io }),
  }
}

/** Nothing, if every handler is pure. */
function ioLogic(
  definition: ServiceDefinition,
  stateOf: (state: Json | undefined, key: string) => unknown,
): IoLogic | undefined {
  const { commands, reactions, timers } = definition
  const handlers = [commands, reactions, timers].flatMap((table) => Object.values<{ handler: Prepared["handler"] }>(table))
  if (handlers.every(({ handler }) => typeof handler === "function")) return undefined
  const undos = Object.values(commands).filter(({ handler }) => typeof handler !== "function")
  const takenBack = new Set(undos.map(({ undoes }) => undoes))
  return {
    flow: definition.flow,
    policy(message) {
      const handler = handlerOf(definition, message)?.handler
      return handler === undefined || typeof handler === "function" ? undefined : handler.policy
    },
    isTakenBack: (message) => message.type === "command" && takenBack.has(message.name),
    perform: (state, message, context) =>
      Effect.suspend(() => {
        const current = stateOf(state, context.self.key)
        const prepared = prepare(definition, message, context)
        const { handler, payload, what } = prepared
        if (typeof handler === "function") throw new HandlerDefect(`${what} is pure and was asked to do I/O`)
        context.calling()
        const result = outcomingEffect(() =>
          context.within(() => handler.run(current, payload, ioContext(context, message, prepared))),
        )
        return Effect.map(result, (value) => toDecision(current, checkResult(value, message, what), prepared))
      }),
  }
}

function isEmpty(table: object): boolean {
  return Object.keys(table).length === 0
}

function reactionKeys(definition: ServiceDefinition): ActorLogic["reactions"] {
  return new Map(
    Object.entries(definition.reactions).map(([name, reaction]) => [
      name,
      (payload: Json, subject: string, version?: number) => {
        const what = `event ${name}`
        const checked = parse(reaction.schema, upcast(reaction.versions, payload, version, what), what)
        return reaction.when?.(checked) === false ? undefined : reaction.keyOf(checked, subject)
      },
    ]),
  )
}

function flowOf({ commands, reactions, timers }: ServiceDefinition): ActorFlow {
  const table = { command: commands, event: reactions, timer: timers } as const
  const handlers = (["command", "event", "timer"] as const).flatMap((type) =>
    Object.entries<{ readonly emits: readonly EventName[] | undefined }>(table[type]).map(([name, { emits }]) => {
      return { trigger: { type, name }, emits: emits?.map(({ eventName }) => eventName) }
    }),
  )
  return { handlers }
}

/** What reactions say about when, and how often, they are handled; nothing if none says anything. */
function reactionPolicies(
  definition: ServiceDefinition,
  stateOf: (state: Json | undefined, key: string) => unknown,
): Pick<ActorLogic, "holdMs" | "atMostOnce"> {
  const reactions = Object.values(definition.reactions)
  const policies: { -readonly [Name in "holdMs" | "atMostOnce"]?: ActorLogic[Name] } = {}
  if (reactions.some(({ ready }) => ready !== undefined)) {
    policies.holdMs = (state, { name, payload, to }) => {
      const reaction = own(definition.reactions, name)
      if (reaction?.ready === undefined) return undefined
      const checked = parse(reaction.schema, payload, `event ${name}`)
      return reaction.ready(stateOf(state, to.key), checked) ? undefined : reaction.holdMs
    }
  }
  if (reactions.some(({ delivery }) => delivery === "at most once")) {
    policies.atMostOnce = (message) =>
      message.type === "event" && own(definition.reactions, message.name)?.delivery === "at most once"
  }
  return policies
}

function handlerOf(definition: ServiceDefinition, message: Message): CommandHandler | Reaction | TimerHandler | undefined {
  const { commands, reactions, timers } = definition
  if (message.type === "command") return own(commands, message.name)
  if (message.type === "event") return own(reactions, message.name)
  return message.type === "timer" ? own(timers, timerKind(message.name)) : undefined
}

function own<Value>(table: Readonly<Record<string, Value>>, name: string): Value | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined
}

interface Prepared {
  readonly handler: Handler<unknown, unknown, unknown>
  readonly payload: unknown
  /** The events that the handler may emit; undefined: any. */
  readonly emits: readonly EventName[] | undefined
  readonly what: string
  readonly idempotencyKey: string
}

function prepare(definition: ServiceDefinition, message: Message, context: DecideContext): Prepared {
  switch (message.type) {
    case "command":
      return prepareCommand(definition, message, context)
    case "event":
      return prepareReaction(definition, message)
    case "timer":
      return prepareTimer(definition, message)
    case "reply":
    case "settled":
      throw new HandlerDefect(`service ${definition.name} cannot take a ${message.type}; it is parked`)
    default:
      return unreachable(message)
  }
}

function prepareCommand(definition: ServiceDefinition, message: CommandMessage, context: DecideContext): Prepared {
  const command = own(definition.commands, message.name)
  if (command === undefined) {
    throw new UnknownCommand(`service ${definition.name} has no command "${message.name}"; the record is parked`)
  }
  const what = `command ${definition.name}.${message.name}`
  // An undo is told what the command that it takes back was asked.
  const asked = command.undoes === undefined ? command : definition.commands[command.undoes]
  const { payload: input, version } = command.undoes === undefined ? message : (context.did ?? { payload: null })
  const current = asked === undefined ? input : upcast(asked.versions, input, version, what)
  const payload = asked?.schema === undefined ? current : parse(asked.schema, current, what)
  return { handler: command.handler, emits: command.emits, payload, what, idempotencyKey: message.effect }
}

function prepareReaction(definition: ServiceDefinition, message: EventMessage): Prepared {
  const reaction = own(definition.reactions, message.name)
  const what = `${definition.name} on ${message.name}`
  if (reaction === undefined)
    throw new UnknownCommand(`service ${definition.name} does not react to "${message.name}"; the record is parked`)
  const payload = parse(reaction.schema, upcast(reaction.versions, message.payload, message.version, what), what)
  return { handler: reaction.handler, emits: reaction.emits, payload, what, idempotencyKey: eventId(message) }
}

function prepareTimer(definition: ServiceDefinition, message: TimerMessage): Prepared {
  const timer = own(definition.timers, timerKind(message.name))
  const what = `timer ${message.name} of ${definition.name}`
  if (timer === undefined)
    throw new UnknownCommand(`service ${definition.name} has no timer "${message.name}"; it is parked`)
  const payload = parse(timer.schema, message.payload, what)
  return { handler: timer.handler, emits: timer.emits, payload, what, idempotencyKey: recordId(message) }
}

function ioContext(context: PerformContext, message: Message, { idempotencyKey, what }: Prepared): IoContext {
  const { self, nowMs, deadlineMs, attempt } = context
  const used = new Set<string>()
  return {
    key: self.key,
    nowMs,
    idempotencyKey,
    cause: followsFrom(message),
    // Made when it is asked for.
    get signal() {
      return context.signal()
    },
    deadlineMs,
    attempt,
    async run<Value extends Json | undefined>(name: string, action: () => Outcoming<Value>): Promise<Value> {
      if (name === progressStep) throw new HandlerDefect(`${what}: no step can be named "${name}"; the record is parked`)
      if (used.has(name)) throw new HandlerDefect(`${what} runs two steps named "${name}"; the record is parked`)
      used.add(name)
      const known = context.recall(name)
      if (known !== undefined) return known.value as Value // cast: what this step gave before
      const value = await Effect.runPromise(outcomingEffect<Value>(action), { signal: context.signal() })
      const json: unknown = value ?? null
      checkJson(json, `step "${name}" of ${what}`)
      await context.record(name, json as Json) // cast: the line before checked it
      return value
    },
    heartbeat(progress) {
      if (progress !== undefined) checkProgress(progress, what)
      context.beat(progress)
    },
    lastProgress: context.lastProgress,
    fetch: (ref) => Effect.runPromise(context.fetch(ref), { signal: context.signal() }),
    ...context.resources,
  }
}

function checkProgress(progress: Json, what: string): void {
  checkJson(progress, `the progress of ${what}`)
  const bytes = Buffer.byteLength(JSON.stringify(progress), "utf8")
  if (bytes <= limits.progressBytesMax) return
  throw new HandlerDefect(`the progress of ${what} has ${bytes} bytes, not up to ${limits.progressBytesMax}; it is parked`)
}

/** An undo and a fact cannot be refused: whoever sent them cannot do anything about it. */
function checkResult(result: Result<unknown, unknown>, message: Message, what: string): Result<unknown, unknown> {
  if (result.type !== "refused") return result
  const undo = message.type === "command" && message.direction === "undo"
  if (undo) throw new HandlerDefect(`${what} refused (${result.code}): an undo cannot refuse, so the record is parked`)
  if (message.type !== "command")
    throw new HandlerDefect(`${what} refused (${result.code}): nobody is there to be refused, so the record is parked`)
  return result
}

function toDecision(state: unknown, result: Result<unknown, unknown>, { what, emits }: Prepared): Decision {
  switch (result.type) {
    case "done": {
      const emit = result.emits.map((event) => toOutgoing(event, emits, what))
      const { timers } = result
      return { state: asJson(result.state), outcome: { type: "done", value: asJson(result.value) }, emit, timers }
    }
    case "refused":
      return { state: asJson(state), outcome: result }
    default:
      throw new HandlerDefect(
        `${what} returned neither done(...) nor refused(...); the record is parked. ` +
          "A handler that awaits is marked effectful(...)",
      )
  }
}

function toOutgoing(event: Event, declared: readonly EventName[] | undefined, what: string): OutgoingEvent {
  const { name, payload, ...how } = event
  if (declared !== undefined && !declared.some(({ eventName }) => eventName === name))
    throw new HandlerDefect(`${what} emits "${name}" and does not declare it in \`emits\`; the record is parked`)
  return { ...how, name, payload: asJson(payload) }
}

/** States and values have the user's types; what JSON cannot carry is refused when the decision is encoded. */
function asJson(value: unknown): Json {
  return value as Json // cast: checked by checkJson in delivery/decide.ts
}
