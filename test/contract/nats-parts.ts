// The adapters on NATS as a process wires them, behind a proxy that the test can break, beside a connection of the test's
// own that goes straight to the server. Every call takes a namespace of its own.
import { type JetStreamManager, jetstreamManager } from "@nats-io/jetstream"
import { createInbox, headers, type NatsConnection } from "@nats-io/transport-node"
import { type Subjects, subjectsOf } from "../../runtime/message/subjects.ts"
import { AckedPublisher } from "../../runtime/nats/acked-publisher.ts"
import { natsEdge } from "../../runtime/nats/edge.ts"
import { natsEgress } from "../../runtime/nats/egress.ts"
import { natsInputs } from "../../runtime/nats/inputs.ts"
import { natsJournal } from "../../runtime/nats/journal.ts"
import { provision } from "../../runtime/nats/provision.ts"
import { ReadLink } from "../../runtime/nats/read-link.ts"
import { connectChecked } from "../../runtime/nats/server/connect.ts"
import type { Outcome } from "../../runtime/message/outcome.ts"
import type { Progress } from "../../runtime/message/progress.ts"
import type { Edge } from "../../runtime/ports/edge.ts"
import type { Egress } from "../../runtime/ports/egress.ts"
import type { Inputs, InputSource } from "../../runtime/ports/inputs.ts"
import type { Journal } from "../../runtime/ports/journal.ts"
import { startTcpProxy, type TcpProxy } from "../support/tcp-proxy.ts"

export const app = "shop"

export interface NatsParts {
  readonly journal: Journal
  readonly inputs: Inputs
  readonly egress: Egress
  readonly edge: Edge
  readonly subjects: Subjects
  readonly proxy: TcpProxy
  /** What the adapters use, through the proxy. */
  readonly connection: NatsConnection
  readonly publisher: AckedPublisher
  /** The journal's own connection, through the proxy too. */
  readonly reads: ReadLink
  /** Goes past the proxy. */
  readonly direct: NatsConnection
  readonly manager: JetStreamManager
  fail(how: "lost" | "stored"): void
  /** Resolves when the adapters' connection is back. */
  heal(): Promise<void>
  store(source: InputSource, partition: number, body: string, attributes?: Readonly<Record<string, string>>): Promise<void>
  openInbox(): Promise<{ readonly subject: string; next(): Promise<{ request: string; outcome: Outcome }> }>
  openWatch(): Promise<{ next(): Promise<Progress> }>
  boundInput(blocks: number): Promise<void>
  /** Deletes the stream of a source with all its records, and makes it anew. */
  recreate(source: InputSource): Promise<void>
  intrude(where: "inbox" | "progress", data: string): Promise<void>
  end(): Promise<void>
}

let namespaces = 0

export async function openParts(port: number, options: { readonly provisioned?: boolean } = {}): Promise<NatsParts> {
  namespaces += 1
  const subjects = subjectsOf(`contract${namespaces}`)
  const proxy = await startTcpProxy(port)
  const direct = await connectChecked({ url: `nats://127.0.0.1:${port}` })
  const store = new AckedPublisher(direct)
  if (options.provisioned !== false) {
    await provision({ connection: direct, publisher: store, subjects, app, partitions: 8, replicas: 1 })
  }
  const connect = () => connectChecked({ url: `nats://127.0.0.1:${proxy.port}` })
  const connection = await connect()
  const reads = new ReadLink(connect)
  const publisher = new AckedPublisher(connection)
  const edge = natsEdge(connection, publisher, subjects, app)
  const manager = await jetstreamManager(direct, { checkAPI: false })
  return {
    journal: natsJournal(connection, publisher, subjects, app, reads),
    inputs: natsInputs(connection, subjects, app),
    egress: natsEgress(connection, publisher, subjects, app),
    subjects, proxy, connection, publisher, reads, direct, edge, manager,
    fail: (how) => proxy.drop(how === "lost" ? "toServer" : "toClient"),
    heal() {
      const back = reconnected(connection)
      proxy.heal()
      return back
    },
    store: (source, partition, body, attributes = {}) => storeRecord(store, subjects, { source, partition, body, attributes }),
    openInbox: () => openInbox(direct),
    openWatch: () => openWatch(direct, subjects),
    boundInput: async (blocks) => void (await manager.streams.update(subjects.streams.input, { max_msgs_per_subject: blocks })),
    recreate: (source) => recreate(manager, subjects.streams[source === "external" ? "input" : source]),
    async intrude(where, data) {
      direct.publish(where === "inbox" ? edge.inbox : subjects.progress(app), data)
      await direct.flush()
    },
    async end() {
      for (const part of [publisher, store]) part.close()
      await Promise.all([connection.close(), reads.close(), direct.close()])
      await proxy.close()
    },
  }
}

/** Resolves the next time that the connection is made again. Ask before you break it. */
export async function reconnected(connection: NatsConnection): Promise<void> {
  for await (const status of connection.status()) if (status.type === "reconnect") return
  throw new Error("the connection was closed and not made again")
}

async function recreate(manager: JetStreamManager, stream: string): Promise<void> {
  const { config } = await manager.streams.info(stream)
  await manager.streams.delete(stream)
  await manager.streams.add(config)
}

interface Stored {
  readonly source: InputSource
  readonly partition: number
  readonly body: string
  readonly attributes: Readonly<Record<string, string>>
}

async function storeRecord(publisher: AckedPublisher, subjects: Subjects, record: Stored): Promise<void> {
  const { source, partition, body, attributes } = record
  const subject = source === "external" ? subjects.input(app, partition) : subjects.event(partition, "placed", "order-1")
  const head = headers()
  for (const [name, value] of Object.entries(attributes)) head.set(name, value)
  const given = Object.keys(attributes).length === 0 ? undefined : head
  const ack = await publisher.publish(subject, Buffer.from(body), 20_000, given)
  if (ack.type !== "stored") throw new Error(`the test's record was not stored: ${ack.description}`)
}

async function openInbox(connection: NatsConnection) {
  const subject = createInbox()
  const answers = connection.subscribe(subject)[Symbol.asyncIterator]()
  await connection.flush()
  const next = async () => {
    const answer = await answers.next()
    if (answer.done === true) throw new Error("the inbox was closed")
    return answer.value.json<{ request: string; outcome: Outcome }>()
  }
  return { subject, next }
}

async function openWatch(connection: NatsConnection, subjects: Subjects) {
  const told = connection.subscribe(subjects.progress(app))[Symbol.asyncIterator]()
  await connection.flush()
  const next = async () => {
    const progress = await told.next()
    if (progress.done === true) throw new Error("the watch was closed")
    return progress.value.json<Progress>()
  }
  return { next }
}
