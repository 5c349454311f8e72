// Versions and the sagas that are under way: which of them another version can take over, and telling them to. The dry run and
// the order are decided by the same function, each on the row as it is at that moment.
import * as Effect from "effect/Effect"
import { InvalidInput } from "../../runtime/kernel/fault.ts"
import { limits } from "../../runtime/kernel/limits.ts"
import type { Author, Operator } from "../../runtime/index.ts"
import type { Json } from "../../runtime/message/json.ts"
import { type AnyVersion, idOf } from "./version.ts"
import { migrateCommand, type SagaVersions } from "./versions.ts"

/** A saga under way, and whether the new version can take it over. */
export interface LiveVerdict {
  readonly key: string
  readonly partition: number
  /** That started it. */
  readonly version: number
  readonly state: string
  /** Why it stands still, if it does. */
  readonly parked?: string
  readonly migrates: boolean
  /** Why it does not. */
  readonly code?: string
  readonly why?: string
}

/** Sagas of which the same is to be said. */
export interface LiveGroup {
  readonly version: number
  readonly state: string
  readonly migrates: boolean
  /** Why not, and in the words that were said of the first one. */
  readonly code?: string
  readonly why?: string
  readonly count: number
  /** The first `limits.migrationKeysTold` of them. */
  readonly keys: readonly string[]
}

export interface MigrationPlan {
  readonly to: number
  readonly migrates: number
  readonly stays: number
  readonly groups: readonly LiveGroup[]
}

export interface MigrationReport {
  readonly to: number
  readonly migrated: number
  /** That were told to migrate and could not any more, or had ended. */
  readonly refused: number
  /** That could not when they were listed, and were left alone. */
  readonly stayed: number
  /** Of those that were refused and those that stayed, by their codes. */
  readonly codes: Readonly<Record<string, number>>
}

export interface ToVersion {
  /** Default: the newest. */
  readonly to?: number
}

export interface ApplyOptions extends ToVersion {
  /** At the same time. Default: `limits.migrationsUnderWayMax`. */
  readonly underWayMax?: number
  /** Default: `limits.migrationsPerSecond`. */
  readonly perSecond?: number
}

/** Every saga under way that another version started, in the order of the partitions. Changes nothing. */
export async function* liveVerdicts(
  operator: Pick<Operator, "rows">,
  sagas: SagaVersions,
  options: ToVersion = {},
): AsyncGenerator<LiveVerdict, void, void> {
  const { version: to, hash } = idOf(target(sagas, options))
  for await (const { key, partition, summary } of operator.rows(sagas.name, { to, hash }))
    yield { key, partition, ...verdictOf(sagas.name, summary) }
}

/** A dry run: what `applyMigration` would do now, grouped. Changes nothing. */
export async function planMigration(
  operator: Pick<Operator, "rows">,
  sagas: SagaVersions,
  options: ToVersion = {},
): Promise<MigrationPlan> {
  const groups = new Map<string, LiveGroup>()
  for await (const { key, version, state, parked, migrates, code, why } of liveVerdicts(operator, sagas, options)) {
    const stands = parked === undefined ? state : `${state}, parked: ${parked}`
    const id = JSON.stringify([version, stands, code])
    const { count = 0, keys = [], ...known } = groups.get(id) ?? {}
    const reason = { ...(code === undefined ? {} : { code }), ...(why === undefined ? {} : { why }) }
    const told = keys.length < limits.migrationKeysTold ? [...keys, key] : keys
    groups.set(id, { version, state: stands, migrates, ...reason, ...known, count: count + 1, keys: told })
  }
  const all = [...groups.values()]
  const count = (migrates: boolean) => all.reduce((sum, group) => sum + (group.migrates === migrates ? group.count : 0), 0)
  return { to: target(sagas, options).version, migrates: count(true), stays: count(false), groups: all }
}

/**
 * Tells every saga that can be taken over to go on with the new version; each decides it on its row as it is then. What
 * cannot is left to its own version. Run it again to go on after a crash: what has migrated is not listed any more.
 */
export async function applyMigration(
  operator: Pick<Operator, "rows" | "tell">,
  sagas: SagaVersions,
  author: Author,
  options: ApplyOptions = {},
): Promise<MigrationReport> {
  const { underWayMax = limits.migrationsUnderWayMax, perSecond = limits.migrationsPerSecond } = options
  for (const [name, value] of Object.entries({ underWayMax, perSecond }))
    if (!Number.isSafeInteger(value) || value < 1) throw new InvalidInput(`${name} ${value} is not a whole number from 1 up`)
  const saga = target(sagas, options)
  const report = { to: saga.version, migrated: 0, refused: 0, stayed: 0 }
  const codes: Record<string, number> = {}
  const note = (code: string) => (codes[code] = (codes[code] ?? 0) + 1)
  let batch: string[] = []
  const send = async () => {
    const told = Promise.all(batch.map((key) => tellOne(operator, saga, key, author)))
    const pace = Effect.runPromise(Effect.sleep((1_000 * batch.length) / perSecond))
    batch = []
    const [outcomes] = await Promise.all([told, pace])
    for (const code of outcomes) {
      if (code === undefined) report.migrated += 1
      else report.refused += 1
      if (code !== undefined) note(code)
    }
  }
  for await (const { key, migrates, code = "" } of liveVerdicts(operator, sagas, options)) {
    if (migrates) batch.push(key)
    else report.stayed += 1
    if (!migrates) note(code)
    if (batch.length >= underWayMax) await send()
  }
  if (batch.length > 0) await send()
  return { ...report, codes }
}

/** Why it was refused, or undefined: it goes on with the new version. */
async function tellOne(
  operator: Pick<Operator, "tell">,
  saga: AnyVersion,
  key: string,
  author: Author,
): Promise<string | undefined> {
  const outcome = await operator.tell(migrateCommand(saga, key, author))
  if (outcome.type === "done") return undefined
  if (outcome.type === "faulted" || outcome.code !== "cannot-migrate") return outcome.code
  return textOf(outcome.detail, "code") ?? outcome.code
}

function target(sagas: SagaVersions, { to }: ToVersion): AnyVersion {
  const saga = to === undefined ? sagas.newest : sagas.version(to)
  if (saga === undefined) throw new InvalidInput(`saga ${sagas.name} has no version ${to} here`)
  return saga
}

/** A process that does not know the version as it is here lists its sagas without a verdict. */
function verdictOf(name: string, summary: Json): Omit<LiveVerdict, "key" | "partition"> {
  const [state, parked, code, why] = ["state", "parked", "code", "why"].map((field) => textOf(summary, field))
  const version: unknown = fieldOf(summary, "version")
  const ok: unknown = fieldOf(summary, "ok")
  if (state === undefined || typeof version !== "number" || typeof ok !== "boolean")
    throw new InvalidInput(`the running app does not have saga ${name} in this version, with these steps: deploy it first`)
  return {
    version, state, migrates: ok,
    ...(parked === undefined ? {} : { parked }), ...(code === undefined ? {} : { code }), ...(why === undefined ? {} : { why }),
  }
}

function fieldOf(value: Json, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined
}

function textOf(value: Json, name: string): string | undefined {
  const found = fieldOf(value, name)
  return typeof found === "string" ? found : undefined
}
