// One saga, its scripted participants, and time that passes only as things happen. No engine: a message goes in, a decision
// comes out, and between two of them the row goes through JSON. Each message is decided twice, which must give the same.
import { isDeepStrictEqual } from "node:util"
import { assert } from "../../runtime/kernel/assert.ts"
import { Fault } from "../../runtime/kernel/fault.ts"
import type { ActorLogic, Decision, OutgoingCommand, OutgoingEvent } from "../../runtime/actor/logic.ts"
import type { Json } from "../../runtime/message/json.ts"
import type { Address, Message } from "../../runtime/message/message.ts"
import type { Outcome } from "../../runtime/message/outcome.ts"
import { startOfTimeMs } from "../../runtime/testing/time-passes.ts"
import type { EndedRow, OpenCommand, SagaRow } from "../machine/row.ts"
import { openUnder } from "../machine/slots.ts"
import type { Participants, Try } from "./participants.ts"
import { commandText, outcomeText, targetText, timeText } from "./story.ts"
import type { Watched } from "./watched.ts"

/** The saga sent a command that the test says nothing about, or is not what a saga must be. */
export class TestIncomplete extends Fault {
  readonly _tag = "TestIncomplete"
  readonly code = "TEST_INCOMPLETE"
  readonly retry = "never"
}

interface Answer {
  readonly dueMs: number
  readonly effect: string
  readonly target: string
  readonly outcome: Outcome
  readonly crash: boolean
}

/** How many messages one `when` may bring; a saga that takes more does not come to rest. */
const messagesMax = 100_000

export class SagaRun {
  readonly self: Address
  nowMs: number
  state: Json | undefined
  readonly timers = new Map<string, number>()
  readonly story: string[] = []
  /** Since somebody last looked. */
  commands: string[] = []
  emitted: OutgoingEvent[] = []
  /** What the starter was told. */
  told: Outcome | undefined
  readonly participants: Participants
  readonly #watched: Watched
  #logic: ActorLogic
  #answers: Answer[] = []
  readonly #startedMs: number
  /** By effect: what the participant decided, and when it is known; it answers the same whenever it is asked again. */
  readonly #decided = new Map<string, { readonly outcome: Outcome; readonly readyMs: number }>()

  constructor(watched: Watched, self: Address, options: { readonly participants: Participants; readonly nowMs?: number }) {
    const { participants, nowMs = startOfTimeMs } = options
    this.self = self
    this.participants = participants
    this.nowMs = nowMs
    this.#startedMs = nowMs
    this.#watched = watched
    this.#logic = watched.actor()
  }

  get reactions(): ActorLogic["reactions"] {
    return this.#logic.reactions
  }

  /** The row of a saga under way. */
  get row(): SagaRow | undefined {
    const row = this.state as SagaRow | EndedRow | undefined // cast: the state of a saga
    return row === undefined || "ended" in row ? undefined : row
  }

  get ended(): EndedRow["ended"] | undefined {
    return (this.state as EndedRow | undefined)?.ended // cast: the state of a saga
  }

  tell(line: string): void {
    this.story.push(`${timeText(this.nowMs - this.#startedMs)}: ${line}`)
  }

  take(message: Message): Decision {
    const decision = this.#decide(message)
    this.state = decision.state
    this.#apply(decision)
    const { parked } = decision
    if (parked !== undefined) this.tell(`parked: ${parked.code}: ${parked.message}`)
    if (decision.ended !== undefined) {
      const { outcome, reason } = decision.ended
      this.tell(reason === undefined ? outcome : `${outcome}: ${reason}`)
    }
    return decision
  }

  /** As a process that begins: nothing is left but what was stored, and what was under way comes twice. */
  crash(): void {
    this.tell("the process crashes, and another goes on")
    this.#logic = this.#watched.actor()
    this.#answers = this.#answers.flatMap((answer) => [answer, answer])
  }

  /**
   * Lets time pass until then, and on until nothing is under way any more but waits: tries end, pauses pass, answers come.
   * What is due in that time happens at its time, in its order.
   */
  settle(untilMs = this.nowMs): void {
    for (let count = 0; ; count += 1) {
      assert(count < messagesMax, `saga ${this.self.service}/${this.self.key} comes to rest`)
      const answer = this.#answers.toSorted((a, b) => a.dueMs - b.dueMs)[0]
      const timer = [...this.timers].toSorted(([, a], [, b]) => a - b)[0]
      const dueMs = Math.min(answer?.dueMs ?? Number.POSITIVE_INFINITY, timer?.[1] ?? Number.POSITIVE_INFINITY)
      if (dueMs === Number.POSITIVE_INFINITY || (dueMs > untilMs && !this.#isBusy())) break
      this.nowMs = Math.max(this.nowMs, dueMs)
      // An answer that comes as its time is over has come in time.
      if (answer !== undefined && answer.dueMs <= dueMs) this.#answer(answer)
      else if (timer !== undefined) this.#fire(timer[0], timer[1])
    }
    this.nowMs = Math.max(this.nowMs, untilMs)
  }

  /** Whether a command is under way whose answer comes or whose time will be over. */
  #isBusy(): boolean {
    return this.#answers.length > 0 || [...this.timers.keys()].some((name) => isCommand(this.#openUnder(name)))
  }

  #openUnder(effect: string): OpenCommand | undefined {
    return this.row && openUnder(this.row, this.self, effect)
  }

