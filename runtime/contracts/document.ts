// The contracts of an app as one JSON document: what its services take, what they tell, and in which versions. It is made
// from the definitions, kept in the repository, and compared with the next release (compare.ts).
import { describePayload, type PayloadDescription } from "../actor/description.ts"
import type { ActorLogic } from "../actor/logic.ts"
import type { AppShape } from "../delivery/delivery.ts"
import { InvalidInput } from "../kernel/fault.ts"
import type { EventName } from "../message/contract.ts"
import type { Json } from "../message/json.ts"
import type { JsonSchema } from "../message/json-schema.ts"
import type { Versions } from "../message/versions.ts"
import { type opaque, payloadSchema } from "./payload-schema.ts"

const format = 1

export interface Contracts {
  readonly format: typeof format
  readonly app: string
  readonly namespace: string
  readonly services: Readonly<Record<string, ServiceContract>>
  /** Facts that the app publishes without a handler that declares them, such as those of its sagas. */
  readonly emits: Readonly<Record<string, PayloadContract>>
}

export interface ServiceContract {
  readonly kind: "service" | "saga"
  /** Absent: it looks after its states by itself. */
  readonly state?: VersionContract
  /** Of a saga: version -> hash of its definition. Absent in documents of older releases. */
  readonly definitions?: Readonly<Record<string, string>>
  readonly commands: Readonly<Record<string, CommandContract>>
  readonly reactions: Readonly<Record<string, PayloadContract>>
  readonly timers: Readonly<Record<string, PayloadContract>>
  readonly emits: Readonly<Record<string, PayloadContract>>
  /** Whether `emits` is all that it emits. */
  readonly emitsAll: boolean
}

export interface VersionContract {
  readonly version: number
  /** The oldest version that can be read. */
  readonly reads: number
}

export interface PayloadContract extends VersionContract {
  readonly schema: JsonSchema | typeof opaque
}

export interface CommandContract {
  /** Absent: it has no payload of its own. */
  readonly payload?: PayloadContract
  readonly undoes?: string
}

/** What a document is made from; an `App` is one. */
export interface Deployed {
  readonly namespace: string
  readonly shape: Pick<AppShape, "name" | "logics">
}

export interface ContractsOptions {
  /** Events that the app publishes and no handler declares, such as those of its sagas. */
  readonly emits?: readonly EventName[]
}

/** The contracts of an app as it stands in the code. */
export function contractsOf({ namespace, shape }: Deployed, options: ContractsOptions = {}): Contracts {
  const services = [...shape.logics.values()].map((logic) => [logic.service, serviceContract(logic)] as const)
  const emits = (options.emits ?? []).map((event) => [event.eventName, payloadContract(eventPayload(event))] as const)
  return { format, app: shape.name, namespace, services: Object.fromEntries(services), emits: Object.fromEntries(emits) }
}

/** What `event(...)` made. Throws InvalidInput on a bare name, which has no shape to publish. */
export function eventPayload(event: EventName): PayloadDescription {
  if (!("schema" in event && "versions" in event))
    throw new InvalidInput(`event ${event.eventName} is no contract: name what event(...) gave`)
  return describePayload(event as EventName & PayloadDescription) // cast: the line before looked
}

function serviceContract({ kind, states, describe }: ActorLogic): ServiceContract {
  const { commands = {}, reactions = {}, timers = {}, emits = {}, emitsAll = false, definitions } = describe?.() ?? {}
  return {
    kind,
    ...(states === undefined ? {} : { state: versionContract(states) }),
    ...(definitions === undefined ? {} : { definitions }),
    commands: mapValues(commands, ({ payload, undoes }) => ({
      ...(payload === undefined ? {} : { payload: payloadContract(payload) }),
      ...(undoes === undefined ? {} : { undoes }),
    })),
    reactions: mapValues(reactions, payloadContract),
    timers: mapValues(timers, payloadContract),
    emits: mapValues(emits, payloadContract),
    emitsAll,
  }
}

function payloadContract(payload: PayloadDescription): PayloadContract {
  return { ...versionContract(payload.versions), schema: payloadSchema(payload) }
}

function versionContract({ version, reads }: Versions): VersionContract {
  return { version, reads }
}

/** The document as text, the same for the same contracts: names in order, two spaces, a line end. */
export function contractsText(contracts: Contracts): string {
  return `${JSON.stringify(sorted(contracts as unknown as Json), null, 2)}\n` // cast: a document is JSON
}

/** Reads what `contractsText` wrote. Throws InvalidInput on anything else. */
export function readContracts(text: string): Contracts {
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch (cause) {
    throw new InvalidInput("a contract document is not JSON; make it anew from the app", { cause })
  }
  const given = typeof document === "object" && document !== null && "services" in document ? document : {}
  if (!("format" in given) || given.format !== format)
    throw new InvalidInput(`a contract document has not format ${format}; make it anew from the app`)
  return document as Contracts // cast: written by contractsText
}

/** The same JSON with the names of every object in order. */
export function sorted(value: Json | undefined): Json {
  if (value === undefined || typeof value !== "object" || value === null) return value ?? null
  if (Array.isArray(value)) return value.map(sorted)
  const named = value as Readonly<Record<string, Json | undefined>> // cast: no list, so an object
  const names = Object.keys(named).filter((name) => named[name] !== undefined).toSorted()
  return Object.fromEntries(names.map((name) => [name, sorted(named[name])]))
}

export function mapValues<In, Out>(table: Readonly<Record<string, In>>, change: (value: In) => Out): Record<string, Out> {
  return Object.fromEntries(Object.entries(table).map(([name, value]) => [name, change(value)]))
}
