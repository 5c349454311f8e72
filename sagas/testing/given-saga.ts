// given / when / then for a saga, without a broker: `given(placeOrder, { key, input }).participants({ ... })
// .when(start()).then({ ended: "compensated", reason: "no-money", commands: [...] })`.
import { InvalidInput } from "../../runtime/kernel/fault.ts"
import type { Command, Event } from "../../runtime/message/contract.ts"
import type { Json } from "../../runtime/message/json.ts"
import type { Outcome } from "../../runtime/message/outcome.ts"
import { assertFacts, textOf } from "../../runtime/testing/difference.ts"
import { parseInstance } from "../definition/outline.ts"
import { tokenOf } from "../machine/functions.ts"
import { completeToken } from "../orchestrator/complete-token.ts"
import type { Saga } from "../orchestrator/saga.ts"
import type { Action, Happening } from "./actions.ts"
import { pathsSeen } from "./coverage.ts"
import type { Participants } from "./participants.ts"
import { SagaRun } from "./saga-run.ts"
import { outcomeText } from "./story.ts"
import { watch } from "./watched.ts"

/** A saga, as far as a test needs it. */
export interface TestedSaga<Input> extends Pick<Saga<never>, "name" | "definition" | "machine"> {
  start(key: string, input: Input): Command
}

export interface SagaCase<Input> {
  readonly key: string
  readonly input: Input
  /** When it begins, in ms since 1970. */
  readonly nowMs?: number
}

/** What is expected; what is left out is not looked at. Commands and events: since the last `then`. */
export interface ExpectedOfSaga {
  readonly ended?: "completed" | "compensated" | "killed" | "not yet"
  /** Why it was compensated. */
  readonly reason?: string
  /** What a completed saga gives. */
  readonly result?: unknown
  /** Why it cannot go on by itself: `PIVOT_UNKNOWN`. */
  readonly parked?: string
  /** As `do inventory.reserve/P11`, in the order in which they were sent; ` #2` on a second try. */
  readonly commands?: readonly string[]
  /** Events, or their names alone. */
  readonly emitted?: readonly (Event | string)[]
  /** Names of the waits that are open now. */
  readonly waiting?: readonly string[]
  /** The code by which the saga refused what was just told it. Left out: it did not. */
  readonly refused?: string
}

export interface SagaGiven {
  /** What those who are sent commands do, by command. Said again, it replaces what was said of these commands. */
  participants(participants: Participants): SagaGiven
  when(happening: Happening): SagaWhen
}

export interface SagaWhen extends Omit<SagaGiven, "participants"> {
  /** Throws AssertionError, with the difference in lines and with everything that happened. */
  then(expected: ExpectedOfSaga): SagaGiven
}

/**
 * Starts a test of a saga. `when` lets everything happen that happens by itself: answers come, tries end, pauses pass. Only
 * what the saga waits for, signals, events and times, has to be said.
 */
export function givenSaga<Input>(saga: TestedSaga<Input>, given: SagaCase<Input>): SagaGiven {
  return new GivenSaga(saga, given)
}

class GivenSaga<Input> implements SagaGiven {
  readonly #saga: TestedSaga<Input>
  readonly #given: SagaCase<Input>
  readonly #run: SagaRun
  readonly #participants: Record<string, Participants[string]> = {}
  #refused = "no"
  #count = 0