  #answer(answer: Answer): void {
    this.#answers = this.#answers.filter((other) => other !== answer)
    if (answer.crash) {
      this.crash()
      this.#answers.push({ ...answer, crash: false })
    }
    const { effect, target, outcome } = answer
    this.tell(`${target} answers: ${outcomeText(outcome)}`)
    this.take({ type: "reply", to: this.self, effect, outcome })
  }

  #fire(name: string, dueMs: number): void {
    this.timers.delete(name)
    const open = this.#openUnder(name)
    const target = open === undefined ? undefined : (this.row?.sent[open.step]?.targets[open.item] ?? open.step)
    this.tell(`${target ?? name}: ${open?.fault === undefined ? "the time is over" : "the pause is over"}`)
    this.#watched.isTimer = true
    this.take({ type: "timer", to: this.self, name, dueMs, payload: null })
    this.#watched.isTimer = false
  }

  #decide(message: Message): Decision {
    const { self, nowMs, state } = this
    const { isTimer } = this.#watched
    const decision = this.#logic.decide(state, message, { self, nowMs })
    this.#watched.isTimer = isTimer
    const again = this.#logic.decide(state, message, { self, nowMs })
    if (!isDeepStrictEqual(decision, again))
      throw new TestIncomplete(`saga ${self.service} decided the same twice and differently: one of its functions is not pure`)
    const stored: Decision = JSON.parse(JSON.stringify(decision)) as Decision // cast: it was one
    return { ...stored, state: stored.state }
  }

  #apply({ timers = [], send = [], emit = [], answer = [] }: Decision): void {
    for (const change of timers) {
      if (change.type === "set") this.timers.set(change.name, change.dueMs)
      else this.timers.delete(change.name)
    }
    for (const command of send) {
      this.commands.push(commandText(command))
      this.tell(commandText(command))
      this.#ask(command)
    }
    for (const event of emit) this.tell(`emits ${event.name}`)
    this.emitted.push(...emit)
    for (const { to, outcome } of answer) if ("subject" in to) this.told = outcome
  }

  /** What the participant makes of a command. */
  #ask(command: OutgoingCommand): void {
    const { effect } = command
    const known = this.#decided.get(effect)
    if (known !== undefined) {
      const dueMs = Math.max(known.readyMs, this.nowMs)
      this.#answers.push({ dueMs, effect, target: targetText(command), outcome: known.outcome, crash: false })
      return
    }
    const { outcome, takesMs = 0, twice, crash = false } = this.#tryOf(command)
    if (outcome === undefined) return
    const timeoutMs = (this.timers.get(effect) ?? this.nowMs) - this.nowMs
    const dueMs = this.nowMs + (takesMs === "late" ? timeoutMs + 1 : takesMs)
    if (outcome.type !== "faulted") this.#decided.set(effect, { outcome, readyMs: dueMs })
    const answer = { dueMs, effect, target: targetText(command), outcome, crash }
    this.#answers.push(answer, ...(twice === true ? [{ ...answer, crash: false }] : []))
  }

  #tryOf({ to, name, payload, direction, attempt }: OutgoingCommand): Try {
    const command = `${to.service}.${name}`
    const { participants } = this
    const script = participants[`${command}/${to.key}`] ?? participants[command] ?? participants["*"]
    const done: Try = { outcome: { type: "done", value: null } }
    if (script === undefined || (direction === "undo" && script === participants["*"])) {
      if (direction === "undo") return done
      const told = Object.keys(participants).join(", ")
      throw new TestIncomplete(`nothing is said about ${command}/${to.key}, only about ${told === "" ? "nothing" : told}`)
    }
    const tries = typeof script === "function" ? script({ key: to.key, payload, attempt }) : script
    return tries[attempt - 1] ?? tries.at(-1) ?? done
  }
}

function isCommand(open: OpenCommand | undefined): boolean {
  return open !== undefined && open.direction !== "wait"
}
