// A service definition as actor logic: finds the handler, checks the payload, and turns its result into a decision.
import { unreachable } from "../kernel/assert.ts"
import { Fault } from "../kernel/fault.ts"
import type { Json } from "../message/json.ts"
import type { CommandMessage, EventMessage, Message } from "../message/message.ts"
import { parse } from "../message/schema.ts"
import type { HandlerContext, ServiceDefinition } from "./definition.ts"
import type { ActorLogic, DecideContext, Decision } from "./logic.ts"
import type { Result } from "./result.ts"

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
  return {
    service: definition.name,
    kind: "service",
    reactions: reactionKeys(definition),
    decide(state, message, context) {
      const current = state === undefined ? definition.initial(context.self.key) : state
      return decideWith(definition, current, message, context)
    },
  }
}

function reactionKeys(definition: ServiceDefinition): ActorLogic["reactions"] {
  return new Map(
    Object.entries(definition.reactions).map(([name, reaction]) => [
      name,
      (payload: Json, subject: string) => reaction.keyOf(parse(reaction.schema, payload, `event ${name}`), subject),
    ]),
  )
}

function decideWith(definition: ServiceDefinition, state: unknown, message: Message, context: DecideContext): Decision {
  switch (message.type) {
    case "command":
      return runCommand(definition, state, message, context)
    case "event":
      return runReaction(definition, state, message, context)
    case "reply":
    case "timer":
    case "settled":
      throw new HandlerDefect(`service ${definition.name} cannot take a ${message.type}; it is parked`)
    default:
      return unreachable(message)
  }
}

function runCommand(
  definition: ServiceDefinition,
  state: unknown,
  message: CommandMessage,
  context: DecideContext,
): Decision {
  const handler = Object.hasOwn(definition.commands, message.name) ? definition.commands[message.name] : undefined
  if (handler === undefined) {
    throw new UnknownCommand(`service ${definition.name} has no command "${message.name}"; the record is parked`)
  }
  const what = `command ${definition.name}.${message.name}`
  const input = handler.undoes === undefined ? message.payload : (context.did?.payload ?? null)
  const schema = handler.undoes === undefined ? handler.schema : definition.commands[handler.undoes]?.schema
  const payload = schema === undefined ? input : parse(schema, input, what)
  const result = handler.run(state, payload, handlerContext(context, message.effect))
  if (handler.undoes !== undefined && result.type === "refused") {
    throw new HandlerDefect(`${what} refused (${result.code}): an undo cannot refuse, so the record is parked`)
  }
  return toDecision(state, result, what)
}

function runReaction(
  definition: ServiceDefinition,
  state: unknown,
  message: EventMessage,
  context: DecideContext,
): Decision {
  const reaction = Object.hasOwn(definition.reactions, message.name) ? definition.reactions[message.name] : undefined
  const what = `${definition.name} on ${message.name}`
  if (reaction === undefined)
    throw new UnknownCommand(`service ${definition.name} does not react to "${message.name}"; the record is parked`)
  const payload = parse(reaction.schema, message.payload, what)
  const result = reaction.run(state, payload, handlerContext(context, `${message.source}/${message.id}`))
  if (result.type === "refused")
    throw new HandlerDefect(`${what} refused (${result.code}): a fact cannot be refused, so the record is parked`)
  return toDecision(state, result, what)
}

function handlerContext(context: DecideContext, idempotencyKey: string): HandlerContext {
  return { key: context.self.key, nowMs: context.nowMs, idempotencyKey }
}

function toDecision(state: unknown, result: Result<unknown, unknown>, what: string): Decision {
  switch (result.type) {
    case "done": {
      const emit = result.emits.map((event) => ({ name: event.name, payload: asJson(event.payload) }))
      return { state: asJson(result.state), outcome: { type: "done", value: asJson(result.value) }, emit }
    }
    case "refused":
      return { state: asJson(state), outcome: result }
    default:
      throw new HandlerDefect(
        `${what} returned neither done(...) nor refused(...): a handler here is synchronous; the record is parked`,
      )
  }
}

/** States and values have the user's types; what JSON cannot carry is refused when the decision is encoded. */
function asJson(value: unknown): Json {
  return value as Json // cast: checked by checkJson in delivery/decide.ts
}
