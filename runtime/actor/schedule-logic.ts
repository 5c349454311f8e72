// A schedule as an actor: a durable timer for its next tick, a command for each tick, and an answer that says when a run is
// over. Its ticks are records like all others: journaled, exactly once, and never early.
import { describeError, Fault } from "../kernel/fault.ts"
import { limits } from "../kernel/limits.ts"
import type { Command } from "../message/contract.ts"
import type { Json } from "../message/json.ts"
import { type Address, addressText, type Message } from "../message/message.ts"
import type { Outcome } from "../message/outcome.ts"
import { parse } from "../message/schema.ts"
import { versionMark } from "../message/versions.ts"
import type { ActorLogic, DecideContext, Decision, OutgoingCommand } from "./logic.ts"
import {
  asRow, asState, counted, newScheduleRow, type RunningTick, type ScheduleRow, type Tick, type WaitingTick,
} from "./schedule-row.ts"
import { type Ticks, ticksBetween } from "./schedule-times.ts"
import { type Backfill, backfillSchema } from "./schedule-backfill.ts"
import { UnknownCommand } from "./service-logic.ts"
import type { TimerChange } from "./timer.ts"

export interface ScheduleDefinition {
  readonly name: string
  readonly ticks: Ticks
  readonly overlap: "skip" | "queue" | "allow"
  readonly catchUp: "none" | "last" | "all"
  readonly timeoutMs: number
  readonly command: (tick: Tick) => Command
}

/** Arms a schedule that is new, or whose times have changed. Sent by the engine when it claims the partition. */
export const wakeCommand = "$wake"
const tickTimer = "tick"
const overTimer = "over:"

export function scheduleLogic(definition: ScheduleDefinition): ActorLogic {
  const { name, ticks } = definition
  return {
    service: name,
    kind: "service",
    reactions: new Map(),
    wake: { key: name, command: wakeCommand, isAwake: (state) => asRow(state)?.times === ticks.text },
    // Its commands are the same for every schedule.
    describe: () => ({ commands: {}, reactions: {}, timers: {}, emits: {}, emitsAll: true }),
    decide(state, message, context) {
      const turn = new Turn(definition, asRow(state) ?? newScheduleRow(ticks.text, context.nowMs), context)
      return turn.decision(decideOn(turn, message, definition))
    },
  }
}

function decideOn(turn: Turn, message: Message, { name }: ScheduleDefinition): Outcome | undefined {
  switch (message.type) {
    case "timer":
      if (message.name === tickTimer) turn.tick()
      else turn.over(message.name.slice(overTimer.length))
      return undefined
    case "reply":
      turn.ended(message.effect, message.outcome)
      return undefined
    case "command":
      return runCommand(turn, message.name, message.effect, message.payload, name)
    default:
      throw new UnknownCommand(`schedule ${name} cannot take a message of type ${message.type}; it is parked`)
  }
}

function runCommand(turn: Turn, command: string, effect: string, payload: Json, name: string): Outcome {
  switch (command) {
    case wakeCommand:
      return turn.wake()
    case "pause":
      return turn.pause()
    case "resume":
      return turn.resume()
    case "trigger":
      return turn.trigger(effect)
    case "backfill": {
      const { fromMs, toMs } = parse<Backfill>(backfillSchema, payload, `the backfill of schedule ${name}`)
      return turn.backfill(fromMs, toMs, effect)
    }
    default:
      throw new UnknownCommand(`schedule ${name} has no command "${command}"; the record is parked`)
  }
}

const full: Outcome = { type: "refused", code: "full", detail: { max: limits.scheduleWaitingMax } }
const done = (value: Json = null): Outcome => ({ type: "done", value })

/** One decision of a schedule, as it comes about. */
class Turn {
  readonly #definition: ScheduleDefinition
  readonly #context: DecideContext
  readonly #send: OutgoingCommand[] = []
  readonly #timers: TimerChange[] = []
  /** Actors with which a run has ended. */
  readonly #left: Address[] = []
  #row: ScheduleRow

  constructor(definition: ScheduleDefinition, row: ScheduleRow, context: DecideContext) {
    this.#definition = definition
    this.#row = row
    this.#context = context
  }

