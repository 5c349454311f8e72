// Reads the last record of every key of a bucket in one question. The client's own ways to read a whole bucket make a
// consumer, which after a cut link waits for its records for ever, or throws from a timer when nobody listens any more.
// This one has an end: all of it in time, or a rejection.
import { jetstreamManager } from "@nats-io/jetstream"
import type { NatsConnection } from "@nats-io/transport-node"
import { limits } from "../kernel/limits.ts"

export interface LastRecord {
  readonly key: string
  readonly data: Uint8Array
}

const operationHeader = "KV-Operation"

/**
 * In the order of being stored, without keys that were deleted. `keys` may have wildcards; servers answer for 1,024 keys at
 * most. Any replica may answer, so it may lag behind. Rejects when the answer is not complete within `withinMs`, and with what
 * the server says, such as that the bucket is gone.
 */
export async function lastRecords(
  connection: NatsConnection,
  bucket: string,
  keys: readonly string[],
  withinMs: number = limits.bucketRead.withinMs,
): Promise<readonly LastRecord[]> {
  const untilMs = performance.now() + withinMs
  const manager = await jetstreamManager(connection, { checkAPI: false, timeout: withinMs })
  const prefix = `$KV.${bucket}.`
  const records: LastRecord[] = []
  // With a callback the client ends its subscription when the answer is complete; with an iterator it keeps it for ever.
  let ended: (error?: Error) => void = () => undefined
  const end = new Promise<void>((resolve, reject) => (ended = (error) => (error === undefined ? resolve() : reject(error))))
  const answer = await manager.direct.getLastMessagesFor(`KV_${bucket}`, {
    multi_last: keys.map((key) => `${prefix}${key}`),
    callback: (done, message) => {
      if (done !== null) return ended(done.err)
      const { header, subject, data } = message
      if (header.get(operationHeader) === "") records.push({ key: subject.slice(prefix.length), data })
    },
  })
  const late = new Error(`bucket ${bucket} was not read within ${withinMs} ms`)
  const timer = setTimeout(() => answer.stop(late), Math.max(0, untilMs - performance.now()))
  try {
    await end
  } finally {
    clearTimeout(timer)
  }
  return records
}
