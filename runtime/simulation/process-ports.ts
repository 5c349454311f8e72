// The ports of one process of a simulation: each call is a message to the server, or to another process, and back.
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { Ports } from "../delivery/delivery.ts"
import { limits } from "../kernel/limits.ts"
import { memoryAttachments } from "../memory/attachments.ts"
import type { OutgoingFact } from "../ports/egress.ts"
import { PublishFailed } from "../ports/egress.ts"
import { AppendUnknown, type Fenced, JournalUnavailable } from "../ports/journal.ts"
import { type Member, type Members, MembersUnavailable } from "../ports/members.ts"
import { PermitsUnavailable } from "../ports/permits.ts"
import { silent } from "../ports/telemetry.ts"
import type { LaneNet } from "./lane-net.ts"
import { streamedInputs } from "./process-inputs.ts"
import type { Call, JournalEar, Place } from "./place.ts"

export function processPorts(place: Place, lanes: LaneNet, ear: JournalEar): Ports & { readonly members: Members } {
  const { stored, app, server } = place
  const call = caller(place)
  return {
    journal: journalPort(place, call, ear),
    inputs: streamedInputs(place, call),
    lanes: lanes.of(place),
    egress: egressPort(place, call),
    telemetry: silent,
    members: {
      beat: (member) => {
        const beaten = call<readonly Member[], MembersUnavailable>({
          kind: "beat",
          carryOut: () => Effect.succeed(stored.members.beat(member, server.nowMs)),
          silent: () => Effect.fail(new MembersUnavailable("the members' bucket gave no answer; tried again soon")),
          timeoutMs: limits.memberBeatMs,
          // As a look at a bucket did whose link was cut in the middle of its answer.
          mayHang: true,
        })
        return Effect.tap(beaten, (members) => Effect.sync(() => ear.beaten(members)))
      },
      leave: (name) =>
        call({
          kind: "leave",
          carryOut: () => Effect.sync(() => stored.members.leave(name)),
          silent: () => Effect.void,
          timeoutMs: limits.memberBeatMs,
        }),
    },
    permits: {
      take: (limit, wanted) =>
        call({
          kind: "permits",
          carryOut: () => stored.permits.take(limit, wanted),
          silent: () => Effect.fail(new PermitsUnavailable("the permits' stream gave no answer; tried again soon")),
          timeoutMs: limits.memberBeatMs,
        }),
    },
    attachments: memoryAttachments(app, server.attachments),
  }
}

/** A call to the server. Without a leader it gives the same answer as silence, and at once. */
function caller({ network, server, owner }: Place): Call {
  return <Value, Fails>({ kind, carryOut, silent: silence, timeoutMs, mayHang = false }: Parameters<Call>[0]) =>
    Effect.callback((resume: (answer: Effect.Effect<Value, Fails>) => void) => {
      let isOpen = true
      const answer = (exit: Effect.Effect<Value, Fails>) => {
        if (isOpen) resume(exit)
      }
      // cast: Parameters of a generic function forgets what its type parameters are
      const effect = () => (server.isLeaderless ? silence() : carryOut()) as Effect.Effect<Value, Fails>
      network.request(owner, server.owner, {
        kind,
        carryOut: () => server.run(effect()),
        answered: answer,
        silent: () => answer(silence() as Effect.Effect<Value, Fails>), // cast: as above
        timeoutMs,
        mayHang,
      })
      return Effect.sync(() => void (isOpen = false))
    })
}

function journalPort({ stored: { journal }, server }: Place, call: Call, ear: JournalEar): Ports["journal"] {
  const unavailable = (partition: number) => () =>
    Effect.fail(new JournalUnavailable(`journal of partition ${partition} cannot be read; the partition is claimed again later`))
  const timeoutMs = limits.readerOpenMs
  return {
    append: (partition, bytes, expected) => {
      const unknown = () => Effect.fail(new AppendUnknown(`append to partition ${partition} got no answer; it is tried again`))
      const appended = call<number, Fenced | AppendUnknown>({
        kind: "append",
        carryOut: () => {
          if (server.isFull) return unknown()
          const result = journal.append(partition, bytes, expected)
          if (typeof result !== "number") return Effect.fail(result)
          ear.stored(partition, result, bytes)
          return Effect.succeed(result)
        },
        silent: unknown,
        timeoutMs: limits.appendTimeoutMs,
      })
      return Effect.tap(appended, (sequence) => Effect.sync(() => ear.acked(partition, sequence, bytes)))
    },
    last: (partition) =>
      call({
        kind: "last", carryOut: () => Effect.succeed(journal.log(partition).at(-1)), silent: unavailable(partition), timeoutMs,
      }),
    first: (partition) =>
      call({
        kind: "first", carryOut: () => Effect.succeed(journal.log(partition).at(0)), silent: unavailable(partition), timeoutMs,
      }),
    read: (partition, visit, range = {}) => {
      const carryOut = () => Effect.succeed(journal.read(partition, range))
      const records = call({ kind: "read", carryOut, silent: unavailable(partition), timeoutMs })
      return Effect.map(records, (found) => found.forEach(visit))
    },
    purge: (partition, before) =>
      call({
        kind: "purge", carryOut: () => Effect.sync(() => journal.purge(partition, before)), silent: () => Effect.void, timeoutMs,
      }),
  }
}

function egressPort(place: Place, call: Call): Ports["egress"] {
  const { stored, server, outsiders, network, owner } = place
  const failed = (what: string) => () => Effect.fail(new PublishFailed(`${what} got no acknowledgement; it is published again`))
  const timeoutMs = limits.appendTimeoutMs
  const publish = (fact: OutgoingFact) => () => {
    if (server.isFull) return failed(`event ${fact.event.id}`)()
    // The namespace has one event stream: every app of it reads all.
    const exits = [...server.apps.values()].map(({ streams }) => server.run(streams.publish(fact)))
    return exits.find(Exit.isFailure) ?? Effect.void
  }
  return {
    publish: (fact) =>
      call({ kind: "publish", carryOut: publish(fact), silent: failed(`event ${fact.event.id}`), timeoutMs }),
    send: (frame) =>
      call({
        kind: "send",
        carryOut: () => (server.isFull ? failed(`records for ${frame.app}`)() : stored.streams.send(frame)),
        silent: failed(`records for ${frame.app}`),
        timeoutMs,
      }),
    answer: (to, outcome, receipt) => outsiders.answer({ network, from: owner }, to, outcome, receipt),
    progress: (progress) => outsiders.progress({ network, from: owner, app: place.app }, progress),
  }
}