  constructor(saga: TestedSaga<Input>, given: SagaCase<Input>) {
    this.#saga = saga
    this.#given = given
    const seen = pathsSeen(saga.definition)
    const { nowMs } = given
    const watched = watch(saga.definition, (path) => seen.add(path))
    const options = { participants: this.#participants, ...(nowMs === undefined ? {} : { nowMs }) }
    this.#run = new SagaRun(watched, { service: saga.name, key: given.key }, options)
  }

  participants(participants: Participants): SagaGiven {
    Object.assign(this.#participants, participants)
    return this
  }

  when(happening: Happening): SagaWhen {
    this.#count += 1
    this.#refused = "no"
    const untilMs = "ms" in happening ? this.#run.nowMs + happening.ms : this.#run.nowMs
    if ("service" in happening) this.#command(happening)
    else if (!("type" in happening)) this.#event(happening)
    else if (happening.type !== "time passes") this.#act(happening)
    this.#run.settle(untilMs)
    const next: SagaWhen = {
      when: (more) => this.when(more),
      // oxlint-disable-next-line unicorn/no-thenable -- the third word of given / when / then; awaited by mistake it says so
      then: (expected) => this.#then(expected),
    }
    return next
  }

  #act(action: Action): void {
    const { key, input } = this.#given
    const { name } = this.#saga
    switch (action.type) {
      case "start":
        return this.#command(this.#saga.start(key, input))
      case "crash":
        return this.#run.crash()
      case "cancel":
        return this.#order("cancel", {})
      case "signal":
        return this.#order("signal", { name: action.wait, payload: asJson(action.payload) })
      case "complete": {
        const { secret = "" } = this.#run.row ?? {}
        const token = tokenOf({ saga: name }, { sagaId: key, secret }, action.wait)
        return this.#command(completeToken(token, asJson(action.payload)))
      }
    }
  }

  #order(name: string, payload: Json): void {
    this.#command({ service: this.#saga.name, key: this.#given.key, name, payload })
  }

  #command({ service, key, name, payload, version }: Command): void {
    const { self } = this.#run
    if (service !== self.service || key !== self.key)
      throw new InvalidInput(`the test is of ${self.service}/${self.key}, and this is for ${service}/${key}`)
    this.#run.tell(`${name} comes`)
    const replyTo = { subject: "test", request: String(this.#count) }
    const effect = `test-${this.#count}`
    const message = { type: "command", to: self, name, payload, effect, direction: "do", attempt: 1, replyTo } as const
    const { outcome } = this.#run.take(version === undefined ? message : { ...message, version })
    this.#refuse(outcome)
  }

  #refuse(outcome: Outcome | undefined): void {
    if (outcome?.type !== "refused") return
    this.#refused = outcome.code
    this.#run.tell(`the saga ${outcomeText(outcome)} ${textOf(outcome.detail)}`)
  }

  #event({ name, payload, key: about, version }: Event): void {
    const { self, nowMs, reactions } = this.#run
    const json = asJson(payload)
    const subject = about ?? self.key
    const key = reactions.get(name)?.(json, subject, version)
    if (key !== self.key)
      throw new InvalidInput(`${name} is not for ${self.service}/${self.key} but for ${key ?? "no saga of that kind"}`)
    this.#run.tell(`${name} comes`)
    const place = { id: `test-${this.#count}`, source: "test", subject, timeMs: nowMs }
    this.#run.take({ type: "event", to: self, name, payload: json, ...place, ...(version === undefined ? {} : { version }) })
  }

  #then(expected: ExpectedOfSaga): SagaGiven {
    if (typeof expected !== "object") throw new InvalidInput("given(...).when(...) was awaited; it needs then({ ... })")
    const { row, ended, state, told } = this.#run
    const names = expected.emitted?.map((event) => typeof event === "string")
    const waits = Object.values(row?.open ?? {}).filter(({ direction }) => direction === "wait")
    const parked = row?.parked
    const standing = parked === undefined ? "not yet" : `not yet, parked: ${parked.code}`
    const actual = {
      ended: ended?.outcome ?? (state === undefined ? "never started" : standing),
      reason: ended?.reason ?? "none",
      result: ended?.result ?? (told?.type === "faulted" ? `none: ${told.message}` : "none"),
      parked: parked?.code ?? "no",
      commands: this.#run.commands,
      emitted: this.#run.emitted.map((event, index) => (names?.[index] === true ? event.name : event)),
      waiting: waits.map(({ step }) => parseInstance(step).name),
      refused: this.#refused,
    }
    const { service, key } = this.#run.self
    assertFacts(`${service}/${key}`, { ...expected, refused: expected.refused ?? "no" }, actual, this.#run.story)
    this.#run.commands = []
    this.#run.emitted = []
    return this
  }
}

function asJson(value: unknown): Json {
  return JSON.parse(JSON.stringify(value ?? null)) as Json // cast: it is what JSON can say of it
}
