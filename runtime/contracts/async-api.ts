// Contract documents as one AsyncAPI 3 document: what a reader or a sender in any language has to know of the wire.
// https://www.asyncapi.com/docs/reference/specification/v3.0.0
import { limits } from "../kernel/limits.ts"
import type { Json } from "../message/json.ts"
import type { JsonSchema } from "../message/json-schema.ts"
import { subjectsOf } from "../message/subjects.ts"
import { cloudEventHeaders, commandBlock } from "./async-api-messages.ts"
import type { Contracts, PayloadContract } from "./document.ts"
import { opaque } from "./payload-schema.ts"
import { sameJson, toSchema } from "./schema-form.ts"

export interface AsyncApiInfo {
  readonly title: string
  readonly version: string
  readonly description?: string
}

export interface AsyncApiDocument {
  readonly asyncapi: "3.0.0"
  readonly info: AsyncApiInfo
  readonly defaultContentType: string
  readonly servers: JsonSchema
  readonly channels: JsonSchema
  readonly operations: JsonSchema
  readonly components: { readonly messages: JsonSchema; readonly schemas: JsonSchema }
}

/** The document of several apps, which may share a namespace. The place of the server is to be filled in by who deploys. */
export function asyncApi(apps: readonly Contracts[], info: AsyncApiInfo): AsyncApiDocument {
  const writer = new Writer()
  // Who tells it says best what an event is: all of them before all readers.
  for (const app of apps) for (const [name, payload] of emittedEvents(app)) writer.event(app, "send", name, payload)
  for (const app of apps) {
    for (const [service, { reactions }] of Object.entries(app.services))
      for (const [name, payload] of Object.entries(reactions)) writer.event(app, "receive", name, payload, service)
    writer.commands(app)
  }
  const { channels, operations, messages, schemas } = writer
  return {
    asyncapi: "3.0.0",
    info,
    defaultContentType: "application/json",
    servers: { nats: { host: "{host}", protocol: "nats", variables: { host: { default: "localhost:4222" } } } },
    channels, operations,
    components: { messages, schemas },
  }
}

function emittedEvents({ services, emits }: Contracts): readonly (readonly [string, PayloadContract])[] {
  const declared = Object.values(services).flatMap((service) => Object.entries(service.emits))
  return [...new Map([...declared, ...Object.entries(emits)])]
}

const partition = { description: "Partition of the key: FNV-1a of its encoded form, modulo the number of partitions." }
const key = { description: "The CloudEvents subject: letters, digits, _ and -, every other byte as = and two hex digits." }
const servers = [{ $ref: "#/servers/nats" }]

class Writer {
  readonly channels: Record<string, Json> = {}
  readonly operations: Record<string, Json> = {}
  readonly messages: Record<string, Json> = {}
  readonly schemas: Record<string, Json> = {}

  /** What a shared message of an event says, which emitters are asked for first. */
  readonly #told = new Map<string, Json>()

  /** A fact on the event stream. Versions that differ are messages of one channel. */
  event({ namespace, app }: Contracts, action: "send" | "receive", name: string, payload: PayloadContract, service = ""): void {
    const id = `${namespace}.${name}`
    const version = payload.version === 1 ? "" : `.v${payload.version}`
    // Who reads has a contract of its own, which may ask for less than the emitter tells.
    const shared = `${id}${version}`
    const told = this.#told.get(shared)
    const message = told === undefined || sameJson(told, payload.schema) ? shared : `${shared}.${app}.${service}`
    if (told === undefined) this.#told.set(shared, payload.schema)
    this.messages[message] = {
      name, title: payload.version === 1 ? name : `${name}, version ${payload.version}`,
      contentType: "application/json", headers: cloudEventHeaders(name, payload.version),
      payload: this.#schema(message, payload.schema),
    }
    const address = subjectsOf(namespace).eventPartition(0).replace("0.*.*", `{partition}.${name}.{key}`)
    this.#channel(id, { address, title: name, parameters: { partition, key } }, message)
    this.#operation([app, action, service, name], { action, summary: summaryOf(action, app, service, name) }, id, message)
  }

  /** Commands come in blocks, and all of an app's through one channel. */
  commands({ namespace, app, services }: Contracts): void {
    const id = `${namespace}.${app}.commands`
    const address = subjectsOf(namespace).input(app, 0).replace(/0$/, "{partition}")
    for (const [service, { commands }] of Object.entries(services)) {
      for (const [name, { payload, undoes }] of Object.entries(commands)) {
        // Only sagas undo.
        if (undoes !== undefined) continue
        const message = `${namespace}.${app}.${service}.${name}`
        const schema = this.#schema(message, payload?.schema ?? { type: "null" })
        const title = `${service}.${name}`
        const block = commandBlock({ service, name, version: payload?.version }, schema)
        this.messages[message] = { name: title, title, contentType: "application/json", payload: block }
        this.#channel(id, { address, title: `Commands of ${app}`, parameters: { partition } }, message)
        const operation = { action: "receive", summary: `${app} carries out ${title}` }
        this.#operation([app, "receive", service, name], operation, id, message)
      }
    }
  }

  #channel(id: string, channel: JsonSchema, message: string): void {
    const known = this.channels[id] as { messages: Record<string, Json> } | undefined // cast: written below
    const messages = { ...known?.messages, [message]: { $ref: `#/components/messages/${message}` } }
    this.channels[id] = { ...channel, servers, messages }
  }

  #operation(parts: readonly string[], operation: JsonSchema, channel: string, message: string): void {
    const $ref = `#/channels/${channel}`
    const id = parts.filter((part) => part !== "").join(".")
    this.operations[id] = { ...operation, channel: { $ref }, messages: [{ $ref: `${$ref}/messages/${message}` }] }
  }

  /** A reference to the schema, whose own definitions become neighbours of it. */
  #schema(id: string, schema: JsonSchema | typeof opaque): JsonSchema {
    if (schema === opaque) return { description: "Its schema is known to the program only." }
    const { $defs, $schema: _, ...root } = schema
    const moved = (value: Json): Json => {
      // cast: text in, text out
      const text = JSON.stringify(value).replaceAll(/"#\/\$defs\/([^"/]+)"/g, `"#/components/schemas/${id}.$1"`)
      return JSON.parse(text) as Json // cast: it was JSON before
    }
    this.schemas[id] = moved(root)
    for (const [name, definition] of Object.entries(toSchema($defs))) this.schemas[`${id}.${name}`] = moved(definition ?? true)
    return { $ref: `#/components/schemas/${id}` }
  }
}

function summaryOf(action: "send" | "receive", app: string, service: string, name: string): string {
  const text = action === "send" ? `${app} publishes ${name}` : `${service} of ${app} reacts to ${name}`
  return text.slice(0, limits.errorTextMax)
}
