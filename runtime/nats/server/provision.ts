// Finds a nats-server to run: on PATH, else in the user's cache, else provisioned into the cache once. A server is only
// used after it ran and told a supported version. Two processes that provision at once both work in a directory of their
// own and rename into the cache: the second replaces the first's file by an equal one, and neither sees a half file.
import { access, chmod, constants, mkdir, mkdtemp, readdir, rename, rm, stat } from "node:fs/promises"
import { homedir } from "node:os"
import { delimiter, isAbsolute, join } from "node:path"
import { describeError } from "../../kernel/fault.ts"
import { runCommand } from "./command.ts"
import { NoNatsServer } from "./faults.ts"
import { debianPackage } from "./provision-debian.ts"
import { goBuild } from "./provision-go.ts"
import { releaseArchive } from "./provision-release.ts"
import type { Way } from "./provision-way.ts"
import { compareVersions, formatVersion, isSupported, parseVersion, supportedVersions, type Version } from "./version.ts"

const prefix = "nats-server-"
const workPrefix = "provisioning-"
const versionTimeoutMs = 10_000
/** Longer than all ways together may take. */
const leftoverAfterMs = 3_600_000

export interface FindOptions {
  /** Takes one line for people about what is being done, when it takes longer than looking at a file. */
  readonly report?: (line: string) => void
  /** PATH, XDG_CACHE_HOME and HOME are read from it; the process's own by default. */
  readonly env?: NodeJS.ProcessEnv
  /** The ways to provision, the quickest first. Measured: the Debian package 3 s, the release about the same, Go 29 s. */
  readonly ways?: readonly Way[]
}

/** The path of a nats-server of a supported version. Throws NoNatsServer, which lists everything that was tried. */
export async function findServer(options: FindOptions = {}): Promise<string> {
  const { report = () => {}, env = process.env, ways = [debianPackage, releaseArchive(), goBuild] } = options
  const tried: string[] = []
  const cache = cacheDirectory(env)
  const found = (await findOnPath(env, tried)) ?? (await findInCache(cache, tried))
  if (found !== undefined) return found
  for (const way of ways) {
    const startedMs = performance.now()
    report(`nats-server: none on this machine; trying ${way.name} (at most ${way.timeLimitMs / 1000} s)`)
    try {
      const { path, version } = await provision(way, cache)
      const seconds = ((performance.now() - startedMs) / 1000).toFixed(1)
      report(`nats-server: ${formatVersion(version)} by ${way.name} in ${seconds} s, kept as ${path}`)
      return path
    } catch (error) {
      tried.push(`${way.name}: ${describeError(error)}`)
      report(`nats-server: ${way.name} did not work: ${describeError(error)}`)
    }
  }
  throw new NoNatsServer(
    `no nats-server that Troupe can use (${supportedVersions}) was found or could be had. Tried ${tried.join("; ")}. ` +
    "Set NATS_URL to a running server (docker compose up -d nats starts one), or put a nats-server on PATH, or install Go.",
  )
}

/** `$XDG_CACHE_HOME/troupe`, or `~/.cache/troupe`. */
export function cacheDirectory(env: NodeJS.ProcessEnv): string {
  const { XDG_CACHE_HOME: cache, HOME: home } = env
  // The standard says that a relative path there is to be ignored.
  const base = cache !== undefined && isAbsolute(cache) ? cache : join(home ?? homedir(), ".cache")
  return join(base, "troupe")
}

async function findOnPath(env: NodeJS.ProcessEnv, tried: string[]): Promise<string | undefined> {
  const directories = (env.PATH ?? "").split(delimiter).filter((directory) => isAbsolute(directory))
  const reasons: string[] = []
  for (const directory of new Set(directories)) {
    const path = join(directory, "nats-server")
    if (!(await isExecutable(path))) continue
    try {
      const version = await askVersion(path)
      if (isSupported(version)) return path
      reasons.push(`${path} is ${formatVersion(version)}, too old`)
    } catch (error) {
      reasons.push(`${path}: ${describeError(error)}`)
    }
  }
  tried.push(reasons.length === 0 ? "PATH: no nats-server there" : `PATH: ${reasons.join(", ")}`)
  return undefined
}

/** The newest usable one; a file that does not run, or is not what its name says, is passed over. */
async function findInCache(cache: string, tried: string[]): Promise<string | undefined> {
  const names = (await readdir(cache).catch(() => [])).filter((name) => name.startsWith(prefix))
  const kept = names.flatMap((name) => {
    const version = parseVersion(name.slice(prefix.length))
    return version !== undefined && isSupported(version) ? [{ path: join(cache, name), version }] : []
  })
  kept.sort((a, b) => compareVersions(b.version, a.version))
  for (const { path, version } of kept) {
    const actual = await askVersion(path).catch(() => undefined)
    if (actual !== undefined && compareVersions(actual, version) === 0) return path
  }
  tried.push(kept.length === 0 ? `cache: nothing in ${cache}` : `cache: what is in ${cache} does not run`)
  return undefined
}

async function provision(way: Way, cache: string): Promise<{ path: string; version: Version }> {
  await mkdir(cache, { recursive: true })
  await removeLeftovers(cache)
  // Inside the cache, so that the last step is a rename within one file system.
  const directory = await mkdtemp(join(cache, workPrefix))
  const signal = AbortSignal.timeout(way.timeLimitMs)
  try {
    const binary = await way.get(directory, signal).catch((error: unknown) => {
      throw signal.aborted ? new Error(`not done within ${way.timeLimitMs / 1000} s (${describeError(error)})`) : error
    })
    await chmod(binary, 0o755)
    const version = await askVersion(binary)
    if (!isSupported(version)) throw new Error(`it gives version ${formatVersion(version)}, which is too old`)
    const path = join(cache, `${prefix}${formatVersion(version)}`)
    await rename(binary, path)
    return { path, version }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

/** What a process that was killed while it provisioned has left behind. */
async function removeLeftovers(cache: string): Promise<void> {
  for (const name of await readdir(cache)) {
    if (!name.startsWith(workPrefix)) continue
    const directory = join(cache, name)
    const changed = await stat(directory).catch(() => undefined)
    if (changed === undefined || Date.now() - changed.mtimeMs < leftoverAfterMs) continue
    await rm(directory, { recursive: true, force: true })
  }
}

async function askVersion(path: string): Promise<Version> {
  const out = await runCommand(path, ["--version"], { signal: AbortSignal.timeout(versionTimeoutMs) })
  return parseVersion(out) ?? Promise.reject(new Error(`${path} --version tells no version`))
}

function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(() => true, () => false)
}
