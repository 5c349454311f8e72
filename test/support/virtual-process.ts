// One process of the bank on the memory ports and a given clock, with the ports changed where a test wants it.
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import type { Ports } from "../../runtime/delivery/delivery.ts"
import { type Observer, unobserved } from "../../runtime/delivery/observer.ts"
import { type Engine, startEngine } from "../../runtime/host/engine.ts"
import type { Members } from "../../runtime/ports/members.ts"
import { silent } from "../../runtime/ports/telemetry.ts"
import type { World } from "../../runtime/testing/index.ts"
import { bank } from "./bank.ts"

export interface VirtualProcess {
  /** Resolves when the first share is claimed. */
  readonly engine: Promise<Engine>
  /** What the observer was told of partitions that stopped, as `broken 3 CORRUPT_JOURNAL`. */
  readonly told: readonly string[]
  /** Its name among the members. */
  readonly self: string
  /** Ends it at once. */
  stop(): Promise<void>
}

export interface VirtualProcessOptions {
  readonly ports?: Partial<Ports>
  readonly members?: Members
  /** Its name among the members. Default: a new one. */
  readonly self?: string
}

export function startVirtual(world: World, clock: Clock.Clock, options: VirtualProcessOptions = {}): VirtualProcess {
  const told: string[] = []
  const note = (what: string) => (partition: number, { code }: { readonly code: string }) =>
    void told.push(`${what} ${partition} ${code}`)
  const observer: Observer = {
    ...unobserved, broken: note("broken"), refused: note("refused"), interrupted: note("interrupted"),
  }
  const { journal, streams, lanes } = world
  const ports = { journal, inputs: streams, egress: streams, lanes, telemetry: silent, ...options.ports }
  const { members = world.members, self = `process-${world.next()}` } = options
  const scope = Effect.runSync(Scope.make())
  const newIncarnation = () => `journal-${world.next()}`
  const starting = startEngine({ app: bank.shape, ports, members, self, observer, newIncarnation })
  const engine = Effect.runPromise(starting.pipe(Scope.provide(scope), Effect.provideService(Clock.Clock, clock)))
  return { engine, told, self, stop: () => Effect.runPromise(Scope.close(scope, Exit.void)) }
}
