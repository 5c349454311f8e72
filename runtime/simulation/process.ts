// One process of an app in a simulation: the real engine on ports that go over the simulated network. It can crash at any
// moment, stand still and come back as a zombie, have its clock set, and be told to end.
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scheduler from "effect/Scheduler"
import * as Scope from "effect/Scope"
import { type Observer, unobserved } from "../delivery/observer.ts"
import type { App } from "../host/app.ts"
import { type Engine, startEngine } from "../host/engine.ts"
import type { Kernel } from "./kernel.ts"
import type { LaneNet } from "./lane-net.ts"
import type { Network } from "./network.ts"
import type { Outsiders } from "./outsiders.ts"
import type { Owner } from "./owner.ts"
import { processClock } from "./process-clock.ts"
import type { JournalEar } from "./place.ts"
import { processPorts } from "./process-ports.ts"
import type { Server } from "./server.ts"

export interface ProcessWorld {
  readonly kernel: Kernel
  readonly network: Network
  readonly server: Server
  readonly outsiders: Outsiders
  readonly lanes: LaneNet
  readonly newId: () => string
}

export interface ProcessEars extends JournalEar {
  readonly observer: Partial<Observer>
}

export class SimulatedProcess {
  readonly owner: Owner
  readonly app: App
  /** Present once its first share is claimed. */
  engine: Engine | undefined
  /** It was told to end, and has. */
  hasEnded = false
  wasPaused = false
  /** Called once, when it has crashed or ended. */
  whenDead: () => void = () => undefined
  readonly #world: ProcessWorld
  readonly #scope = Effect.runSync(Scope.make())

  constructor(world: ProcessWorld, app: App, owner: Owner) {
    this.#world = world
    this.app = app
    this.owner = owner
  }

  get isUp(): boolean {
    return this.owner.state !== "dead"
  }

  start(ears: ProcessEars): void {
    const { kernel, network, server, outsiders, lanes, newId } = this.#world
    const { owner, app } = this
    const { name, partitions } = app.shape
    const place = { kernel, network, server, outsiders, owner, app: name, partitions, stored: server.app(name) }
    const { members, ...ports } = processPorts(place, lanes, ears)
    const observer = { ...unobserved, ...ears.observer }
    const starting = startEngine({ app: app.shape, ports, members, self: owner.name, observer, newIncarnation: newId })
    const scoped = Effect.onError(starting.pipe(Scope.provide(this.#scope)), () => Scope.close(this.#scope, Exit.void))
    const started = Effect.map(scoped, (engine) => void (this.engine = engine))
    // What it cannot mend ends it, as it would end a real process; another one is started in its place.
    this.#fork(started.pipe(Effect.catch(() => Effect.sync(() => this.crash()))))
  }

  /** At once, in the middle of whatever it does: nothing is flushed, and nothing it does any more leaves it. */
  crash(): void {
    if (!this.isUp) return
    this.#world.kernel.kill(this.owner)
    this.#world.lanes.leave(this.owner)
    this.whenDead()
  }

  /** Lets it finish what it has begun and hand its partitions over. */
  end(): void {
    const { engine } = this
    if (engine === undefined) return this.crash()
    const ending = Effect.andThen(engine.drain(), Scope.close(this.#scope, Exit.void))
    const over = Effect.sync(() => {
      this.hasEnded = true
      this.crash()
    })
    this.#fork(Effect.andThen(ending, over))
  }

  #fork(effect: Effect.Effect<void>): void {
    const { kernel } = this.#world
    const timed = Effect.provideService(effect, Clock.Clock, processClock(kernel, this.owner))
    const scheduled = Effect.provideService(timed, Scheduler.Scheduler, kernel.scheduler(this.owner))
    kernel.after(0, this.owner, "begins", () => void Effect.runFork(scheduled))
  }
}
