// Versions of a saga as one actor type. Everything is decided by the version that started the instance; only "migrate" is
// decided here, on the row as it is then.
import { InvalidInput } from "../../runtime/kernel/fault.ts"
import { limits } from "../../runtime/kernel/limits.ts"
import type { ActorFlow, ActorLogic, DecideContext, Decision, HandlerFlow } from "../../runtime/actor/logic.ts"
import type { ActorDescription } from "../../runtime/actor/description.ts"
import type { Inspection } from "../../runtime/actor/inspection.ts"
import type { Json } from "../../runtime/message/json.ts"
import type { Address, CommandMessage } from "../../runtime/message/message.ts"
import type { DefinitionId, SagaRow } from "../machine/row.ts"
import type { Row } from "../orchestrator/answers.ts"
import { standingOf, summaryOf } from "../orchestrator/summary.ts"
import type { Migration, MigrationVerdict } from "./migration.ts"
import { strangersActor } from "./strangers.ts"
import { type AnyVersion, idOf } from "./version.ts"

interface Versions {
  readonly name: string
  readonly starts: AnyVersion
  readonly versions: readonly AnyVersion[]
  migration(from: number, to: number): Migration | undefined
}

export function versionsActor(sagas: Versions): ActorLogic {
  const { name, starts, versions } = sagas
  const ids = versions.map(idOf)
  const byVersion = new Map(versions.map(({ version, logic }) => [version, logic]))
  const stranger = strangersActor(name, ids)
  const logics = [starts, ...versions.toReversed().filter((other) => other !== starts)].map(({ logic }) => logic)
  // Made once: a migration compiles what it compares.
  const migrations = new Map<string, Migration | undefined>()
  const migrationTo = (to: DefinitionId, from: DefinitionId) => {
    const way = `${from.version} ${to.version}`
    if (!migrations.has(way)) migrations.set(way, sagas.migration(from.version, to.version))
    return migrations.get(way)
  }
  const judge = (row: SagaRow, to: DefinitionId, self: Address): MigrationVerdict => {
    const { version, hash } = row.definition
    const migration = migrationTo(to, row.definition)
    if (migration !== undefined) return migration.migrate(row, self.key)
    if (byVersion.has(version)) return { ok: false, code: "OWN_MACHINE", why: "only sagas of steps are migrated, not machines" }
    const why = `it was started by version ${version} (${hash}), which this process does not have`
    return { ok: false, code: "OTHER_VERSION", why }
  }
  const logicFor = (state: Json | undefined): ActorLogic => {
    const started = startedBy(state as Row | undefined) // cast: only these logics write it
    return started === undefined ? starts.logic : (byVersion.get(started.version) ?? stranger)
  }
  return {
    service: name,
    kind: "saga",
    reactions: reactionsOf(name, logics),
    flow: flowOf(logics),
    begins: (message) => starts.logic.begins?.(message) ?? true,
    describe: () => describeAll(logics),
    standing: (state) => standingOf(state as Row), // cast: only these logics write it
    keptUntilMs: (state) => starts.logic.keptUntilMs?.(state),
    summarize(state, self, ask) {
      const row = state as Row // cast: only these logics write it
      const to = targetOf(ids, ask)
      if (to === undefined) return summaryOf(row)
      if ("ended" in row || row.definition.hash === to.hash) return undefined
      const verdict = judge(row, to, self)
      return { ...summaryOf(row), ...(verdict.ok ? { ok: true } : verdict) }
    },
    inspect: (state, self) => inspectBy(logicFor(state), state, self),
    accepted: (state) => logicFor(state).accepted?.(state) ?? { signals: [], updates: [], tokens: [], steps: [] },
    madeOf: (state) => logicFor(state).madeOf?.(state),
    decide(state, message, context) {
      const row = state as Row | undefined // cast: likewise
      if (message.type === "command" && message.name === "migrate") return migrate(row, message, context, ids, judge)
      return logicFor(state).decide(state, message, context)
    },
  }
}

function inspectBy({ service, inspect }: ActorLogic, state: Json, self: Address): Inspection {
  if (inspect === undefined) throw new InvalidInput(`${service} cannot say how its actors stand`)
  return inspect(state, self)
}

/** Undefined for one that is to be started, or that has ended for good. */
function startedBy(row: Row | undefined): DefinitionId | undefined {
  if (row === undefined) return undefined
  return "ended" in row ? row.revertible?.definition : row.definition
}

