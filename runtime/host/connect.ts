// A client alone: for programs that ask an app's actors and start its sagas, and run none of them.
import { randomBytes } from "node:crypto"
import { subjectsOf } from "../message/subjects.ts"
import { AckedPublisher } from "../nats/acked-publisher.ts"
import { natsEdge } from "../nats/edge.ts"
import { provision } from "../nats/provision.ts"
import { connectChecked } from "../nats/server/connect.ts"
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
  const connection = await connectChecked({ url: options.natsUrl, name: `troupe client of ${name} ${id}` })
  const publisher = new AckedPublisher(connection)
  const subjects = subjectsOf(app.namespace)
  const close = async () => {
    publisher.close()
    await connection.close()
  }
  try {
    // A client may come before the app: the streams are there for whoever is first.
    await provision({ connection, publisher, subjects, app: name, partitions, replicas: 1 })
  } catch (error) {
    await close()
    throw error
  }
  const client = new Client(natsEdge(connection, publisher, subjects, name), partitions)
  return { client, close: () => client.close().then(close) }
}
