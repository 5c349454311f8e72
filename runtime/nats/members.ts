// Members in a KV bucket in memory: a heartbeat is a key that expires. Expiry notifies nobody, so the bucket is polled.
// The bucket is gone with the server; it is then made again, and everybody beats into the new one.
import { jetstream } from "@nats-io/jetstream"
import { Kvm } from "@nats-io/kv"
import type { NatsConnection } from "@nats-io/transport-node"
import * as Effect from "effect/Effect"
import { describeError } from "../kernel/fault.ts"
import { limits } from "../kernel/limits.ts"
import type { Subjects } from "../message/subjects.ts"
import { type Member, type Members, MembersUnavailable } from "../ports/members.ts"
import { lastRecords } from "./last-records.ts"

export function natsMembers(connection: NatsConnection, subjects: Subjects, app: string, replicas = 1): Members {
  const bucket = subjects.members(app)
  // Making a bucket that is there already is a look at it; doing so each time survives a server that lost it.
  // Shorter than a heartbeat may be late: a bucket without a leader does not answer at all.
  const lookMs = 2 * limits.memberBeatMs
  const client = jetstream(connection, { timeout: lookMs })
  const options = { ttl: limits.memberTtlMs, storage: "memory", history: 1, replicas } as const
  const open = () => new Kvm(client).create(bucket, options)
  const beat = async ({ name, reads, refuses }: Member) => {
    const kv = await open()
    await kv.put(name, JSON.stringify({ reads, refuses }))
    const stored = await lastRecords(connection, bucket, [">"], lookMs)
    const members = stored.map(({ key, data }): Member => ({ name: key, ...readSaid(data) }))
    // A replica that lags behind would make this process, and who knows whom else, look gone.
    if (!members.some((member) => member.name === name)) throw new Error("the heartbeat is stored and cannot be read yet")
    return members.toSorted((a, b) => (a.name < b.name ? -1 : 1))
  }
  const underWay = new Set<Promise<unknown>>()
  return {
    beat: (member) =>
      Effect.tryPromise({
        try: () => {
          const beating = beat(member)
          underWay.add(beating)
          return beating.finally(() => underWay.delete(beating))
        },
        catch: (cause) =>
          new MembersUnavailable(`the members of ${app} cannot be read (${describeError(cause)}); tried again soon`, { cause }),
      }),
    leave: (name) =>
      Effect.ignore(
        Effect.tryPromise(async () => {
          // A beat that nobody waits for any more would make the member come back behind its goodbye.
          await Promise.allSettled(underWay)
          await (await open()).delete(name)
        }),
      ),
  }
}

function isPartition(value: unknown): value is number {
  return Number.isInteger(value)
}

/** Whoever says nothing that can be read, such as a member of an older release, reads the first format and takes anything. */
export function readSaid(value: Uint8Array): Omit<Member, "name"> {
  try {
    const said: unknown = JSON.parse(Buffer.from(value).toString("utf8"))
    if (typeof said === "object" && said !== null && "reads" in said && "refuses" in said) {
      const { reads, refuses } = said
      if (typeof reads === "number" && Array.isArray(refuses)) return { reads, refuses: refuses.filter(isPartition) }
    }
  } catch {
    // Falls through.
  }
  return { reads: 1, refuses: [] }
}
