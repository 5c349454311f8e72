// Who runs an app right now, for somebody who is none of them: a look at the members' bucket that leaves no trace in it.
import { jetstreamManager, JetStreamApiError } from "@nats-io/jetstream"
import type { NatsConnection } from "@nats-io/transport-node"
import type { Subjects } from "../message/subjects.ts"
import type { Member } from "../ports/members.ts"
import { lastRecords } from "./last-records.ts"
import { readSaid } from "./members.ts"

const noStreamFound = 10059

/** The names of the members that have beaten within `limits.memberTtlMs`. */
export async function livingMembers(connection: NatsConnection, subjects: Subjects, app: string): Promise<readonly string[]> {
  return (await membersNow(connection, subjects, app)).map(({ name }) => name)
}

/** The members that have beaten within `limits.memberTtlMs`, by their names. A bucket that is not there has none. */
export async function membersNow(connection: NatsConnection, subjects: Subjects, app: string): Promise<readonly Member[]> {
  const bucket = subjects.members(app)
  try {
    // Opening a bucket does not say whether it is there.
    await (await jetstreamManager(connection, { checkAPI: false })).streams.info(`KV_${bucket}`)
    const members = (await lastRecords(connection, bucket, [">"])).map(({ key, data }) => ({ name: key, ...readSaid(data) }))
    return members.toSorted((a, b) => (a.name < b.name ? -1 : 1))
  } catch (error) {
    if (!(error instanceof JetStreamApiError) || error.code !== noStreamFound) throw error
    return []
  }
}
