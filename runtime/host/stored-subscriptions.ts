// How far an app has come with events, from what is stored alone: also of an app that nobody runs at the moment.
import * as Effect from "effect/Effect"
import { storedSubscriptions } from "../delivery/stored-subscriptions.ts"
import { natsInputs } from "../nats/inputs.ts"
import { natsJournal } from "../nats/journal.ts"
import { openLink } from "../nats/link.ts"
import type { App } from "./app.ts"
import type { SubscriptionSummary } from "./reset.ts"

/**
 * The subscriptions of an app's services, in each partition. It reads the journals and claims nothing; of an app that runs,
 * `operator.subscriptions()` knows more at less cost. Rejects with a Fault: no server, a broken journal.
 */
export async function readSubscriptions(
  { namespace, shape }: App,
  { natsUrl }: { readonly natsUrl: string },
): Promise<readonly SubscriptionSummary[]> {
  const { name: app, partitions } = shape
  const link = await openLink({ natsUrl, namespace, app, partitions, name: `troupe subscriptions ${app}` })
  const { connection, publisher, reads, subjects } = link
  const journal = natsJournal(connection, publisher, subjects, app, reads)
  const ports = { journal, inputs: natsInputs(connection, subjects, app) }
  try {
    const found: SubscriptionSummary[] = []
    for (let partition = 0; partition < partitions; partition += 1) {
      const own = await Effect.runPromise(storedSubscriptions(ports, shape, partition))
      found.push(...own.map((status) => ({ partition, ...status })))
    }
    return found
  } finally {
    await link.close()
  }
}
