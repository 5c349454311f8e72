// A client alone: for programs that ask an app's actors and start its sagas, and run none of them.
import { randomBytes } from "node:crypto"
import { natsEdge } from "../nats/edge.ts"
import { openLink } from "../nats/link.ts"
import type { App } from "./app.ts"
import { Client } from "./client.ts"

export interface ConnectedClient {
  readonly client: Client
  close(): Promise<void>
}

/** Rejects with a Fault that says in one sentence what is wrong with the server or the app's streams. */
export async function connect(app: App, options: { readonly natsUrl: string }): Promise<ConnectedClient> {
  const { name, partitions } = app.shape
  const id = randomBytes(4).toString("hex")
  const { namespace } = app
  const { natsUrl } = options
  const link = await openLink({ natsUrl, name: `troupe client of ${name} ${id}`, namespace, app: name, partitions })
  const client = new Client(natsEdge(link.connection, link.publisher, link.subjects, name), partitions)
  return { client, close: () => client.close().then(link.close) }
}
