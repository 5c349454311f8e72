// A contract over time. What is stored or on its way was written by an earlier release: it carries the version of its
// contract (absent: 1), and a reader brings it up to date step by step before its schema looks at it.
import { describeError, Fault, InvalidInput } from "../kernel/fault.ts"
import { limits } from "../kernel/limits.ts"
import type { Json } from "./json.ts"

/** What was written as the version before, as this version says it. Pure: it is called again whenever it is read again. */
export type Upcaster = (old: Json) => Json

export interface VersionOptions {
  /** Raise it when readers of the last version cannot read this one. Default 1. */
  readonly version?: number
  /** From each older version to the next: `{ 1: (old) => ..., 2: (old) => ... }` leads from 1 to 3. */
  readonly upcast?: Readonly<Record<number, Upcaster>>
}

/** A version with the way to it. */
export interface Versions {
  readonly version: number
  /** The oldest version that can be read. */
  readonly reads: number
  readonly upcast: Readonly<Record<number, Upcaster>>
}

/** Its version is newer than what this release reads. Parked: a release that reads it can redrive it. */
export class NewerVersion extends Fault {
  readonly _tag = "NewerVersion"
  readonly code = "NEWER_VERSION"
  readonly retry = "never"
}

/** Its version is older than the oldest that there is an upcaster for. */
export class VersionTooOld extends Fault {
  readonly _tag = "VersionTooOld"
  readonly code = "VERSION_TOO_OLD"
  readonly retry = "never"
}

/** An upcaster, or a migration of a state, threw. */
export class UpcastFailed extends Fault {
  readonly _tag = "UpcastFailed"
  readonly code = "UPCAST_FAILED"
  readonly retry = "never"
}

export const firstVersion: Versions = { version: 1, reads: 1, upcast: {} }

/** The options with defaults filled in. Throws InvalidInput, naming `what`, on a version or an upcaster that cannot be. */
export function versionsOf({ version = 1, upcast: steps = {} }: VersionOptions, what: string): Versions {
  const given: unknown = version
  if (!isVersion(given)) throw new InvalidInput(`${what}: version ${JSON.stringify(given)} is not a whole number from 1 up`)
  let reads = version
  while (typeof steps[reads - 1] === "function") reads -= 1
  const unused = Object.keys(steps).find((from) => !(Number(from) >= reads && Number(from) < version))
  if (unused !== undefined)
    throw new InvalidInput(
      `${what}: the upcaster from version ${unused} leads nowhere: there must be one for each step to ${version}`,
    )
  return { version, reads, upcast: steps }
}

export function isVersion(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 1 && value <= limits.contractVersionMax
}

/** As it is written beside a payload: version 1 says nothing. */
export function versionMark(version: number | undefined): { readonly version?: number } {
  return version === undefined || version === 1 ? {} : { version }
}

/** What was written as `version`, as the current version says it. Throws NewerVersion, VersionTooOld or UpcastFailed. */
export function upcast({ version: current, reads, upcast: steps }: Versions, old: Json, version = 1, what = "a payload"): Json {
  if (version > current)
    throw new NewerVersion(
      `${what} has version ${version}, and this release reads up to ${current}; it waits for one that reads it`,
    )
  if (version < reads)
    throw new VersionTooOld(
      `${what} has version ${version}, and there is no upcaster from it (${reads} is the oldest); it is parked`,
    )
  let value = old
  for (let from = version; from < current; from += 1) {
    try {
      value = steps[from]?.(value) ?? null
    } catch (error) {
      const step = `${what}: the step from version ${from} to ${from + 1} threw (${describeError(error)}); it is parked`
      throw new UpcastFailed(step, { cause: error })
    }
  }
  return value
}
