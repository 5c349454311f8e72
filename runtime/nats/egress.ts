// What leaves the app over NATS: facts as one acknowledged message each, answers as core NATS messages.
// No `Nats-Msg-Id`: the server's duplicate window would drop a record that go-back-N must store again behind a gap (R4).
import { headers, type NatsConnection } from "@nats-io/transport-node"
import * as Effect from "effect/Effect"
import { limits } from "../kernel/limits.ts"
import { factHeaders } from "../message/fact.ts"
import { encodeFrame, peerHeader, peerMarkText } from "../message/peer.ts"
import type { Subjects } from "../message/subjects.ts"
import { type Egress, PublishFailed } from "../ports/egress.ts"
import type { AckedPublisher } from "./acked-publisher.ts"

export function natsEgress(connection: NatsConnection, publisher: AckedPublisher, subjects: Subjects, app: string): Egress {
  return {
    publish: (fact) =>
      Effect.flatMap(
        Effect.promise(() => {
          const attributes = headers()
          for (const [name, value] of Object.entries(factHeaders(fact.event, fact, timeText))) attributes.set(name, value)
          const body = Buffer.from(JSON.stringify(fact.event.payload), "utf8")
          const subject = subjects.event(fact.eventPartition, fact.event.name, fact.event.subject)
          return publisher.publish(subject, body, limits.appendTimeoutMs, attributes)
        }),
        (ack) =>
          ack.type === "stored"
            ? Effect.void
            : Effect.fail(
                new PublishFailed(`event ${fact.event.id} was not acknowledged (${ack.description}); it is published again`),
              ),
      ),
    send: (frame) => {
      const { app: peer, partition, lane, messages, first } = frame
      const subject = lane === "replies" ? subjects.replies(peer, partition) : subjects.input(peer, partition)
      const attributes = headers()
      attributes.set(peerHeader, peerMarkText(frame))
      const publishing = Effect.promise(() =>
        publisher.publish(subject, encodeFrame(messages), limits.appendTimeoutMs, attributes),
      )
      return Effect.flatMap(publishing, (ack) => {
        if (ack.type === "stored") return Effect.void
        const what = `records ${first} to ${first + messages.length - 1} for ${subject}`
        return Effect.fail(new PublishFailed(`${what} were not acknowledged (${ack.description}); they are sent again`))
      })
    },
    answer(to, outcome, receipt) {
      // Anywhere else a stream might keep it: a journal's subject, say, where nothing may be written without the fence.
      if (!/^_INBOX\.[^\s*>]+$/.test(to.subject)) return
      try {
        connection.publish(to.subject, JSON.stringify({ request: to.request, outcome, receipt }))
      } catch {
        // At most once (R21): when the connection is closed, or the answer too large, the requester hears nothing.
      }
    },
    progress(progress) {
      if (!connection.isClosed()) connection.publish(subjects.progress(app), JSON.stringify(progress))
    },
  }
}

/** RFC 3339. */
export function timeText(ms: number): string {
  return new Date(ms).toISOString()
}
