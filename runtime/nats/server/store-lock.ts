// One process at a time owns a store directory (R19). Every starter announces itself by a claim, a file of its own in
// `<dataDir>/lock/`, and owns the store once it has listed the claims after its own was there and saw no other of a living
// process. So two can never both win, and removing the claim of a dead process is always safe: no name is used twice.
import { randomUUID } from "node:crypto"
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises"
import { hostname } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { limits } from "../../kernel/limits.ts"
import { StoreInUse } from "./faults.ts"
import { identify, isRunning } from "./process-identity.ts"

const suffix = ".json"
const pollMs = 25

/** What a claim says about the process that made it. */
interface Claim {
  readonly ownerPid: number
  readonly ownerStartTime: string
  readonly host: string
}

interface Other extends Claim {
  readonly path: string
  readonly name: string
}

export interface StoreLock {
  /** Gives the store up. Only after the server has ended. */
  release(): Promise<void>
}

export interface LockOptions {
  /** How long to wait for a living owner to go: it may just have been killed, or be stopping. */
  readonly waitMs?: number
}

/** Takes the store directory for this process. Throws StoreInUse, naming the owner, if it does not get free in time. */
export async function lockStore(dataDir: string, options: LockOptions = {}): Promise<StoreLock> {
  const { waitMs = limits.storeLockWaitMs } = options
  const directory = join(dataDir, "lock")
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const name = `${randomUUID()}${suffix}`
  const path = join(directory, name)
  const claim = await ownClaim()
  const deadlineMs = performance.now() + waitMs
  const withdraw = () => rm(path, { force: true })
  let announced = false
  for (;;) {
    const others = await livingClaims(directory, name)
    const [first] = others
    if (first === undefined && announced) return { release: withdraw }
    if (first === undefined) {
      await announce(path, claim)
      announced = true
      continue
    }
    // Of several starters the lowest name stays and the others step back; an owner does not look any more, so it stays.
    if (announced && others.some((other) => other.name < name)) {
      await withdraw()
      announced = false
    }
    if (performance.now() >= deadlineMs) {
      await withdraw()
      throw inUse(dataDir, first)
    }
    await sleep(pollMs)
  }
}

async function ownClaim(): Promise<Claim> {
  const self = await identify(process.pid)
  if (self === undefined) throw new Error("a running process does not find itself: is /proc of another namespace mounted?")
  return { ownerPid: self.pid, ownerStartTime: self.startTime, host: hostname() }
}

/** By a rename, so that no claim is ever seen half written. */
async function announce(path: string, claim: Claim): Promise<void> {
  await writeFile(`${path}.new`, JSON.stringify(claim))
  await rename(`${path}.new`, path)
}

/** The claims of other starters and owners; those of dead processes are removed on the way. */
async function livingClaims(directory: string, own: string): Promise<Other[]> {
  const living: Other[] = []
  for (const name of (await readdir(directory)).toSorted()) {
    if (name === own || !name.endsWith(suffix)) continue
    const path = join(directory, name)
    const text = await readFile(path, "utf8").catch(() => undefined)
    if (text === undefined) continue
    const claim = parseClaim(text)
    if (claim !== undefined && (await isAlive(claim))) living.push({ ...claim, path, name })
    else await rm(path, { force: true })
  }
  return living
}

/** Undefined for what no living process can have written: claims appear whole, so this one was cut short by a power loss. */
export function parseClaim(text: string): Claim | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  if (typeof value !== "object" || value === null) return undefined
  const { ownerPid, ownerStartTime, host } = value as Partial<Claim> // cast: each field is checked on the next line
  if (!Number.isSafeInteger(ownerPid) || typeof ownerStartTime !== "string" || typeof host !== "string") return undefined
  return { ownerPid: Number(ownerPid), ownerStartTime, host }
}

/** Another machine's (or container's) process cannot be looked at from here: it is taken for alive. */
async function isAlive(claim: Claim): Promise<boolean> {
  return claim.host !== hostname() || isRunning({ pid: claim.ownerPid, startTime: claim.ownerStartTime })
}

function inUse(dataDir: string, owner: Other): StoreInUse {
  const self = owner.ownerPid === process.pid ? " (this process)" : ""
  const elsewhere = `on host ${owner.host}, which cannot be checked from here: remove ${owner.path} if that host is gone`
  const remedy = owner.host === hostname() ? "stop it, or choose another data directory" : elsewhere
  return new StoreInUse(`the store ${dataDir} belongs to process ${owner.ownerPid}${self}: ${remedy}`)
}
