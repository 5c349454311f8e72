// What is around a payload on the wire, as JSON Schema: the headers of an event, and the block that a command travels in.
import { limits } from "../kernel/limits.ts"
import type { JsonSchema } from "../message/json-schema.ts"

const text = { type: "string" }

/** CloudEvents 1.0 in binary mode over NATS. Readers must let further headers pass. */
export function cloudEventHeaders(type: string, version: number): JsonSchema {
  const mark = version === 1 ? [] : ["ce-dataversion"]
  return {
    type: "object",
    required: ["ce-specversion", "ce-id", "ce-source", "ce-type", "ce-subject", ...mark],
    properties: {
      "ce-specversion": { const: "1.0" },
      "ce-id": { ...text, description: "With the source it names the event: who sees it twice drops it." },
      "ce-source": { ...text, description: "<app>/<service>, or what a foreign publisher calls itself." },
      "ce-type": { const: type },
      "ce-subject": { ...text, description: "What it is about: events of one subject and source come in order." },
      "ce-time": { ...text, format: "date-time" },
      "ce-dataversion": { const: String(version), description: "Version of the payload's contract; absent: 1." },
      "content-type": { const: "application/json" },
      traceparent: { ...text, description: "W3C trace context." },
    },
  }
}

/** Commands from outside: one message holds a block of them, and they may be of several kinds. */
export function commandBlock(
  { service, name, version = 1 }: { readonly service: string; readonly name: string; readonly version: number | undefined },
  payload: JsonSchema,
): JsonSchema {
  const command = {
    type: "object",
    required: ["type", "to", "name", "payload", "effect", ...(version === 1 ? [] : ["version"])],
    properties: {
      type: { const: "command" },
      to: { type: "object", required: ["service", "key"], properties: { service: { const: service }, key: text } },
      name: { const: name },
      payload,
      version: { const: version, description: "Version of the payload's contract; absent: 1." },
      effect: { ...text, minLength: 1, description: "Idempotency key: the same key is the same effect." },
      replyTo: {
        type: "object",
        required: ["subject", "request"],
        properties: { subject: { ...text, description: "An inbox." }, request: text },
      },
      dueMs: { type: "integer", description: "Not before this time, in ms since 1970." },
      expiresMs: { type: "integer", description: "Not from this time on, in ms since 1970." },
      priority: { const: "high" },
      trace: { ...text, description: "W3C traceparent." },
    },
  }
  return {
    type: "object",
    required: ["v", "commands"],
    properties: { v: { const: 1 }, commands: { type: "array", minItems: 1, maxItems: limits.inputRecordsMax, items: command } },
  }
}
