// A client alone: for programs that ask an app's actors and start its sagas, and run none of them.
import { randomBytes } from "node:crypto"
import type { Fault } from "../kernel/fault.ts"
import { natsAttachments } from "../nats/attachments.ts"
import { natsEdge } from "../nats/edge.ts"
import { openLink } from "../nats/link.ts"
import type { App } from "./app.ts"
import { Client } from "./client.ts"
import { depositsOf } from "./deposits.ts"
import type { Operator } from "./operator.ts"
import { operatorOf } from "./start.ts"

export interface ConnectedClient {
  readonly client: Client
  /** What is parked, and what to do about it. */
  readonly operator: Operator
  /** Resolves with the fault when its connection has ended for good: nothing that is asked over it is answered any more. */
  readonly lost: Promise<Fault>
  close(): Promise<void>
}

export interface ConnectOptions {
  readonly natsUrl: string
  /** Copies of every stream, should this client be the first that comes; 3 in a cluster. Default 1. */
  readonly replicas?: number
  /** Bound of this client. Default: the app's. */
  readonly inputRecordsPendingMax?: number
}

/** Rejects with a Fault that says in one sentence what is wrong with the server, the app's streams or an option. */
export async function connect(app: App, options: ConnectOptions): Promise<ConnectedClient> {
  const { name, partitions } = app.shape
  const id = randomBytes(4).toString("hex")
  const { namespace } = app
  const { natsUrl, replicas, inputRecordsPendingMax = app.inputRecordsPendingMax } = options
  const place = { natsUrl, namespace, app: name, partitions, replicas, eventsKept: app.eventsKept }
  const link = await openLink({ ...place, name: `troupe client of ${name} ${id}` })
  try {
    const edge = natsEdge(link.connection, link.publisher, link.subjects, name)
    const deposits = depositsOf(natsAttachments({ ...link, app: name, replicas }, app.attachmentsKeptMs), name)
    const client = new Client(edge, partitions, { inputRecordsPendingMax, source: `${name}/client` }, deposits)
    return { client, operator: operatorOf(app, client, link), lost: link.lost, close: () => client.close().then(link.close) }
  } catch (error) {
    await link.close()
    throw error
  }
}
