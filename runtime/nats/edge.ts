// The client's side of the external lane on NATS.
import { createInbox, headers, type NatsConnection, type Subscription } from "@nats-io/transport-node"
import { limits } from "../kernel/limits.ts"
import { factHeaders } from "../message/fact.ts"
import type { Outcome } from "../message/outcome.ts"
import { readProgress } from "../message/progress.ts"
import { readReceipt, type Receipt } from "../message/receipt.ts"
import type { Subjects } from "../message/subjects.ts"
import { type Edge, InputFull, NotAccepted } from "../ports/edge.ts"
import { type AckedPublisher, isFull } from "./acked-publisher.ts"
import { timeText } from "./egress.ts"

export function natsEdge(connection: NatsConnection, publisher: AckedPublisher, subjects: Subjects, app: string): Edge {
  const inbox = createInbox()
  const subscriptions: Subscription[] = []
  let closed = false
  const subscribe = (subject: string, heard: (value: unknown) => void) => {
    const callback = (error: Error | null, message: { readonly data: Uint8Array }) => {
      if (error === null && !closed) heard(readJson(message.data))
    }
    subscriptions.push(connection.subscribe(subject, { callback }))
  }
  return {
    inbox,
    async submit(partition, block) {
      const subject = subjects.input(app, partition)
      const ack = await publisher.publish(subject, block, limits.appendTimeoutMs)
      if (ack.type === "stored") return ack.sequence
      const reason = `commands to ${subject} were not accepted (${ack.description})`
      if (isFull(ack)) throw new InputFull(reason)
      throw new NotAccepted(`${reason}; send them again with the same keys`)
    },
    async publish(partition, event) {
      const attributes = headers()
      for (const [name, value] of Object.entries(factHeaders(event, undefined, timeText))) attributes.set(name, value)
      // For readers that know no CloudEvents: within its window the server stores a repetition once. Actors look themselves.
      attributes.set("Nats-Msg-Id", `${attributes.get("ce-source")}/${attributes.get("ce-id")}`)
      const subject = subjects.event(partition, event.name, event.subject)
      const body = Buffer.from(JSON.stringify(event.payload), "utf8")
      const ack = await publisher.publish(subject, body, limits.appendTimeoutMs, attributes)
      if (ack.type === "stored") return
      throw new NotAccepted(`event ${event.id} was not accepted (${ack.description}); publish it again with the same id`)
    },
    listen(answered) {
      subscribe(inbox, (value) => {
        const answer = readAnswer(value)
        if (answer !== undefined) answered(answer.request, answer.outcome, answer.receipt)
      })
    },
    watch(progressed) {
      subscribe(subjects.progress(app), (value) => {
        const progress = readProgress(value)
        if (progress !== undefined) progressed(progress)
      })
    },
    close() {
      closed = true
      for (const subscription of subscriptions) subscription.unsubscribe()
      return Promise.resolve()
    },
  }
}

/** Anybody may publish to an inbox or below the namespace: what cannot be read is nothing. */
function readJson(data: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(data).toString("utf8"))
  } catch {
    return undefined
  }
}

interface Answer {
  readonly request: string
  readonly outcome: Outcome
  readonly receipt: Receipt | undefined
}

function readAnswer(value: unknown): Answer | undefined {
  if (typeof value !== "object" || value === null || !("request" in value) || !("outcome" in value)) return undefined
  if (typeof value.request !== "string") return undefined
  const receipt = "receipt" in value ? readReceipt(value.receipt) : undefined
  return { request: value.request, outcome: value.outcome as Outcome, receipt } // cast: the app's engine wrote it
}
