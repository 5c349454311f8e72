// An app: the services and sagas that one program deploys together, and the partitions that their keys hash to.
import type { ActorLogic } from "../actor/logic.ts"
import type { AppShape } from "../delivery/delivery.ts"
import type { HistoryWindow } from "../delivery/stored-blocks.ts"
import { type Duration, durationMs } from "../kernel/duration.ts"
import { InvalidInput } from "../kernel/fault.ts"
import { limits } from "../kernel/limits.ts"
import { checkName } from "../message/key.ts"
import type { EventsKept } from "../nats/event-stream.ts"
import type { Peer } from "../message/peer.ts"
import { subjectsOf } from "../message/subjects.ts"

export interface App {
  readonly namespace: string
  readonly shape: AppShape
  readonly inputRecordsPendingMax?: number
  /** How long attachments are kept. */
  readonly attachmentsKeptMs: number
  readonly eventsKept?: EventsKept
}

export interface EventsOptions {
  /**
   * How long the namespace keeps events, should this app be the first that comes: by age (default: `limits.eventsKeptDays`)
   * and by bytes, whichever comes first, or until every app that has run on the namespace has decided them. An existing
   * stream stays as it is.
   */
  readonly keep: { readonly age?: Duration; readonly bytes?: number } | "until handled"
}

export interface AppOptions {
  /** First part of every subject and stream name; apps that exchange events share it. */
  readonly namespace: string
  /** Fixed for the life of the app's journals (R16). Default: `limits.partitionsDefault`. */
  readonly partitions?: number
  /** Journal bytes after which a partition compacts its journal. Default: `limits.compactionBytesMin`. */
  readonly compactionBytesMin?: number
  /**
   * How long what was decided can be read back with `operator.history`, behind what the newest compaction keeps anyway;
   * "none" keeps nothing for it. Default: `limits.historyKeptDays`.
   */
  readonly history?: Duration | "none"
  /** Bytes of each partition's journal that are kept for that at most. Default: `limits.historyBytesMax`. */
  readonly historyBytesMax?: number
  /** Records that may wait for the app before its clients refuse more. Default: `limits.inputRecordsPendingMax`. */
  readonly inputRecordsPendingMax?: number
  /** How long the namespace's events are kept. */
  readonly events?: EventsOptions
  /** How long attachments are kept, as stated when the first one is deposited. Default: `limits.attachmentsKeptDays`. */
  readonly attachmentsKept?: Duration
  /** Services and sagas. */
  readonly services: readonly { readonly logic: ActorLogic }[]
  /** Other apps of the namespace whose services this one sends commands to. */
  readonly peers?: readonly PeerOptions[]
}

export interface PeerOptions {
  readonly app: string
  /** As that app has them. Default: `limits.partitionsDefault`. */
  readonly partitions?: number
  /** Those of its services that are sent to. */
  readonly services: readonly { readonly logic: ActorLogic }[]
}

/** Declares an app. Throws InvalidInput on a bad name, a duplicate service or a partition count out of bounds. */
export function app(name: string, options: AppOptions): App {
  checkName("app", name)
  subjectsOf(options.namespace)
  const partitions = checkPartitions(name, options.partitions)
  const logics = new Map<string, ActorLogic>()
  for (const { logic } of options.services) {
    if (logics.has(logic.service)) throw new InvalidInput(`app ${name} has two services "${logic.service}"`)
    logics.set(logic.service, logic)
  }
  if (logics.size === 0) throw new InvalidInput(`app ${name} has no services`)
  const { compactionBytesMin = limits.compactionBytesMin, inputRecordsPendingMax } = options
  const peers = peersOf(name, options.peers ?? [], logics)
  const history = historyWindow(name, options)
  const shape = { name, partitions, eventPartitions: partitions, logics, peers, compactionBytesMin, history }
  const eventsKept = keptOf(name, options.events)
  const attachmentsKeptMs = durationMs(options.attachmentsKept ?? `${limits.attachmentsKeptDays} days`)
  if (attachmentsKeptMs === 0) throw new InvalidInput(`app ${name}: attachmentsKept is longer than 0`)
  return {
    namespace: options.namespace,
    shape,
    attachmentsKeptMs,
    ...(inputRecordsPendingMax === undefined ? {} : { inputRecordsPendingMax }),
    ...(eventsKept === undefined ? {} : { eventsKept }),
  }
}

function keptOf(name: string, options: EventsOptions | undefined): EventsKept | undefined {
  if (options === undefined || options.keep === "until handled") return options?.keep
  const { age, bytes } = options.keep
  if (bytes !== undefined && (!Number.isSafeInteger(bytes) || bytes < 1))
    throw new InvalidInput(`app ${name}: events.keep.bytes ${bytes} is not a whole number from 1 up`)
  const ageMs = age === undefined ? undefined : durationMs(age)
  if (ageMs !== undefined && ageMs < limits.eventsKeptMsMin)
    throw new InvalidInput(`app ${name}: events.keep.age is less than ${limits.eventsKeptMsMin} ms`)
  return { ...(ageMs === undefined ? {} : { ageMs }), ...(bytes === undefined ? {} : { bytes }) }
}

function historyWindow(name: string, { history, historyBytesMax }: AppOptions): HistoryWindow {
  const bytesMax = historyBytesMax ?? limits.historyBytesMax
  if (!Number.isSafeInteger(bytesMax) || bytesMax < 0)
    throw new InvalidInput(`app ${name}: historyBytesMax must be a whole number from 0 up, not ${bytesMax}`)
  const kept = history ?? `${limits.historyKeptDays} days`
  return { keptMs: kept === "none" ? 0 : durationMs(kept), bytesMax }
}

function peersOf(name: string, peers: readonly PeerOptions[], own: ReadonlyMap<string, ActorLogic>): Map<string, Peer> {
  const found = new Map<string, Peer>()
  for (const { app: peer, partitions: count, services } of peers) {
    checkName("app", peer)
    if (peer === name) throw new InvalidInput(`app ${name} cannot be its own peer`)
    const partitions = checkPartitions(peer, count)
    for (const { logic } of services) {
      if (own.has(logic.service) || found.has(logic.service))
        throw new InvalidInput(`app ${name}: service "${logic.service}" is there twice: its commands would have two ways to go`)
      found.set(logic.service, { app: peer, partitions })
    }
  }
  return found
}

function checkPartitions(name: string, partitions: number = limits.partitionsDefault): number {
  if (Number.isInteger(partitions) && partitions >= 1 && partitions <= limits.partitionsMax) return partitions
  throw new InvalidInput(`app ${name}: partitions must be a whole number from 1 to ${limits.partitionsMax}, not ${partitions}`)
}
