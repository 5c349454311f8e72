// An app on the memory ports: what users test their services and sagas with. No server, no sleeps: ask and await the
// outcome, wait for a committed block, kill the process at any moment and start another on the same world.
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { type CommittedBlock, type Observer, unobserved } from "../delivery/observer.ts"
import type { App } from "../host/app.ts"
import { Client } from "../host/client.ts"
import { type Deposits, depositsOf } from "../host/deposits.ts"
import { type Engine, startEngine } from "../host/engine.ts"
import { Operator } from "../host/operator.ts"
import { prepare } from "../host/prepare.ts"
import type { PublishOptions } from "../host/publish.ts"
import { memoryAttachments } from "../memory/attachments.ts"
import { memoryEdge } from "../memory/edge.ts"
import { type AppendFault, memoryJournal, type MemoryJournal } from "../memory/journal.ts"
import { memoryLanes } from "../memory/lanes.ts"
import { type MemoryMembers, memoryMembers } from "../memory/members.ts"
import { memoryPermits } from "../memory/permits.ts"
import { memoryStreams, type MemoryStreams, type PublishFault } from "../memory/streams.ts"
import type { Command, Event } from "../message/contract.ts"
import { encodeInput } from "../message/input.ts"
import type { CommandMessage } from "../message/message.ts"
import { partitionOfActor } from "../message/operation.ts"
import type { Outcome } from "../message/outcome.ts"
import { versionMark } from "../message/versions.ts"
import type { Lanes } from "../ports/lanes.ts"
import type { Members } from "../ports/members.ts"
import type { Permits } from "../ports/permits.ts"
import { silent, type Telemetry } from "../ports/telemetry.ts"

/** What outlives a process: the journal, the streams, and the requests that wait for their answers. */
export interface World {
  readonly journal: MemoryJournal
  readonly streams: MemoryStreams
  readonly members: MemoryMembers
  /** What carries records between partitions, of whichever process. */
  readonly lanes: Lanes
  /** What the processes keep the rates of services with. */
  readonly permits: Permits
  /** Pieces of attachments, of all apps. */
  readonly attachments: Map<string, Uint8Array>
  readonly waiting: Map<string, (outcome: Outcome) => void>
  /** Numbers whatever must be unique in this world. */
  next(): number
}

/** Faults on demand: asked once per append and once per published event. */
export interface WorldFaults {
  readonly append?: (partition: number) => AppendFault
  readonly publish?: () => PublishFault
}

export function newWorld(faults: WorldFaults = {}): World {
  const waiting = new Map<string, (outcome: Outcome) => void>()
  let last = 0
  return {
    journal: memoryJournal(faults.append),
    streams: memoryStreams(faults.publish, (to, outcome) => waiting.get(to.request)?.(outcome)),
    members: memoryMembers(),
    lanes: memoryLanes(),
    permits: memoryPermits(),
    attachments: new Map(),
    waiting,
    next: () => (last += 1),
  }
}

/** Lets apps in memory, each with a world of its own, send commands to each other. */
export function connectWorlds(worlds: ReadonlyMap<App, World>): void {
  for (const [, { streams }] of worlds) {
    for (const [peer, world] of worlds) streams.peers.set(peer.shape.name, world.streams)
  }
}

export interface MemoryProcess {
  readonly engine: Engine
  readonly blocks: readonly CommittedBlock[]
  /** Partitions that were taken from this process: an append of it was refused. */
  readonly fenced: readonly number[]
  /** Resolves with the fault that this process cannot mend, such as a broken journal. */
  readonly lost: Promise<unknown>
  /** Ends the process at once, as a crash does: nothing is flushed. */
  kill(): Promise<void>
  /** Resolves as soon as the predicate holds; looked at after each block and change of ownership. */
  until(predicate: () => boolean): Promise<void>
}

export interface ProcessOptions {
  readonly telemetry?: Telemetry
  /** Who this process thinks is there. Default: the members of the world. */
  readonly members?: Members
  /** Is told what happens. Without it, what the process is asked for tells enough. */
  readonly observer?: Partial<Observer>
  /** Its time. Default: that of the machine. See `virtualClock`. */
  readonly clock?: Clock.Clock
}

