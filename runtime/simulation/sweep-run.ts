// One run of a scenario on the memory ports, under a clock of its own: without a fault, or with one end of the process at one
// message and crash point. Another process takes over at once, and whoever still waits for an answer asks again.
import { setImmediate as turn, setTimeout as pause } from "node:timers/promises"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import { unobserved } from "../delivery/observer.ts"
import type { Ports } from "../delivery/delivery.ts"
import type { App } from "../host/app.ts"
import { type Engine, startEngine } from "../host/engine.ts"
import { factOf, type PublishOptions } from "../host/publish.ts"
import { type Duration, durationMs } from "../kernel/duration.ts"
import { describeError } from "../kernel/fault.ts"
import { limits } from "../kernel/limits.ts"
import { memoryAttachments } from "../memory/attachments.ts"
import { memoryJournal } from "../memory/journal.ts"
import { memoryLanes } from "../memory/lanes.ts"
import { memoryMembers } from "../memory/members.ts"
import { memoryPermits } from "../memory/permits.ts"
import { memoryStreams, type MemoryStreams } from "../memory/streams.ts"
import type { Command, Event } from "../message/contract.ts"
import { factHeaders } from "../message/fact.ts"
import { encodeInput } from "../message/input.ts"
import { partitionOf } from "../message/key.ts"
import type { CommandMessage } from "../message/message.ts"
import { partitionOfActor } from "../message/operation.ts"
import type { Outcome } from "../message/outcome.ts"
import { versionMark } from "../message/versions.ts"
import { silent } from "../ports/telemetry.ts"
import { leapClock } from "./sweep-clock.ts"
import { type Asked, factsOf, type Facts } from "./sweep-facts.ts"
import type { SweepPlan, SweepStage } from "./sweep-plan.ts"
import { type Hand, Mortal, mortalPorts, mortalShape } from "./sweep-ports.ts"

/** When runs begin: the first of January 2026, in UTC. */
const beginsMs = 1_767_225_600_000

export interface RunResult {
  readonly facts: Facts
  /** What kept the scenario from its end. */
  readonly stuck: string | undefined
}

/** Runs the scenario once. `hand` is told of every crossing, of all processes; where it says so, the process ends. */
export async function runOnce(app: App, plan: SweepPlan, hand: Hand): Promise<RunResult> {
  plan.reset?.()
  const run = new Run(app, hand)
  const playing = { isOver: false, failed: undefined as string | undefined } // cast: gives the absent text its type
  const stage: SweepStage = {
    ask: (command, effect) => run.ask(command, effect),
    publish: (event, options) => run.publish(event, options),
    pass: (duration) => run.pass(duration),
  }
  const scenario = plan.scenario(stage).catch((error: unknown) => void (playing.failed = describeError(error)))
  void scenario.then(() => (playing.isOver = true))
  const ended = await run.until(() => playing.isOver)
  const settled = ended && (await run.until(() => run.isSettled()))
  const facts = factsOf(run, plan)
  await run.end()
  const stuck = !ended ? "the scenario does not come to its end" : settled ? undefined : "the app does not come to rest"
  return { facts, stuck: playing.failed ?? stuck }
}

interface Process {
  readonly mortal: Mortal
  readonly scope: Scope.Closeable
  readonly starting: Fiber.Fiber<void, unknown>
  engine: Engine | undefined
}

class Run implements SweepStage {
  readonly app: App
  readonly streams: MemoryStreams
  readonly asked: Asked[] = []
  readonly #hand: Hand
  readonly #clock = leapClock(beginsMs)
  readonly #ports: Ports
  readonly #members = memoryMembers()
  readonly #waiting = new Map<string, { readonly again: () => void; readonly answered: (outcome: Outcome) => void }>()
  #process: Process
  #processes = 0
  #published = 0
  #passing = { untilMs: 0, stepMs: 0 }