  decision(outcome: Outcome | undefined): Decision {
    this.#startWaiting()
    const send = this.#send
    const busy = new Set(this.#row.running.map(({ to }) => addressText(to)))
    // They may forget what they were asked, unless another run with them is under way (R11).
    const release = this.#left.filter((to) => !busy.has(addressText(to)))
    return {
      state: asState(this.#row),
      ...(outcome === undefined ? {} : { outcome }),
      ...(send.length === 0 ? {} : { send }),
      ...(release.length === 0 ? {} : { release }),
      timers: this.#timers,
    }
  }

  /** New times hold from now on: what the old ones have missed is not caught up. */
  wake(): Outcome {
    this.#row = { ...this.#row, times: this.#definition.ticks.text, lastMs: this.#context.nowMs }
    this.#arm()
    return done()
  }

  pause(): Outcome {
    this.#row = { ...this.#row, isPaused: true }
    this.#timers.push({ type: "cancel", name: tickTimer })
    return done()
  }

  /** What would have been due while it was paused is not caught up: see `backfill`. */
  resume(): Outcome {
    if (!this.#row.isPaused) return done()
    this.#row = { ...this.#row, isPaused: false, lastMs: this.#context.nowMs }
    this.#arm()
    return done()
  }

  trigger(effect: string): Outcome {
    const { overlap } = this.#definition
    const isBusy = this.#row.running.length + this.#row.waiting.length > 0
    if (isBusy && overlap === "skip") return { type: "refused", code: "running", detail: null }
    const tick = { atMs: this.#context.nowMs, cause: "trigger" as const, effect: `${this.#definition.name}/trigger/${effect}` }
    if (isBusy && overlap === "queue") return this.#wait([tick]) === 1 ? done() : full
    this.#run(tick)
    return done()
  }

  /** The ticks from one time to another, both included, one run after the other. */
  backfill(fromMs: number, toMs: number, effect: string): Outcome {
    const max = limits.scheduleCatchUpMax
    const { ticks, more } = ticksBetween(this.#definition.ticks, fromMs - 1, toMs, max)
    if (more) return { type: "refused", code: "too-many", detail: { max } }
    if (this.#row.waiting.length + ticks.length > limits.scheduleWaitingMax) return full
    const { name } = this.#definition
    this.#wait(ticks.map((atMs) => ({ atMs, cause: "backfill", effect: `${name}/${isoTime(atMs)}/${effect}` })))
    return done({ ticks: ticks.length })
  }

  tick(): void {
    const { ticks, catchUp, overlap } = this.#definition
    const { nowMs } = this.#context
    if (this.#row.isPaused || nowMs <= this.#row.lastMs) return
    const due = ticksBetween(ticks, this.#row.lastMs, nowMs, limits.scheduleCatchUpMax).ticks
    this.#row = { ...this.#row, lastMs: nowMs }
    this.#arm()
    const inTime = (atMs: number) => catchUp === "last" || nowMs - atMs <= limits.scheduleLateMs
    const wanted = catchUp === "all" ? due : due.slice(-1).filter(inTime)
    this.#row = counted(this.#row, "missed", due.length - wanted.length)
    const { name } = this.#definition
    const effects = wanted.map((atMs): WaitingTick => ({ atMs, cause: "time", effect: `${name}/${isoTime(atMs)}` }))
    const [only] = effects
    const isBusy = this.#row.running.length + this.#row.waiting.length > 0
    // Several at once were missed: they run one after the other, whatever the policy says of those that come in time.
    if (only !== undefined && effects.length === 1 && overlap !== "queue") {
      if (overlap === "skip" && isBusy) this.#row = counted(this.#row, "skipped")
      else this.#run(only)
    } else this.#wait(effects)
  }

  ended(effect: string, outcome: Outcome): void {
    const run = this.#finish(effect)
    if (run === undefined) return
    this.#timers.push({ type: "cancel", name: overTimer + effect })
    const text = outcome.type === "done" ? "done" : `${outcome.type}: ${outcome.code}`
    this.#row = { ...counted(this.#row, outcome.type), latest: { atMs: run.atMs, outcome: text } }
  }

  over(effect: string): void {
    const run = this.#finish(effect)
    if (run === undefined) return
    this.#row = { ...counted(this.#row, "unanswered"), latest: { atMs: run.atMs, outcome: "unanswered" } }
  }

  #finish(effect: string): RunningTick | undefined {
    const run = this.#row.running.find((candidate) => candidate.effect === effect)
    if (run === undefined) return undefined
    const running = this.#row.running.filter((candidate) => candidate !== run)
    this.#row = { ...this.#row, running }
    this.#left.push(run.to)
    return run
  }

  #wait(ticks: readonly WaitingTick[]): number {
    const room = Math.max(0, limits.scheduleWaitingMax - this.#row.waiting.length)
    const waiting = [...this.#row.waiting, ...ticks.slice(0, room)]
    this.#row = counted({ ...this.#row, waiting }, "skipped", Math.max(0, ticks.length - room))
    return Math.min(room, ticks.length)
  }

  #startWaiting(): void {
    for (;;) {
      const [next, ...waiting] = this.#row.waiting
      if (next === undefined || this.#row.running.length > 0 || this.#row.isPaused) return
      this.#row = { ...this.#row, waiting }
      this.#run(next)
    }
  }

  /** A function that throws ends its run and never the schedule. */
  #run(tick: WaitingTick): void {
    if (this.#row.running.length >= limits.scheduleRunningMax) return void (this.#row = counted(this.#row, "skipped"))
    const { effect, atMs, cause } = tick
    try {
      const { service, key, name, payload, version } = this.#definition.command({ atMs, cause })
      const to = { service, key }
      this.#send.push({ to, name, payload, ...versionMark(version), effect, direction: "do", attempt: 1 })
      this.#row = { ...this.#row, running: [...this.#row.running, { ...tick, to }] }
      const dueMs = this.#context.nowMs + this.#definition.timeoutMs
      this.#timers.push({ type: "set", name: overTimer + effect, dueMs, payload: null })
    } catch (error) {
      const code = error instanceof Fault ? error.code : describeError(error)
      this.#row = { ...counted(this.#row, "faulted"), latest: { atMs, outcome: `no command: ${code}` } }
    }
  }

  #arm(): void {
    if (this.#row.isPaused) return
    const dueMs = this.#definition.ticks.next(this.#row.lastMs)
    this.#timers.push({ type: "set", name: tickTimer, dueMs, payload: null })
  }
}

function isoTime(atMs: number): string {
  return new Date(atMs).toISOString()
}
