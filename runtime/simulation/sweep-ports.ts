// The ports in memory with a hand on every crossing: whoever sweeps is told of each, and may say that the process ends there.
// From then on it is as if it were not there: nothing that it still does is stored, said or heard.
import * as Effect from "effect/Effect"
import type { ActorLogic, IoLogic, PerformContext } from "../actor/logic.ts"
import type { AppShape, Ports } from "../delivery/delivery.ts"
import { addressText, type Message } from "../message/message.ts"
import type { Egress } from "../ports/egress.ts"
import type { InputReader, Inputs } from "../ports/inputs.ts"
import type { Journal } from "../ports/journal.ts"
import type { Lanes } from "../ports/lanes.ts"
import {
  type CrashPoint, sweptFact, sweptInBlock, sweptInRecord, type SweptMessage, sweptOf,
} from "./sweep-points.ts"

/** One process, which may end at any crossing. */
export class Mortal {
  /** It has ended: whatever it still does is not there. */
  isDead = false
  /** How often anything has crossed: as long as it grows, something is going on. */
  crossings = 0
  /** Handlers that were called and have not returned. */
  underWay = 0
  /** What each actor handles now, by its row. */
  readonly handling = new Map<string, SweptMessage>()
  /** What the last stored block of each partition decided. */
  readonly stored = new Map<number, readonly SweptMessage[]>()
  readonly #hand: Hand

  constructor(hand: Hand) {
    this.#hand = hand
  }

  /** Whether it has ended, here or before. */
  pass(point: CrashPoint, messages: readonly SweptMessage[]): boolean {
    if (this.isDead) return true
    this.crossings += 1
    this.isDead = this.#hand.crosses(point, messages)
    return this.isDead
  }

  /** A handler is called for a message, or a pure decision is made on it. */
  called(message: SweptMessage, doesIo: boolean): void {
    if (!this.isDead) this.#hand.called(message, doesIo)
  }
}

/** Whoever sweeps. */
export interface Hand {
  /** Whether the process ends where these messages cross. */
  crosses(point: CrashPoint, messages: readonly SweptMessage[]): boolean
  called(message: SweptMessage, doesIo: boolean): void
}

export function mortalPorts(ports: Ports, mortal: Mortal): Ports {
  return {
    ...ports,
    journal: mortalJournal(ports.journal, mortal),
    inputs: mortalInputs(ports.inputs, mortal),
    lanes: mortalLanes(ports.lanes, mortal),
    egress: mortalEgress(ports.egress, mortal),
  }
}

function mortalJournal(journal: Journal, mortal: Mortal): Journal {
  return {
    ...journal,
    append: (partition, bytes, expected) =>
      Effect.suspend(() => {
        const messages = sweptInBlock(bytes, (row) => mortal.handling.get(row))
        if (mortal.pass("block made", messages)) return Effect.never
        return Effect.flatMap(journal.append(partition, bytes, expected), (sequence) => {
          mortal.stored.set(partition, messages)
          return mortal.pass("block stored", messages) ? Effect.never : Effect.succeed(sequence)
        })
      }),
    purge: (partition, sequence) => Effect.suspend(() => (mortal.isDead ? Effect.never : journal.purge(partition, sequence))),
  }
}

function mortalInputs(inputs: Inputs, mortal: Mortal): Inputs {
  return {
    ...inputs,
    open: (source, partition, from) =>
      Effect.map(inputs.open(source, partition, from), (reader): InputReader => {
        const next = Effect.flatMap(reader.next, (record) =>
          mortal.pass("arrived", sweptInRecord(source, record)) ? Effect.never : Effect.succeed(record),
        )
        return { ...reader, next }
      }),
    purge: (...purged) => Effect.suspend(() => (mortal.isDead ? Effect.never : inputs.purge(...purged))),
  }
}