/** The version that is meant: by its number, and by its hash, so that two releases do not speak of different steps. */
function targetOf(ids: readonly DefinitionId[], asked: Json): DefinitionId | undefined {
  if (typeof asked !== "object" || asked === null || !("to" in asked) || !("hash" in asked)) return undefined
  return ids.find(({ version, hash }) => version === asked["to"] && hash === asked["hash"])
}

function migrate(
  row: Row | undefined,
  { payload }: CommandMessage,
  { self, nowMs }: DecideContext,
  ids: readonly DefinitionId[],
  judge: (row: SagaRow, to: DefinitionId, self: Address) => MigrationVerdict,
): Decision {
  const refuse = (code: string, detail: Json): Decision => ({ state: row, outcome: { type: "refused", code, detail } })
  const to = targetOf(ids, payload)
  if (to === undefined) return refuse("unknown-version", `this process has ${ids.map(({ version }) => version).join(", ")}`)
  if (row === undefined) return refuse("not-started", "it was never started")
  if ("ended" in row) return refuse("ended", `it has ended: ${row.ended.outcome}`)
  const { version } = row.definition
  if (row.definition.hash === to.hash) return { state: row, outcome: { type: "done", value: { from: version, to: version } } }
  const verdict = judge(row, to, self)
  if (!verdict.ok) return refuse("cannot-migrate", { code: verdict.code, why: verdict.why })
  const order = { order: `migrate ${version} to ${to.version}`, ...authorOf(payload), atMs: nowMs }
  const orders = [...(row.orders ?? []), order].slice(-limits.ordersPerSagaKept)
  // Effect keys and due times stay, so its timers do too.
  return { state: { ...verdict.row, orders }, outcome: { type: "done", value: { from: version, to: to.version } } }
}

function authorOf(payload: Json): { readonly by: string; readonly why: string } {
  const given: object = typeof payload === "object" && payload !== null ? payload : {}
  const text = (name: string) => {
    const value: unknown = Reflect.get(given, name)
    return typeof value === "string" ? value : ""
  }
  return { by: text("by"), why: text("why") }
}

/** An event has one key: all versions that wait for it, and can read it, must give the same. */
function reactionsOf(name: string, logics: readonly ActorLogic[]): ActorLogic["reactions"] {
  const names = new Set(logics.flatMap(({ reactions }) => [...reactions.keys()]))
  return new Map([...names].map((event) => [event, keyOfAll(`saga ${name}: event ${event}`, event, logics)]))
}

function keyOfAll(what: string, event: string, logics: readonly ActorLogic[]) {
  const [keyOf, ...others] = logics.flatMap(({ reactions }) => reactions.get(event) ?? [])
  return (payload: Json, subject: string, version?: number): string | undefined => {
    const key = keyOf?.(payload, subject, version)
    for (const other of others) {
      let found: string | undefined
      try {
        found = other(payload, subject, version)
      } catch {
        // An instance that waits with this contract parks the event when it gets it.
        continue
      }
      if (found !== key) throw new InvalidInput(`${what} has two keys, "${key}" and "${found}", in two versions; give it one`)
    }
    return key
  }
}

function flowOf(logics: readonly ActorLogic[]): ActorFlow {
  const merged = new Map<string, HandlerFlow>()
  for (const { trigger, emits } of logics.flatMap(({ flow }) => flow?.handlers ?? [])) {
    const id = `${trigger.type} ${trigger.name}`
    const known = merged.get(id)
    const all = emits === undefined || (known !== undefined && known.emits === undefined)
      ? undefined
      : [...new Set([...(known?.emits ?? []), ...emits])]
    merged.set(id, { trigger, emits: all })
  }
  return { handlers: [...merged.values()] }
}

/** Where versions say different things of one name, the one that new instances begin with has the word. */
function describeAll(logics: readonly ActorLogic[]): ActorDescription {
  const all = logics.flatMap(({ describe }) => describe?.() ?? []).toReversed()
  return {
    commands: Object.fromEntries(all.flatMap(({ commands }) => Object.entries(commands))),
    reactions: Object.fromEntries(all.flatMap(({ reactions }) => Object.entries(reactions))),
    definitions: Object.fromEntries(all.flatMap(({ definitions = {} }) => Object.entries(definitions))),
    timers: {},
    emits: {},
    emitsAll: false,
  }
}
