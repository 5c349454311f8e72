// Whether a saga that one version started can be taken over by another, and how its row is then. Pure: the same row gives
// the same verdict in a dry run and when it is applied.
import { describeError, InvalidInput } from "../../runtime/kernel/fault.ts"
import { checkJson, type Json } from "../../runtime/message/json.ts"
import type { Address } from "../../runtime/message/message.ts"
import { parse } from "../../runtime/message/schema.ts"
import { outlineOf } from "../definition/outline.ts"
import { askAgain } from "../machine/commands.ts"
import { createCore, definitionId } from "../machine/core.ts"
import { type DefinitionId, progressOf, type SagaRow } from "../machine/row.ts"
import { hasState } from "../machine/transition.ts"
import { checkAlike, type Comparison } from "./alike.ts"
import { Misfit, type MisfitCode } from "./misfit.ts"
import { renamedBody, renamedRow, type Renames } from "./renames.ts"
import { whatStopsUndo } from "./rehearsal.ts"
import type { SagaVersion } from "./version.ts"

/** What the new version calls or keeps in another way. Its functions are pure: they are asked in every dry run. */
export interface MigrationMap {
  /** Old name -> new name of steps, waits, choices, loops, parallels, races and branches. */
  readonly renamed?: Renames
  /** The input as a start of the new version would send it; it is read with the new version's schema. Default: as it is. */
  readonly input?: (input: Json) => Json
  /**
   * The row, in the new names, with more or other progress, such as a step that counts as skipped:
   * `items: { ...items, audit: ["skipped"] }`. What was sent, and what is open, is not to be changed.
   */
  readonly state?: (row: SagaRow) => SagaRow
}

export type MigrationVerdict =
  | { readonly ok: true; readonly row: SagaRow }
  | { readonly ok: false; readonly code: MisfitCode; readonly why: string }

export interface Migration {
  readonly from: DefinitionId
  readonly to: DefinitionId
  /** `key`: of the saga. Never throws because of the user's functions. */
  migrate(row: SagaRow, key: string): MigrationVerdict
}

/** Throws InvalidInput on two sagas that are not versions of one, or on a map of names that are not there. */
export function migrationOf(from: SagaVersion, to: SagaVersion, map: MigrationMap = {}): Migration {
  const ids = { from: definitionId(from.definition), to: definitionId(to.definition) }
  if (from.name !== to.name || from.version === to.version)
    throw new InvalidInput(`${textOf(ids.from)} and ${textOf(ids.to)} are not two versions of one saga`)
  const renames = map.renamed ?? {}
  checkRenames(from, to, renames)
  const old = renamedDefinition(from, renames)
  const core = createCore(to.definition, to.machine)
  const next = { body: to.definition.body, outline: core.outline }
  return {
    ...ids,
    migrate(row, key) {
      try {
        if (row.definition.hash !== ids.from.hash)
          throw new Misfit("OTHER_VERSION", `it was started by ${textOf(row.definition)}, not by ${textOf(ids.from)}`)
        const self = { service: to.name, key }
        const mapped = mapRow({ ...row, definition: ids.to }, from, to, map)
        checkAlike({ row: mapped, old, next, version: to.version })
        if (!hasState(to.machine, { value: mapped.value, context: progressOf(mapped, self) }))
          throw new Misfit("STATE_UNKNOWN", `state ${JSON.stringify(mapped.value)} is not in version ${to.version}`)
        asking("TARGET_CHANGED", () => askAgain(core.outline, mapped, self))
        checkUndo(core, mapped, self)
        return { ok: true, row: mapped }
      } catch (error) {
        const code = error instanceof Misfit ? error.code : "MAP_FAILED"
        return { ok: false, code, why: describeError(error) }
      }
    },
  }
}

function textOf({ name, version, hash }: DefinitionId): string {
  return `${name} version ${version} (${hash})`
}

function renamedDefinition({ definition }: SagaVersion, renames: Renames): Comparison["old"] {
  const body = renamedBody(definition.body, renames)
  return { body, outline: outlineOf({ ...definition, body }) }
}

function checkRenames(from: SagaVersion, to: SagaVersion, renames: Renames): void {
  const [old, next] = [namesOf(from), namesOf(to)]
  const seen = new Set<string>()
  for (const name of old) {
    const after = renames[name] ?? name
    if (seen.has(after))
      throw new InvalidInput(`migration of ${from.name}: two names of version ${from.version} become "${after}"`)
    seen.add(after)
  }
  for (const [name, after] of Object.entries(renames)) {
    if (!old.has(name)) throw new InvalidInput(`migration of ${from.name}: version ${from.version} has no "${name}"`)
    if (!next.has(after)) throw new InvalidInput(`migration of ${from.name}: version ${to.version} has no "${after}"`)
  }
}

function namesOf({ definition }: SagaVersion): ReadonlySet<string> {
  const nodes = [...outlineOf(definition).places.values()].map(({ node }) => node)
  return new Set(nodes.flatMap((node) => [
    node.name, ...(node.type === "parallel" ? node.branches.map(({ name }) => name) : []),
  ]))
}

function mapRow(row: SagaRow, from: SagaVersion, to: SagaVersion, map: MigrationMap): SagaRow {
  const renamed = renamedRow(row, map.renamed ?? {})
  const input = readInput(renamed.input, from, to, map)
  const named = input === renamed.input ? renamed : { ...renamed, input }
  if (map.state === undefined) return named
  const { state } = map
  const mapped = asking("MAP_FAILED", () => state(named))
  if (fixedOf(mapped) !== fixedOf(named))
    throw new Misfit("MAP_FAILED", "the map changed what was sent, what is open, or who the saga is; these must stay")
  checkJson(mapped, "the mapped row")
  return mapped
}

/** What others know of the saga, and what its timers are named by. */
function fixedOf({ definition, startedMs, seq, sent, open, waiters, secret, deadlineMs }: SagaRow): string {
  return JSON.stringify([definition, startedMs, seq, sent, open, waiters, secret, deadlineMs])
}

function readInput(input: Json, from: SagaVersion, to: SagaVersion, map: MigrationMap): Json {
  const { input: change } = map
  const schema = to.definition.input
  if (change === undefined && schema === from.definition.input) return input
  const given = change === undefined ? input : asking("MAP_FAILED", () => change(input))
  return asking("INPUT_MISFIT", () => {
    // cast: a schema's output; the next line looks whether it is JSON
    const read = parse(schema, given, `the input of version ${to.version}`) as Json
    checkJson(read, "the input")
    return read
  })
}

function checkUndo(core: ReturnType<typeof createCore>, row: SagaRow, self: Address): void {
  const stopped = whatStopsUndo(core, row, self)
  if (stopped !== undefined) throw new Misfit("CANNOT_TURN_BACK", `turned back from here: ${stopped}`)
}

function asking<Value>(code: MisfitCode, ask: () => Value): Value {
  try {
    return ask()
  } catch (error) {
    throw new Misfit(code, describeError(error), { cause: error })
  }
}