/** Starts one process of the app. A second one on the same world takes over its share of the partitions. */
export async function startInMemory(app: App, world: World, options: ProcessOptions = {}): Promise<MemoryProcess> {
  await prepare(app.shape)
  const scope = Effect.runSync(Scope.make())
  const blocks: CommittedBlock[] = []
  const fenced: number[] = []
  const waiters = new Set<() => void>()
  const wakeAll = () => {
    for (const wake of waiters) wake()
  }
  const observer: Observer = {
    ...unobserved,
    ...options.observer,
    committed: (block: CommittedBlock) => {
      blocks.push(block)
      wakeAll()
    },
    fenced: (partition: number) => {
      fenced.push(partition)
      wakeAll()
    },
    owned: wakeAll,
  }
  const { journal, streams, lanes } = world
  const { telemetry = silent, members = world.members } = options
  const attachments = memoryAttachments(app.shape.name, world.attachments)
  const ports = { journal, inputs: streams, egress: streams, lanes, telemetry, permits: world.permits, attachments }
  const self = `process-${world.next()}`
  const newIncarnation = () => `journal-${world.next()}`
  const starting = startEngine({ app: app.shape, ports, members, self, observer, newIncarnation })
  const closing = Effect.onError(starting.pipe(Scope.provide(scope)), () => Scope.close(scope, Exit.void))
  const timed = options.clock === undefined ? closing : Effect.provideService(closing, Clock.Clock, options.clock)
  const engine = await Effect.runPromise(timed)
  return {
    engine,
    blocks,
    fenced,
    lost: Effect.runPromise(Effect.flip(engine.lost)),
    kill: () => Effect.runPromise(Scope.close(scope, Exit.void)),
    until: (predicate) => signalled(waiters, predicate),
  }
}

function signalled(waiters: Set<() => void>, predicate: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const wake = () => {
      if (!predicate()) return
      waiters.delete(wake)
      resolve()
    }
    waiters.add(wake)
    wake()
  })
}

export interface AskInMemoryOptions {
  /** The same key is the same effect. Default: a new one. */
  readonly effect?: string
  /** Not to be carried out before this time, or from this time on, in ms since 1970. */
  readonly dueMs?: number
  readonly expiresMs?: number
  readonly priority?: "high"
}

/** Asks an actor, or starts a saga, as a client outside would. A text alone is the effect key. */
export function askInMemory(
  app: App,
  world: World,
  command: Command,
  asked: string | AskInMemoryOptions = {},
): Promise<Outcome> {
  const request = `request-${world.next()}`
  const { effect = request, ...options } = typeof asked === "string" ? { effect: asked } : asked
  const { service, key, name, payload, version } = command
  const message: CommandMessage = {
    type: "command",
    to: { service, key },
    name,
    payload,
    ...versionMark(version),
    effect,
    ...options,
    direction: "do",
    attempt: 1,
    replyTo: { subject: "_INBOX.memory", request },
  }
  return new Promise((resolve) => {
    world.waiting.set(request, resolve)
    world.streams.store("external", partitionOfActor(message.to, app.shape.partitions), encodeInput([message]))
  })
}

/** What `client.deposit` and `client.discard` are outside. */
export function depositInMemory(app: App, world: World): Deposits {
  return depositsOf(memoryAttachments(app.shape.name, world.attachments), app.shape.name)
}

/** An operator of an app in memory: sees what is parked, and tries it again. */
export function operateInMemory(app: App, world: World): Operator {
  const ask = (command: Command, effect: string) => askInMemory(app, world, command, effect)
  return new Operator(ask, app.shape.partitions, () => `order-${world.next()}`, world.journal)
}

/** Publishes an event as a client outside would; gives its id. */
export async function publishInMemory(
  { shape: { name, partitions } }: App,
  world: World,
  event: Event,
  options: PublishOptions = {},
): Promise<string> {
  const edge = memoryEdge(world.streams, { name: `client-${world.next()}` })
  const client = new Client(edge, partitions, { source: `${name}/client` })
  const id = await client.publish(event, options)
  await client.close()
  return id
}
