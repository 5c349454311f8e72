// Who runs an app right now, for somebody who is none of them: a look at the members' bucket that leaves no trace in it.
import { Kvm } from "@nats-io/kv"
import type { NatsConnection } from "@nats-io/transport-node"
import type { Subjects } from "../message/subjects.ts"

/** The names of the members that have beaten within `limits.memberTtlMs`. A bucket that is not there has none. */
export async function livingMembers(connection: NatsConnection, subjects: Subjects, app: string): Promise<readonly string[]> {
  const bucket = subjects.members(app)
  const kvm = new Kvm(connection)
  const names: string[] = []
  let exists = false
  for await (const { bucket: found } of kvm.list()) exists ||= found === bucket
  if (!exists) return names
  const kv = await kvm.open(bucket)
  for await (const { key, operation } of await kv.history()) if (operation === "PUT") names.push(key)
  return names.toSorted()
}