  constructor(app: App, hand: Hand) {
    this.app = app
    this.#hand = hand
    this.streams = memoryStreams(undefined, ({ request }, outcome) => this.#waiting.get(request)?.answered(outcome))
    const { streams } = this
    const attachments = memoryAttachments(app.shape.name, new Map())
    const outlives = { journal: memoryJournal(), lanes: memoryLanes(), permits: memoryPermits(), attachments }
    this.#ports = { ...outlives, inputs: streams, egress: streams, telemetry: silent }
    this.#process = this.#start()
  }

  get engine(): Engine | undefined {
    return this.#process.engine
  }

  ask({ service, key, name, payload, version }: Command, effect = `asked ${this.asked.length + 1}`): Promise<Outcome> {
    const request = `request-${this.asked.length + 1}`
    const asked: Asked = { text: `${service}/${key} ${name}`, outcome: undefined }
    this.asked.push(asked)
    const to = { service, key }
    const replyTo = { subject: "_INBOX.sweep", request }
    const how = { ...versionMark(version), effect, direction: "do", attempt: 1, replyTo } as const
    const message: CommandMessage = { type: "command", to, name, payload, ...how }
    const again = () => {
      this.streams.store("external", partitionOfActor(to, this.app.shape.partitions), encodeInput([message]))
    }
    return new Promise((resolve) => {
      const answered = (outcome: Outcome) => {
        asked.outcome ??= outcome
        this.#waiting.delete(request)
        resolve(outcome)
      }
      this.#waiting.set(request, { again, answered })
      again()
    })
  }

  publish(event: Event, { id = `published-${(this.#published += 1)}`, ...options }: PublishOptions = {}): void {
    const { name, eventPartitions } = this.app.shape
    const fact = factOf(event, { id, ...options }, `${name}/client`, this.#clock.nowMs())
    const headers = factHeaders(fact, undefined, (ms) => new Date(ms).toISOString())
    const bytes = Buffer.from(JSON.stringify(fact.payload), "utf8")
    this.streams.store("events", partitionOf(fact.subject, eventPartitions), bytes, headers)
  }

  async pass(duration: Duration): Promise<void> {
    const ms = durationMs(duration)
    const untilMs = this.#clock.nowMs() + ms
    this.#passing = { untilMs, stepMs: Math.max(limits.sweepStepMsMax, Math.ceil(ms / limits.sweepPassSteps)) }
    while (this.#clock.nowMs() < untilMs) await turn()
  }

  /** Nothing is under way, and nothing is owed to anybody. */
  isSettled(): boolean {
    const { engine } = this.#process
    if (engine === undefined || engine.owned().length < this.app.shape.partitions || !engine.isIdle()) return false
    return engine.metrics().gauges.every(({ outbox, inFlight }) => outbox === 0 && inFlight === 0)
  }

  /** Lets everything happen that can, then time pass, until the predicate holds. False if it will not. */
  async until(predicate: () => boolean): Promise<boolean> {
    for (let quietMs = 0; ; ) {
      const before = this.#process.mortal.crossings
      await this.#settle()
      if (this.#process.mortal.isDead) {
        await this.#restart()
        quietMs = 0
        continue
      }
      if (predicate()) return true
      if (this.#process.mortal.crossings > before) quietMs = 0
      if (quietMs > limits.sweepQuietMsMax) return false
      const wantedMs = this.#passing.untilMs - this.#clock.nowMs()
      const gentleMs = Math.min(limits.sweepStepMsMax, Math.max(limits.sweepStepMsMin, quietMs))
      const stepMs = wantedMs > 0 ? Math.min(wantedMs, Math.max(gentleMs, quietMs === 0 ? 0 : this.#passing.stepMs)) : gentleMs
      quietMs = wantedMs > 0 ? gentleMs : quietMs + gentleMs
      this.#clock.leap(stepMs)
    }
  }

  /** As long as anything crosses, or a handler may be about to return, time stands still. */
  async #settle(): Promise<void> {
    const { mortal } = this.#process
    for (let quiet = 0, seen = mortal.crossings; quiet < limits.sweepQuietTurns && !mortal.isDead; quiet += 1) {
      await turn()
      if (mortal.crossings > seen) quiet = 0
      seen = mortal.crossings
    }
    if (mortal.underWay > 0 && !mortal.isDead) await pause(1)
  }

  #start(): Process {
    const mortal = new Mortal(this.#hand)
    const scope = Effect.runSync(Scope.make())
    const process: Process = { mortal, scope, starting: undefined as never, engine: undefined } // cast: set below, at once
    const self = `process-${(this.#processes += 1)}`
    const shape = mortalShape(this.app.shape, mortal)
    // Partitions are claimed in their order, so each journal has the same name in every run: ids of events begin with it.
    let journals = 0
    const newIncarnation = () => `journal-${(journals += 1)}`
    const ports = mortalPorts(this.#ports, mortal)
    const options = { app: shape, ports, members: this.#members, self, observer: unobserved, newIncarnation }
    const starting = startEngine(options).pipe(
      Effect.map((engine) => void (process.engine = engine)),
      Scope.provide(scope),
      Effect.provideService(Clock.Clock, this.#clock.clock),
    )
    return Object.assign(process, { starting: Effect.runFork(starting) })
  }

  /** Ends the process, with nothing finished. */
  async end(): Promise<void> {
    const { starting, scope } = this.#process
    await Effect.runPromise(Fiber.interrupt(starting))
    await Effect.runPromise(Scope.close(scope, Exit.void))
  }

  async #restart(): Promise<void> {
    await this.end()
    this.#process = this.#start()
    for (const { again } of this.#waiting.values()) again()
  }
}
