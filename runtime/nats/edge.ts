// The client's side of the external lane on NATS.
import { createInbox, type NatsConnection } from "@nats-io/transport-node"
import { limits } from "../kernel/limits.ts"
import type { Outcome } from "../message/outcome.ts"
import type { Subjects } from "../message/subjects.ts"
import { type Edge, NotAccepted } from "../ports/edge.ts"
import type { AckedPublisher } from "./acked-publisher.ts"

export function natsEdge(connection: NatsConnection, publisher: AckedPublisher, subjects: Subjects, app: string): Edge {
  const inbox = createInbox()
  let closed = false
  return {
    inbox,
    async submit(partition, block) {
      const subject = subjects.input(app, partition)
      const ack = await publisher.publish(subject, block, limits.appendTimeoutMs)
      if (ack.type !== "stored")
        throw new NotAccepted(
          `commands to ${subject} were not accepted (${ack.description}); send them again with the same keys`,
        )
    },
    listen(answered) {
      connection.subscribe(inbox, {
        callback: (error, message) => {
          if (error !== null || closed) return
          const answer = readAnswer(message.data)
          if (answer !== undefined) answered(answer.request, answer.outcome)
        },
      })
    },
    close() {
      closed = true
      return Promise.resolve()
    },
  }
}

/** Anybody may publish into an inbox: what is no answer is ignored. */
function readAnswer(data: Uint8Array): { readonly request: string; readonly outcome: Outcome } | undefined {
  try {
    const answer: unknown = JSON.parse(Buffer.from(data).toString("utf8"))
    if (typeof answer !== "object" || answer === null || !("request" in answer) || !("outcome" in answer))
      return undefined
    if (typeof answer.request !== "string") return undefined
    return { request: answer.request, outcome: answer.outcome as Outcome } // cast: the app's engine wrote it
  } catch {
    return undefined
  }
}
