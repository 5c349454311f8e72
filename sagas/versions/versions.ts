// Several versions of one saga side by side: each instance is decided by the version that started it, new ones by the newest.
import { InvalidInput } from "../../runtime/kernel/fault.ts"
import type { ActorLogic } from "../../runtime/actor/logic.ts"
import type { Json } from "../../runtime/message/json.ts"
import { definitionId } from "../machine/core.ts"
import { type Migration, type MigrationMap, migrationOf, type SagaVersion } from "./migration.ts"
import { versionsActor } from "./versions-actor.ts"

/** For an app's `services`, in the place of a saga. Commands are made with the versions themselves. */
export class SagaVersions {
  readonly name: string
  /** Oldest first. */
  readonly versions: readonly SagaVersion[]
  readonly migrations: readonly Migration[]
  readonly logic: ActorLogic

  constructor(versions: readonly SagaVersion[], migrations: readonly Migration[]) {
    const [first] = versions
    if (first === undefined) throw new InvalidInput("a saga needs a version at least")
    this.name = first.name
    this.versions = versions
    this.migrations = migrations
    this.logic = versionsActor(this)
  }

  get newest(): SagaVersion {
    const newest = this.versions.at(-1)
    if (newest === undefined) throw new InvalidInput("a saga needs a version at least")
    return newest
  }

  /** How instances of one version are taken over by another, where the names, the input or the progress differ. */
  migrating(from: SagaVersion, to: SagaVersion, map: MigrationMap): SagaVersions {
    for (const { name, version } of [from, to])
      if (this.version(version) === undefined) throw new InvalidInput(`saga ${name} version ${version} is not among the versions`)
    const migration = migrationOf(from, to, map)
    return new SagaVersions(this.versions, [...this.migrations.filter((other) => !isSameWay(other, migration)), migration])
  }

  version(version: number): SagaVersion | undefined {
    return this.versions.find((saga) => saga.version === version)
  }

  /** From one version to another: as declared, or with nothing mapped. Undefined if one of them is not here. */
  migration(from: number, to: number): Migration | undefined {
    const declared = this.migrations.find((one) => one.from.version === from && one.to.version === to)
    const [old, next] = [this.version(from), this.version(to)]
    return declared ?? (old === undefined || next === undefined || from === to ? undefined : migrationOf(old, next))
  }
}

function isSameWay(a: Migration, b: Migration): boolean {
  return a.from.version === b.from.version && a.to.version === b.to.version
}

/**
 * Versions of one saga, in any order. Throws InvalidInput on two that are of different sagas, and on two definitions under
 * one version: the one that instances were started by must stay as it was.
 */
export function versions(...sagas: readonly SagaVersion[]): SagaVersions {
  const ordered = sagas.toSorted((a, b) => a.version - b.version)
  for (const [index, saga] of ordered.entries()) {
    const before = ordered[index - 1]
    if (before === undefined) continue
    const { name, version } = saga
    if (before.name !== name) throw new InvalidInput(`${before.name} and ${name} are not versions of one saga`)
    if (before.version !== version) continue
    const [a, b] = [definitionId(before.definition), definitionId(saga.definition)]
    const what = a.hash === b.hash ? "is given twice" : `has two definitions (${a.hash}, ${b.hash}): raise the version of one`
    throw new InvalidInput(`saga ${name} version ${version} ${what}`)
  }
  return new SagaVersions(ordered, [])
}

/** The command that tells an instance to go on with another version; the hash says which steps are meant. */
export function migrateCommand(
  { name, version, definition }: SagaVersion,
  key: string,
  { by, why }: { readonly by: string; readonly why: string },
): { readonly service: string; readonly key: string; readonly name: string; readonly payload: Json } {
  return { service: name, key, name: "migrate", payload: { to: version, hash: definitionId(definition).hash, by, why } }
}
