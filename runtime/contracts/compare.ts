// Two contract documents of one app, the released one and the one in the code: what breaks if the second is deployed after
// the first. Records of the last release are still in journals and streams, and its callers and readers still run.
import type { JsonSchema } from "../message/json-schema.ts"
import type { CommandContract, Contracts, PayloadContract, ServiceContract, VersionContract } from "./document.ts"
import { opaque } from "./payload-schema.ts"
import { type Difference, refusals } from "./schema-differences.ts"

export interface ContractFinding {
  /** "break": records or callers of the last release cannot be read. "warning": look before you deploy. "ok": it fits. */
  readonly severity: "break" | "warning" | "ok"
  /** Such as `command inventory.reserve` or `event OrderConfirmed, emitted`. */
  readonly where: string
  readonly message: string
}

type Table<Value> = Readonly<Record<string, Value>>

/** What has changed from `before` to `after`, breaks first. What is the same is not mentioned. */
export function compareContracts(before: Contracts, after: Contracts): readonly ContractFinding[] {
  const found = new Findings()
  for (const what of ["app", "namespace"] as const)
    if (before[what] !== after[what])
      found.add("break", what, `was "${before[what]}", is "${after[what]}": nothing of it is found again`)
  eachPair(before.services, after.services, (name, old, next) => compareService(found, name, old, next))
  eachPair(emittedBy(before), emittedBy(after), (name, old, next) => compareEmitted(found, `event ${name}, emitted`, old, next))
  const order = ["break", "warning", "ok"]
  return found.all.toSorted((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity))
}

class Findings {
  readonly all: ContractFinding[] = []

  add(severity: ContractFinding["severity"], where: string, message: string): void {
    this.all.push({ severity, where, message })
  }
}

type Maybe<Value> = Value | undefined

function compareService(found: Findings, name: string, old: Maybe<ServiceContract>, next: Maybe<ServiceContract>): void {
  const where = `service ${name}`
  if (next === undefined) return found.add("break", where, "is gone: its actors, and what is on its way to them, are left behind")
  if (old === undefined) return found.add("ok", where, "is new")
  if (old.kind !== next.kind) found.add("break", where, `was a ${old.kind} and is a ${next.kind}`)
  if (old.state !== undefined && next.state !== undefined)
    compareVersions(found, `state of ${name}`, old.state, next.state, "migration")
  eachPair(old.definitions ?? {}, next.definitions ?? {}, (version, a, b) => compareDefinition(found, name, version, a, b))
  eachPair(old.commands, next.commands, (command, a, b) => compareCommand(found, `command ${name}.${command}`, a, b))
  eachPair(old.timers, next.timers, (timer, a, b) => {
    const what = `timer ${timer} of ${name}`
    if (b === undefined) found.add("break", what, "is gone: those that are set would be parked when they are due")
    else compareTaken(found, what, a, b)
  })
  eachPair(old.reactions, next.reactions, (event, a, b) => {
    const what = `event ${event}, read by ${name}`
    if (b === undefined) found.add("warning", what, "is not read any more; those on their way to its actors would be parked")
    else compareTaken(found, what, a, b)
  })
}

/** A saga under way is continued by the very steps that started it. */
function compareDefinition(found: Findings, saga: string, version: string, old: Maybe<string>, next: Maybe<string>): void {
  const where = `saga ${saga}, version ${version}`
  if (old === undefined) return found.add("ok", where, "is new")
  if (next === undefined)
    return found.add("warning", where, "is gone: those under way would be parked; let them end, or migrate them, before")
  if (old !== next)
    found.add("break", where, "has other steps than those that were released; give the changed steps a new version")
}

function compareCommand(found: Findings, where: string, old: Maybe<CommandContract>, next: Maybe<CommandContract>): void {
  if (next === undefined) return found.add("break", where, "is gone: those on their way, and their senders, are left behind")
  if (old === undefined) return found.add("ok", where, "is new")
  if (old.undoes !== next.undoes)
    found.add("break", where, `undoes ${next.undoes ?? "nothing"} now, and undid ${old.undoes ?? "nothing"}`)
  else if (next.payload === undefined) {
    if (old.payload !== undefined) found.add("ok", where, "has no payload any more; what is sent is not looked at")
  } else if (old.payload !== undefined) compareTaken(found, where, old.payload, next.payload)
  else if (old.undoes === undefined) found.add("break", where, "has a payload now, and had none")
}

