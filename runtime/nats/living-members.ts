// Who runs an app right now, for somebody who is none of them: a look at the members' bucket that leaves no trace in it.
import { JetStreamApiError } from "@nats-io/jetstream"
import { Kvm } from "@nats-io/kv"
import type { NatsConnection } from "@nats-io/transport-node"
import type { Subjects } from "../message/subjects.ts"
import { lastRecords } from "./last-records.ts"

const noStreamFound = 10059

/** The names of the members that have beaten within `limits.memberTtlMs`. A bucket that is not there has none. */
export async function livingMembers(connection: NatsConnection, subjects: Subjects, app: string): Promise<readonly string[]> {
  const bucket = subjects.members(app)
  try {
    await new Kvm(connection).open(bucket)
    return (await lastRecords(connection, bucket, [">"])).map(({ key }) => key).toSorted()
  } catch (error) {
    if (!(error instanceof JetStreamApiError) || error.code !== noStreamFound) throw error
    return []
  }
}
