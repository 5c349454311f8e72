// Which NATS servers the runtime works with. The fence (expected last subject sequence) was mended in 2.12.14 and 2.14.4;
// there never was a 2.13. Older servers accept the headers of newer features, ignore them and still acknowledge, so a
// server is refused here, by its version, before anything is written to it.

export interface Version {
  readonly major: number
  readonly minor: number
  readonly patch: number
  /** What follows the first `-`, such as `RC.2`; empty for a release. */
  readonly pre: string
}

/** For messages. */
export const supportedVersions = "2.12.14 and later of 2.12, or 2.14.4 and later"

/** The version that is provisioned when the machine has none. */
export const provisionedVersion = "2.15.1"

/** Reads `nats-server: v2.15.1`, `v2.15.1`, `2.15.1` or `2.15.0-RC.1+build`; undefined if there is no version in the text. */
export function parseVersion(text: string): Version | undefined {
  const found = /(?:^|[\sv:])(\d{1,5})\.(\d{1,5})\.(\d{1,5})(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?(?:\s|$)/.exec(text.trim())
  if (found === null) return undefined
  const [, major, minor, patch, pre] = found
  return { major: Number(major), minor: Number(minor), patch: Number(patch), pre: pre ?? "" }
}

export function formatVersion(version: Version): string {
  const { major, minor, patch, pre } = version
  return `${major}.${minor}.${patch}${pre === "" ? "" : `-${pre}`}`
}

/** 2.12.14 and later of 2.12, and everything from 2.14.4 on. A pre-release comes before its release: 2.14.4-RC.1 is too old. */
export function isSupported(version: Version | string): boolean {
  const parsed = typeof version === "string" ? parseVersion(version) : version
  if (parsed === undefined) return false
  if (parsed.major === 2 && parsed.minor === 12) return compareVersions(parsed, release(2, 12, 14)) >= 0
  return compareVersions(parsed, release(2, 14, 4)) >= 0
}

/** Negative if `a` is older than `b`. Two pre-releases of one release are ordered by their text, which is enough here. */
export function compareVersions(a: Version, b: Version): number {
  const byNumber = a.major - b.major || a.minor - b.minor || a.patch - b.patch
  if (byNumber !== 0 || a.pre === b.pre) return byNumber
  if (a.pre === "") return 1
  if (b.pre === "") return -1
  return a.pre < b.pre ? -1 : 1
}

function release(major: number, minor: number, patch: number): Version {
  return { major, minor, patch, pre: "" }
}
