// Starts an app in this process on a NATS server: connect, check the server, make the streams, claim the partitions.
import { randomBytes } from "node:crypto"
import { setTimeout as pause } from "node:timers/promises"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { type Observer, unobserved } from "../delivery/observer.ts"
import type { Fault } from "../kernel/fault.ts"
import { limits } from "../kernel/limits.ts"
import { memoryLanes } from "../memory/lanes.ts"
import { type Durability, readDurability } from "../nats/durability.ts"
import { natsAttachments } from "../nats/attachments.ts"
import { natsEdge } from "../nats/edge.ts"
import { natsEgress } from "../nats/egress.ts"
import { type HandledEvents, registerReader } from "../nats/event-readers.ts"
import { natsInputs } from "../nats/inputs.ts"
import { natsJournal } from "../nats/journal.ts"
import { manifestPlace } from "../nats/manifest.ts"
import { readNeighbours } from "../nats/neighbours.ts"
import { natsLanes } from "../nats/lanes.ts"
import { type Link, openLink } from "../nats/link.ts"
import { natsMembers } from "../nats/members.ts"
import { natsPermits } from "../nats/permits.ts"
import { silent, type Telemetry } from "../ports/telemetry.ts"
import type { App } from "./app.ts"
import { Client } from "./client.ts"
import { depositsOf } from "./deposits.ts"
import { type Engine, startEngine } from "./engine.ts"
import { missedEvents } from "./event-partitions.ts"
import type { Health } from "./health.ts"
import { Operator } from "./operator.ts"
import { prepare } from "./prepare.ts"

export interface StartOptions {
  readonly natsUrl: string
  /** Copies of every stream; 3 in a cluster. Default 1. */
  readonly replicas?: number
  readonly telemetry?: Telemetry
  readonly observer?: Partial<Observer>
  /** Bound of the client. Default: the app's. */
  readonly inputRecordsPendingMax?: number
  /** Told, in one line each, what an operator should know: what is durable here, and which partition stopped and why. */
  readonly report?: (line: string) => void
  /** The server was configured by this package, so its durability is known. Default false. */
  readonly isEmbedded?: boolean
  /** Where the servers' monitoring listens, such as `http://10.0.0.1:8222`: they tell how durable their streams are. */
  readonly monitoringUrls?: readonly string[]
}

export interface StopOptions {
  /** How long what was begun may take to be finished; 0 does not wait. Default: `limits.drainMaxMs`. */
  readonly withinMs?: number
}

export interface RunningApp {
  readonly engine: Engine
  /** Resolves with the fault when this process can no longer run the app. */
  readonly lost: Promise<Fault>
  /** A client of this app over the same connection. */
  readonly client: Client
  /** What is parked, and what to do about it. */
  readonly operator: Operator
  /** What an acknowledgement means on this server. */
  readonly durability: Durability
  health(): Health
  /**
   * Lets nothing new in, finishes and answers what was let in, hands the partitions over, and disconnects. What is not
   * finished in time is left to the next owner: nothing is lost. May be called again; it stops once.
   */
  stop(options?: StopOptions): Promise<void>
}

/** Rejects with a Fault that says in one sentence what is wrong with the server, the streams or the app's manifest. */
export async function start(app: App, options: StartOptions): Promise<RunningApp> {
  const { name, partitions } = app.shape
  const { natsUrl, replicas } = options
  const { namespace } = app
  const peers = [...(app.shape.peers?.values() ?? [])]
  const place = { natsUrl, namespace, app: name, partitions, replicas, peers, eventsKept: app.eventsKept }
  const link = await openLink({ ...place, name: `troupe ${name}`, isMember: true })
  const scope = Effect.runSync(Scope.make())
  const close = async () => {
    await Effect.runPromise(Scope.close(scope, Exit.void))
    await flush(link)
    await link.close()
  }
  try {
    const durability = await tellDurability(options, link)
    const neighbours = await readNeighbours(await manifestPlace(link, name))
    for (const line of missedEvents(app.shape, neighbours)) options.report?.(line)
    await prepare(app.shape)
    const readers = await registerReader(link, name, partitions, replicas)
    if (app.eventsKept === "until handled" && readers === undefined) options.report?.(keptOtherwise(namespace))
    const engine = await Effect.runPromise(openEngine(app, options, link, readers).pipe(Scope.provide(scope)))
    const { inputRecordsPendingMax = app.inputRecordsPendingMax, telemetry } = options
    const activeTrace = telemetry?.active
    const edge = natsEdge(link.connection, link.publisher, link.subjects, name)
    const deposits = depositsOf(natsAttachments({ ...link, app: name, replicas }, app.attachmentsKeptMs), name)
    const client = new Client(edge, partitions, { inputRecordsPendingMax, source: `${name}/client`, activeTrace }, deposits)
    const operator = operatorOf(app, client, link)
    const lost: Promise<Fault> = Promise.race([Effect.runPromise(Effect.flip(engine.lost)), link.lost])
    const stop = async ({ withinMs }: StopOptions) => {
      await Effect.runPromise(engine.drain(withinMs))
      await client.close()
      await close()
    }
    let stopping: Promise<void> | undefined
    return { engine, lost, client, operator, durability, health: engine.health, stop: (how = {}) => (stopping ??= stop(how)) }
  } catch (error) {
    await close()
    throw error
  }
}

