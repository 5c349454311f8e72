// What a program and an app's streams have between them: a checked connection, a publisher, the subjects, and the streams
// themselves, made by whoever comes first. The app and a client alone both begin with it.
import type { NatsConnection } from "@nats-io/transport-node"
import type { Peer } from "../message/peer.ts"
import { type Subjects, subjectsOf } from "../message/subjects.ts"
import { AckedPublisher } from "./acked-publisher.ts"
import { provision } from "./provision.ts"
import { connectChecked } from "./server/connect.ts"

export interface Link {
  readonly connection: NatsConnection
  readonly publisher: AckedPublisher
  readonly subjects: Subjects
  close(): Promise<void>
}

export interface LinkOptions {
  readonly natsUrl: string
  /** The connection's name, as the server lists it. */
  readonly name: string
  readonly namespace: string
  readonly app: string
  readonly partitions: number
  readonly replicas?: number | undefined
  /** The apps that it sends to. */
  readonly peers?: readonly Peer[]
}

/** Rejects with a Fault that says in one sentence what is wrong with the server or the streams; then nothing stays open. */
export async function openLink(options: LinkOptions): Promise<Link> {
  const { natsUrl, name, namespace, app, partitions, replicas = 1, peers = [] } = options
  const connection = await connectChecked({ url: natsUrl, name })
  const publisher = new AckedPublisher(connection)
  const subjects = subjectsOf(namespace)
  const close = async () => {
    publisher.close()
    await connection.close()
  }
  try {
    await provision({ connection, publisher, subjects, app, partitions, replicas, peers })
    return { connection, publisher, subjects, close }
  } catch (error) {
    await close()
    throw error
  }
}
