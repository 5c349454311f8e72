// Members in a KV bucket in memory: a heartbeat is a key that expires. Expiry notifies nobody, so the bucket is polled.
// The bucket is gone with the server; it is then made again, and everybody beats into the new one.
import { Kvm } from "@nats-io/kv"
import type { NatsConnection } from "@nats-io/transport-node"
import * as Effect from "effect/Effect"
import { describeError } from "../kernel/fault.ts"
import { limits } from "../kernel/limits.ts"
import type { Subjects } from "../message/subjects.ts"
import { type Members, MembersUnavailable } from "../ports/members.ts"

export function natsMembers(connection: NatsConnection, subjects: Subjects, app: string): Members {
  const bucket = subjects.members(app)
  // Making a bucket that is there already is a look at it; doing so each time survives a server that lost it.
  const open = () => new Kvm(connection).create(bucket, { ttl: limits.memberTtlMs, storage: "memory", history: 1 })
  return {
    beat: (member) =>
      Effect.tryPromise({
        try: async () => {
          const kv = await open()
          await kv.put(member, "")
          const members: string[] = []
          for await (const key of await kv.keys()) members.push(key)
          return members.toSorted()
        },
        catch: (cause) =>
          new MembersUnavailable(`the members of ${app} cannot be read (${describeError(cause)}); tried again soon`, { cause }),
      }),
    leave: (member) => Effect.ignore(Effect.tryPromise(async () => (await open()).delete(member))),
  }
}