/** Orders go through the client, each under an effect key of its own; what was is read from the journals. */
export function operatorOf({ shape }: App, client: Client, { connection, publisher, reads, subjects }: Link): Operator {
  const newOrder = () => randomBytes(8).toString("hex")
  const journal = natsJournal(connection, publisher, subjects, shape.name, reads)
  return new Operator((command, effect) => client.ask(command, { effect }), shape.partitions, newOrder, journal)
}

function keptOtherwise(namespace: string): string {
  return `the event stream of ${namespace} was made to keep events by age or size, and stays as it is: not until they are handled`
}

function openEngine(
  { shape, attachmentsKeptMs }: App,
  options: StartOptions,
  { connection, publisher, reads, subjects }: Link,
  readers: HandledEvents | undefined,
) {
  const { name } = shape
  const self = randomBytes(8).toString("hex")
  const place = { connection, publisher, subjects, app: name, replicas: options.replicas }
  const ports = {
    journal: natsJournal(connection, publisher, subjects, name, reads),
    inputs: natsInputs(connection, subjects, name, readers),
    egress: natsEgress(connection, publisher, subjects, name),
    lanes: natsLanes(connection, subjects, shape, memoryLanes(), self),
    telemetry: options.telemetry ?? silent,
    attachments: natsAttachments(place, attachmentsKeptMs),
    permits: natsPermits(place),
  }
  return startEngine({
    app: shape,
    ports,
    members: natsMembers(connection, subjects, name, options.replicas),
    self,
    observer: reporting({ ...unobserved, ...options.observer }, options.report),
    newIncarnation: () => randomBytes(6).toString("hex"),
  })
}

async function tellDurability(options: StartOptions, { connection, subjects }: Link): Promise<Durability> {
  const { isEmbedded = false, monitoringUrls, report } = options
  const durability = await readDurability({ connection, subjects, isEmbedded, monitoringUrls })
  report?.(durability.sentence)
  return durability
}

const sentenceOf = {
  open: (service: string) => `the calls of ${service} fail, so this process makes none for a while, then tries one; records wait`,
  closed: (service: string) => `the calls of ${service} go out again`,
} as const

/** An observer that also says in words what an operator should know; what passes by itself is not among it. */
function reporting(observer: Observer, report: (line: string) => void = () => undefined): Observer {
  const saying = (tell: Observer["broken"], isWorthIt = (_: Fault) => true) => (partition: number, fault: Fault) => {
    if (isWorthIt(fault)) report(`${fault.code}: ${fault.message}`)
    tell(partition, fault)
  }
  return {
    ...observer,
    committed: (block) => {
      // Without the words: what a handler threw may quote a payload.
      for (const { id, row, code } of block.dropped) report(`${code}: ${id} for ${row} was dropped`)
      observer.committed(block)
    },
    breaker: (service, state) => {
      report(`BREAKER_${state.toUpperCase()}: ${sentenceOf[state](service)}`)
      observer.breaker(service, state)
    },
    broken: saying(observer.broken),
    refused: saying(observer.refused),
    interrupted: saying(observer.interrupted, ({ code }) => code === "PARTITION_CRASHED" || code === "INPUT_UNAVAILABLE"),
    unsubscribed: (partition, service, fault) => {
      report(`${fault.code}: ${fault.message}`)
      observer.unsubscribed(partition, service, fault)
    },
  }
}

/** The last answers may still be in the client: they leave, unless there is nobody to send them to. */
async function flush({ connection }: Link): Promise<void> {
  if (connection.isClosed()) return
  await Promise.race([connection.flush().catch(() => undefined), pause(limits.lastFlushMs)])
}
