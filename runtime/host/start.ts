// Starts an app in this process on a NATS server: connect, check the server, make the streams, claim the partitions.
import { randomBytes } from "node:crypto"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { type Observer, unobserved } from "../delivery/observer.ts"
import type { Fault } from "../kernel/fault.ts"
import { memoryLanes } from "../memory/lanes.ts"
import { natsEdge } from "../nats/edge.ts"
import { natsEgress } from "../nats/egress.ts"
import { natsInputs } from "../nats/inputs.ts"
import { natsJournal } from "../nats/journal.ts"
import { natsLanes } from "../nats/lanes.ts"
import { openLink } from "../nats/link.ts"
import { natsMembers } from "../nats/members.ts"
import { silent, type Telemetry } from "../ports/telemetry.ts"
import type { App } from "./app.ts"
import { Client } from "./client.ts"
import { type Engine, startEngine } from "./engine.ts"

export interface StartOptions {
  readonly natsUrl: string
  /** Copies of every stream; 3 in a cluster. Default 1. */
  readonly replicas?: number
  readonly telemetry?: Telemetry
  readonly observer?: Partial<Observer>
}

export interface RunningApp {
  readonly engine: Engine
  /** Resolves with the fault when this process can no longer run the app. */
  readonly lost: Promise<Fault>
  /** A client of this app over the same connection. */
  readonly client: Client
  stop(): Promise<void>
}

/** Rejects with a Fault that says in one sentence what is wrong with the server, the streams or the app's manifest. */
export async function start(app: App, options: StartOptions): Promise<RunningApp> {
  const { name, partitions } = app.shape
  const { natsUrl, replicas } = options
  const link = await openLink({ natsUrl, name: `troupe ${name}`, namespace: app.namespace, app: name, partitions, replicas })
  const { connection, publisher, subjects } = link
  const self = randomBytes(8).toString("hex")
  const scope = Effect.runSync(Scope.make())
  const close = async () => {
    await Effect.runPromise(Scope.close(scope, Exit.void))
    await link.close()
  }
  try {
    const ports = {
      journal: natsJournal(connection, publisher, subjects, name),
      inputs: natsInputs(connection, subjects, name),
      egress: natsEgress(connection, publisher, subjects),
      lanes: natsLanes(connection, subjects, app.shape, memoryLanes(), self),
      telemetry: options.telemetry ?? silent,
    }
    const engine = await Effect.runPromise(
      startEngine({
        app: app.shape,
        ports,
        members: natsMembers(connection, subjects, name),
        self,
        observer: { ...unobserved, ...options.observer },
        newIncarnation: () => randomBytes(6).toString("hex"),
      }).pipe(Scope.provide(scope)),
    )
    const client = new Client(natsEdge(connection, publisher, subjects, name), partitions)
    const lost = Effect.runPromise(Effect.flip(engine.lost))
    return { engine, lost, client, stop: () => client.close().then(close) }
  } catch (error) {
    await close()
    throw error
  }
}
