// What a span says: its name and attributes, from the message that it is about. Ids and codes only, never a payload:
// the text of a fault is left out too, because a user's data can be in it.
import type { Attributes } from "@opentelemetry/api"
import { unreachable } from "../kernel/assert.ts"
import type { Message, SettledMessage } from "../message/message.ts"
import { addressText } from "../message/message.ts"
import type { Opening, Sending } from "../ports/telemetry.ts"
import { names } from "./names.ts"

/** The messages that get a span. */
export type Traced = Exclude<Message, SettledMessage>

const { attribute, span, system } = names

export function processName(message: Traced): string {
  const { service } = message.to
  switch (message.type) {
    case "command":
      return `${span.process} ${service}.${message.name}`
    case "reply":
      return `${span.process} ${service} ${span.reply}`
    case "timer":
      return `${span.process} ${service} ${span.timer} ${message.name}`
    case "event":
      return `${span.process} ${service} ${span.on} ${message.name}`
    default:
      return unreachable(message)
  }
}

export function processAttributes(message: Traced, kind: Opening["kind"]): Attributes {
  const { service, key } = message.to
  const attributes: Attributes = {
    [attribute.system]: system,
    [attribute.systemName]: system,
    [attribute.operationName]: span.process,
    [attribute.operationType]: span.process,
    [attribute.destination]: service,
    [attribute.actorKey]: key,
  }
  if (kind === "saga") {
    attributes[attribute.sagaName] = service
    attributes[attribute.sagaId] = key
    attributes[attribute.conversation] = addressText(message.to)
  }
  addMessage(attributes, message)
  return attributes
}

function addMessage(attributes: Attributes, message: Traced): void {
  switch (message.type) {
    case "command":
      attributes[attribute.effectKey] = message.effect
      attributes[attribute.direction] = message.direction
      attributes[attribute.attempt] = message.attempt
      // A child saga keeps its own conversation: that of its trace.
      if (message.scope !== undefined) attributes[attribute.conversation] ??= message.scope
      break
    case "reply":
      attributes[attribute.effectKey] = message.effect
      attributes[attribute.outcome] = message.outcome.type
      if (message.outcome.type !== "done") attributes[attribute.outcomeCode] = message.outcome.code
      break
    case "event":
      attributes[attribute.messageId] = message.id
      break
    case "timer":
      break
    default:
      unreachable(message)
  }
}

export function sendName(outgoing: Sending): string {
  switch (outgoing.type) {
    case "command":
      return `${span.send} ${outgoing.to.service}.${outgoing.name}`
    case "reply":
      return `${span.send} ${outgoing.to.service} ${span.reply}`
    case "event":
      return `${span.send} ${outgoing.name}`
    default:
      return unreachable(outgoing.type)
  }
}

export function sendAttributes(outgoing: Sending): Attributes {
  const attributes: Attributes = {
    [attribute.system]: system,
    [attribute.systemName]: system,
    [attribute.operationName]: span.send,
    [attribute.operationType]: span.send,
    [attribute.destination]: outgoing.type === "event" ? outgoing.name : outgoing.to.service,
    [attribute.actorKey]: outgoing.to.key,
  }
  if (outgoing.effect !== undefined) attributes[attribute.effectKey] = outgoing.effect
  if (outgoing.direction !== undefined) attributes[attribute.direction] = outgoing.direction
  return attributes
}