function mortalLanes(lanes: Lanes, mortal: Mortal): Lanes {
  return {
    attach: (partition, receiver) =>
      lanes.attach(partition, {
        frame(frame) {
          if (!mortal.pass("arrived", frame.messages.map(sweptOf))) receiver.frame(frame)
        },
        confirmation: (confirmation) => (mortal.isDead ? undefined : receiver.confirmation(confirmation)),
        peerReady: (other) => (mortal.isDead ? undefined : receiver.peerReady(other)),
      }),
    send(frame) {
      const messages = frame.messages.map(sweptOf)
      if (mortal.pass("record leaves", messages)) return
      lanes.send(frame)
      mortal.pass("record left", messages)
    },
    confirm(confirmation) {
      const messages = mortal.stored.get(confirmation.destination) ?? []
      if (mortal.pass("mark leaves", messages)) return
      lanes.confirm(confirmation)
      mortal.pass("mark left", messages)
    },
    ready: (partition) => (mortal.isDead ? undefined : lanes.ready(partition)),
  }
}

function mortalEgress(egress: Egress, mortal: Mortal): Egress {
  const publishing = <E>(what: "event" | "record", messages: readonly SweptMessage[], publish: Effect.Effect<void, E>) =>
    Effect.suspend(() => {
      if (mortal.pass(`${what} leaves`, messages)) return Effect.never
      const left = what === "event" ? "event stored" : "record left"
      return Effect.flatMap(publish, () => (mortal.pass(left, messages) ? Effect.never : Effect.void))
    })
  return {
    publish: (fact) => publishing("event", [sweptFact(fact.event)], egress.publish(fact)),
    send: (frame) => publishing("record", frame.messages.map(sweptOf), egress.send(frame)),
    answer(to, outcome, receipt) {
      const messages = receipt === undefined ? [] : (mortal.stored.get(receipt.partition) ?? [])
      if (mortal.pass("answer leaves", messages)) return
      egress.answer(to, outcome, receipt)
      mortal.pass("answer left", messages)
    },
    progress: (progress) => (mortal.isDead ? undefined : egress.progress(progress)),
  }
}

/** The app whose handlers are watched: who was called, how often, and with what under way. */
export function mortalShape(shape: AppShape, mortal: Mortal): AppShape {
  const logics = [...shape.logics].map(([name, logic]) => [name, mortalLogic(logic, mortal)] as const)
  return { ...shape, logics: new Map(logics) }
}

function mortalLogic(logic: ActorLogic, mortal: Mortal): ActorLogic {
  const decide: ActorLogic["decide"] = (state, message, context) => {
    const swept = sweptOf(message)
    // What the engine makes of the error, and of the decision, never leaves a process that has ended.
    if (mortal.pass("decision begins", [swept])) throw new Error("its process has ended")
    mortal.called(swept, false)
    const decision = logic.decide(state, message, context)
    mortal.pass("decision made", [swept])
    return decision
  }
  return { ...logic, decide, ...(logic.io === undefined ? {} : { io: mortalIo(logic.io, mortal) }) }
}

function mortalIo(io: IoLogic, mortal: Mortal): IoLogic {
  const watched = (message: SweptMessage, context: PerformContext): PerformContext => ({
    ...context,
    record: (step, value) =>
      mortal.pass("step done", [message]) ? new Promise(() => undefined) : context.record(step, value),
  })
  return {
    ...io,
    perform: (state, message: Message, context) =>
      Effect.suspend(() => {
        const swept = sweptOf(message)
        mortal.handling.set(addressText(message.to), swept)
        if (mortal.pass("handler begins", [swept])) return Effect.never
        mortal.called(swept, true)
        mortal.underWay += 1
        const over = Effect.sync(() => void (mortal.underWay -= 1))
        return io.perform(state, message, watched(swept, context)).pipe(
          Effect.ensuring(over),
          Effect.flatMap((decision) => (mortal.pass("handler done", [swept]) ? Effect.never : Effect.succeed(decision))),
        )
      }),
  }
}
