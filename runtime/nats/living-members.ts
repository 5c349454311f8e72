// Who runs an app right now, for somebody who is none of them: a look at the members' bucket that leaves no trace in it.
import { JetStreamApiError } from "@nats-io/jetstream"
import { Kvm } from "@nats-io/kv"
import type { NatsConnection } from "@nats-io/transport-node"
import type { Subjects } from "../message/subjects.ts"

const noStreamFound = 10059

/** The names of the members that have beaten within `limits.memberTtlMs`. A bucket that is not there has none. */
export async function livingMembers(connection: NatsConnection, subjects: Subjects, app: string): Promise<readonly string[]> {
  const names: string[] = []
  try {
    const bucket = await new Kvm(connection).open(subjects.members(app))
    for await (const { key, operation } of await bucket.history()) if (operation === "PUT") names.push(key)
  } catch (error) {
    if (!(error instanceof JetStreamApiError) || error.code !== noStreamFound) throw error
  }
  return names.toSorted()
}
