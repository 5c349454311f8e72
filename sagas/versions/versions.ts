// Several versions of one saga side by side: each instance is decided by the version that started it, new ones by the newest.
import { InvalidInput } from "../../runtime/kernel/fault.ts"
import type { ActorLogic } from "../../runtime/actor/logic.ts"
import type { Json } from "../../runtime/message/json.ts"
import { type Migration, type MigrationMap, migrationOf } from "./migration.ts"
import { type AnyVersion, idOf, isBuilt, type SagaVersion } from "./version.ts"
import { versionsActor } from "./versions-actor.ts"

/** For an app's `services`, in the place of a saga. Commands are made with the versions themselves. */
export class SagaVersions {
  readonly name: string
  /** Oldest first. */
  readonly versions: readonly AnyVersion[]
  readonly migrations: readonly Migration[]
  /** That new instances begin with. */
  readonly starts: AnyVersion
  readonly logic: ActorLogic

  /** Throws InvalidInput on no version at all. */
  constructor(ordered: readonly AnyVersion[], migrations: readonly Migration[] = [], starts = ordered.at(-1)) {
    if (starts === undefined) throw new InvalidInput("a saga needs a version at least")
    this.name = starts.name
    this.versions = ordered
    this.migrations = migrations
    this.starts = starts
    this.logic = versionsActor(this)
  }

  get newest(): AnyVersion {
    return this.versions.at(-1) ?? this.starts
  }

  /** New instances begin with this version: while a release is rolled out whose newest version older processes do not have. */
  startingOn(saga: AnyVersion): SagaVersions {
    return new SagaVersions(this.versions, this.migrations, this.#own(saga))
  }

  /** How instances of one version are taken over by another, where the names, the input or the progress differ. */
  migrating(from: SagaVersion, to: SagaVersion, map: MigrationMap): SagaVersions {
    const migration = migrationOf(this.#own(from), this.#own(to), map)
    const others = this.migrations.filter((other) => !isSameWay(other, migration))
    return new SagaVersions(this.versions, [...others, migration], this.starts)
  }

  #own<Version extends AnyVersion>(saga: Version): Version {
    if (this.versions.includes(saga)) return saga
    throw new InvalidInput(`saga ${saga.name} version ${saga.version}, as it is given, is not among the versions`)
  }

  version(version: number): AnyVersion | undefined {
    return this.versions.find((saga) => saga.version === version)
  }

  /** As declared, or with nothing mapped. Undefined where there is none: one is not here, or has a machine of its own. */
  migration(from: number, to: number): Migration | undefined {
    const declared = this.migrations.find((one) => one.from.version === from && one.to.version === to)
    const [old, next] = [this.version(from), this.version(to)]
    if (declared !== undefined || old === undefined || next === undefined || from === to) return declared
    return isBuilt(old) && isBuilt(next) ? migrationOf(old, next) : undefined
  }
}

function isSameWay(a: Migration, b: Migration): boolean {
  return a.from.version === b.from.version && a.to.version === b.to.version
}

/**
 * Versions of one saga, in any order. Throws InvalidInput on two that are of different sagas, and on two definitions under
 * one version: the one that instances were started by must stay as it was.
 */
export function versions(...sagas: readonly AnyVersion[]): SagaVersions {
  const ordered = sagas.toSorted((a, b) => a.version - b.version)
  for (const [index, saga] of ordered.entries()) {
    const before = ordered[index - 1]
    if (before === undefined) continue
    const { name, version } = saga
    if (before.name !== name) throw new InvalidInput(`${before.name} and ${name} are not versions of one saga`)
    if (before.version !== version) continue
    const [a, b] = [idOf(before), idOf(saga)]
    const what = a.hash === b.hash ? "is given twice" : `has two definitions (${a.hash}, ${b.hash}): raise the version of one`
    throw new InvalidInput(`saga ${name} version ${version} ${what}`)
  }
  return new SagaVersions(ordered)
}

/** The command that tells an instance to go on with another version; the hash says which steps are meant. */
export function migrateCommand(
  saga: AnyVersion,
  key: string,
  { by, why }: { readonly by: string; readonly why: string },
): { readonly service: string; readonly key: string; readonly name: string; readonly payload: Json } {
  const { name, version, hash } = idOf(saga)
  return { service: name, key, name: "migrate", payload: { to: version, hash, by, why } }
}
