// Deletes the records of one subject below a stream sequence. Only what an acknowledged block has made needless (R15).
import { jetstreamManager } from "@nats-io/jetstream"
import type { NatsConnection } from "@nats-io/transport-node"

export async function purgeBefore(connection: NatsConnection, stream: string, subject: string, sequence: number): Promise<void> {
  if (sequence <= 1) return
  const manager = await jetstreamManager(connection, { checkAPI: false })
  await manager.streams.purge(stream, { filter: subject, seq: sequence })
}
