// What a program and an app's streams have between them: a checked connection, a publisher, the subjects, and the streams
// themselves, made by whoever comes first. The app and a client alone both begin with it.
import type { NatsConnection } from "@nats-io/transport-node"
import { describeError } from "../kernel/fault.ts"
import type { Peer } from "../message/peer.ts"
import { type Subjects, subjectsOf } from "../message/subjects.ts"
import { AckedPublisher } from "./acked-publisher.ts"
import type { EventsKept } from "./event-stream.ts"
import { provision } from "./provision.ts"
import { ReadLink } from "./read-link.ts"
import { connectChecked } from "./server/connect.ts"
import { LinkLost } from "./server/faults.ts"
import { redactUrl } from "./server/server-url.ts"

export interface Link {
  readonly connection: NatsConnection
  readonly publisher: AckedPublisher
  /** For reading whole journals. */
  readonly reads: ReadLink
  readonly subjects: Subjects
  /** Resolves when the connection has ended for good and nobody here has closed it: it does not come back. */
  readonly lost: Promise<LinkLost>
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
  /** How long events are kept, if their stream is not there yet. */
  readonly eventsKept?: EventsKept | undefined
  /** It is to run partitions of the app, and is no client. */
  readonly isMember?: boolean
}

/** Rejects with a Fault that says in one sentence what is wrong with the server or the streams; then nothing stays open. */
export async function openLink(options: LinkOptions): Promise<Link> {
  const { namespace, app, partitions, replicas = 1, peers = [], isMember = false, eventsKept } = options
  const link = await openBareLink(options)
  try {
    const { layout } = await provision({ ...link, app, partitions, replicas, peers, isMember, eventsKept })
    return { ...link, subjects: subjectsOf(namespace).at(layout) }
  } catch (error) {
    await link.close()
    throw error
  }
}

/** The same without a look at the streams, for whoever is about to change them; its subjects are those of layout 0. */
export async function openBareLink(options: Pick<LinkOptions, "natsUrl" | "name" | "namespace">): Promise<Link> {
  const { natsUrl, name, namespace } = options
  const subjects = subjectsOf(namespace)
  const connection = await connectChecked({ url: natsUrl, name })
  const publisher = new AckedPublisher(connection)
  const reads = new ReadLink(() => connectChecked({ url: natsUrl, name: `${name} (journals)` }))
  const state = { isClosing: false }
  const lost = new Promise<LinkLost>((resolve) => {
    void connection.closed().then((reason) => {
      if (!state.isClosing) resolve(linkLost(name, natsUrl, reason))
    })
  })
  const close = async () => {
    state.isClosing = true
    publisher.close()
    await Promise.all([reads.close(), connection.close()])
  }
  return { connection, publisher, reads, subjects, lost, close }
}

function linkLost(name: string, natsUrl: string, reason: unknown): LinkLost {
  const why = reason === undefined ? "the connection was closed" : describeError(reason)
  return new LinkLost(`"${name}" has lost ${redactUrl(natsUrl)} for good (${why}): start it anew, with a login that is let in`)
}
