// What a span says: its name and attributes, from the message that it is about. Ids and codes only, never a payload:
// the text of a fault is left out too, because a user's data can be in it.
import { timerKind } from "../actor/timer.ts"
import { unreachable } from "../kernel/assert.ts"
import { limits } from "../kernel/limits.ts"
import type { Message, SettledMessage } from "../message/message.ts"
import { addressText } from "../message/message.ts"
import type { Closing, Opening, Sending } from "../ports/telemetry.ts"
import { names } from "./names.ts"
import { type AttributeValue, type SpanForm, spanKind } from "./span-record.ts"

/** The messages that get a span. */
export type Traced = Exclude<Message, SettledMessage>

const { attribute, span, system } = names

/** By the service that makes the span, then by the span's name. */
const forms = new Map<string, Map<string, SpanForm>>()
let formCount = 0

function formOf(service: string, name: string, make: () => Omit<SpanForm, "service" | "name">): SpanForm {
  let own = forms.get(service)
  if (own === undefined) forms.set(service, (own = new Map<string, SpanForm>()))
  const known = own.get(name)
  if (known !== undefined) return known
  const form = { service, name, ...make() }
  // A stranger may send commands of any name.
  if (formCount < limits.traceNamesKept) {
    own.set(name, form)
    formCount += 1
  }
  return form
}

export function processForm(message: Traced, kind: Opening["kind"]): SpanForm {
  const { service } = message.to
  return formOf(service, processName(message, kind === "saga"), () => ({
    kind: spanKind.consumer,
    attributes: [...messaging(span.process, service), ...(kind === "saga" ? [attribute.sagaName, service] : [])],
  }))
}

export function sendForm(service: string, outgoing: Sending): SpanForm {
  const destination = outgoing.type === "event" ? outgoing.name : outgoing.to.service
  const make = () => ({ kind: spanKind.producer, attributes: messaging(span.send, destination) })
  return formOf(service, sendName(outgoing), make)
}

/** Of the whole saga, and of the start of one that was kept late. */
export function sagaForm(service: string, name: string): SpanForm {
  return formOf(service, name, () => ({ kind: spanKind.internal, attributes: [attribute.sagaName, service] }))
}

function messaging(operation: string, destination: string): AttributeValue[] {
  return [
    attribute.system, system,
    attribute.systemName, system,
    attribute.operationName, operation,
    attribute.operationType, operation,
    attribute.destination, destination,
  ]
}

/** A saga's timers are named by effects. */
function processName(message: Traced, isSaga: boolean): string {
  const { service } = message.to
  switch (message.type) {
    case "command":
      return `${span.process} ${service}.${message.name}`
    case "reply":
      return `${span.process} ${service} ${span.reply}`
    case "timer":
      return `${span.process} ${service} ${span.timer}${isSaga ? "" : ` ${timerKind(message.name)}`}`
    case "event":
      return `${span.process} ${service} ${span.on} ${message.name}`
    default:
      return unreachable(message)
  }
}

export function processAttributes(message: Traced, { kind, attempt }: Opening, closing: Closing): AttributeValue[] {
  const attributes: AttributeValue[] = [attribute.actorKey, message.to.key]
  if (kind === "saga") attributes.push(attribute.sagaId, message.to.key, attribute.conversation, addressText(message.to))
  addMessage(attributes, message, kind)
  if (attempt !== undefined) attributes.push(attribute.handlerAttempt, attempt)
  addClosing(attributes, closing)
  return attributes
}

function addMessage(attributes: AttributeValue[], message: Traced, kind: Opening["kind"]): void {
  switch (message.type) {
    case "command":
      attributes.push(
        attribute.effectKey, message.effect, attribute.direction, message.direction, attribute.attempt, message.attempt,
      )
      // A child saga keeps its own conversation: that of its trace.
      if (message.scope !== undefined && kind === "service") attributes.push(attribute.conversation, message.scope)
      break
    case "reply":
      attributes.push(attribute.effectKey, message.effect, attribute.outcome, message.outcome.type)
      if (message.outcome.type !== "done") attributes.push(attribute.outcomeCode, message.outcome.code)
      break
    case "event":
      attributes.push(attribute.messageId, message.id)
      break
    case "timer":
      attributes.push(attribute.effectKey, message.name)
      break
    default:
      unreachable(message)
  }
}

function addClosing(attributes: AttributeValue[], { outcome, ended, parked, failure }: Closing): void {
  if (outcome !== undefined) {
    attributes.push(attribute.outcome, outcome.type)
    if (outcome.type !== "done") attributes.push(attribute.outcomeCode, outcome.code)
  }
  if (ended !== undefined) addEnd(attributes, ended)
  if (parked !== undefined) attributes.push(attribute.parked, true)
  const code = parked?.code ?? failure?.code ?? (outcome?.type === "faulted" ? outcome.code : undefined)
  if (code !== undefined) attributes.push(attribute.errorType, code)
}

function addEnd(attributes: AttributeValue[], { outcome, reason }: NonNullable<Closing["ended"]>): void {
  attributes.push(attribute.sagaOutcome, outcome)
  if (reason !== undefined) attributes.push(attribute.sagaReason, reason)
}

export function sagaAttributes(key: string, isLate: boolean, ended?: NonNullable<Closing["ended"]>): AttributeValue[] {
  const attributes: AttributeValue[] = [attribute.sagaId, key]
  if (ended !== undefined) addEnd(attributes, ended)
  if (isLate) attributes.push(attribute.keptLate, true)
  return attributes
}

function sendName(outgoing: Sending): string {
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

export function sendAttributes({ to, effect, direction }: Sending): AttributeValue[] {
  const attributes: AttributeValue[] = [attribute.actorKey, to.key]
  if (effect !== undefined) attributes.push(attribute.effectKey, effect)
  if (direction !== undefined) attributes.push(attribute.direction, direction)
  return attributes
}