/** What the app takes: whatever was taken must be taken still. */
function compareTaken(found: Findings, where: string, old: PayloadContract | undefined, next: PayloadContract): void {
  if (old === undefined) return found.add("ok", where, "is new")
  if (old.version !== next.version) return compareVersions(found, where, old, next, "upcaster")
  if (next.reads > old.reads) found.add("warning", where, `versions before ${next.reads} are not read any more`)
  const way = "raise its version and give an upcaster"
  const words = { who: "the new contract", way, wider: "takes more than before" }
  tell(found, where, schemasOf(old, next), (a, b) => refusals(a, b), words)
}

/** What the app tells: whatever it tells now must be what readers of the last release take. */
function compareEmitted(
  found: Findings,
  where: string,
  old: Maybe<PayloadContract>,
  next: Maybe<PayloadContract>,
): void {
  if (next === undefined) return found.add("warning", where, "is not emitted any more, or by nobody who declares it")
  if (old === undefined) return found.add("ok", where, "is new")
  if (old.version > next.version) return found.add("break", where, `version ${next.version} is older than ${old.version}`)
  if (old.version < next.version) {
    const text = `version ${next.version}: readers that know up to ${old.version} park it; deploy them first`
    return found.add("warning", where, text)
  }
  const way = "raise its version"
  const words = { who: "a reader of the last release", way, wider: "tells more exactly than before" }
  tell(found, where, schemasOf(old, next), (a, b) => refusals(b, a), words)
}

function compareVersions(found: Findings, where: string, old: VersionContract, next: VersionContract, step: string): void {
  const { version } = old
  if (next.version < version)
    found.add("break", where, `version ${next.version} is older than ${version}: what is stored cannot be read`)
  else if (next.reads > version) found.add("break", where, `version ${next.version} has no ${step} from version ${version}`)
  else if (next.reads > old.reads) found.add("warning", where, `versions before ${next.reads} are not read any more`)
  else if (next.version > version) found.add("ok", where, `version ${next.version} reads version ${old.reads} and later`)
}

function schemasOf(old: PayloadContract, next: PayloadContract): readonly [JsonSchema, JsonSchema] | undefined {
  return old.schema === opaque || next.schema === opaque ? undefined : [old.schema, next.schema]
}

function tell(
  found: Findings,
  where: string,
  schemas: readonly [JsonSchema, JsonSchema] | undefined,
  refused: (old: JsonSchema, next: JsonSchema) => readonly Difference[],
  words: { readonly who: string; readonly way: string; readonly wider: string },
): void {
  if (schemas === undefined)
    return found.add("warning", where, "is opaque: its schema has no JSON Schema, so nobody compares it; give `jsonSchema`")
  const [old, next] = schemas
  const differences = refused(old, next)
  for (const { kind, path, message } of differences) {
    const what = `${path === "" ? "payload" : `"${path}"`}: ${words.who} ${message}`
    if (kind === "unknown") found.add("warning", where, what)
    else found.add("break", where, `${what}; ${words.way}`)
  }
  if (differences.length === 0 && refused(next, old).length > 0) found.add("ok", where, words.wider)
}

/** Every fact that the app says it publishes; of several emitters of one fact the contract is one. */
function emittedBy({ emits, services }: Contracts): Table<PayloadContract> {
  const declared = Object.values(services).flatMap((service) => Object.entries(service.emits))
  return Object.fromEntries([...declared, ...Object.entries(emits)])
}

function eachPair<Value>(
  before: Table<Value>,
  after: Table<Value>,
  visit: (name: string, old: Value | undefined, next: Value | undefined) => void,
): void {
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) visit(name, before[name], after[name])
}
