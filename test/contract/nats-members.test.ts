// Members on a real nats-server: the suite, and what only a server can do.
import assert from "node:assert/strict"
import { after, test } from "node:test"
import { Kvm } from "@nats-io/kv"
import * as Effect from "effect/Effect"
import { natsMembers } from "../../runtime/nats/members.ts"
import { MembersUnavailable } from "../../runtime/ports/members.ts"
import { startTestNats } from "../support/nats-process.ts"
import { member, membersContract } from "./members-suite.ts"
import { app, openParts } from "./nats-parts.ts"

const nats = await startTestNats()
after(() => nats.stop())

async function make() {
  const parts = await openParts(nats.server.port)
  const { connection, direct, subjects, end } = parts
  return { ...parts, members: natsMembers(connection, subjects, app), other: natsMembers(direct, subjects, app), end }
}

membersContract("NATS", make)

test("over a closed connection members are unavailable, which is a fault and not an empty list", async () => {
  const { connection, members, end } = await make()
  await Effect.runPromise(members.beat(member("a")))
  await connection.close()
  const result = await Effect.runPromise(Effect.result(members.beat(member("a"))))
  assert.ok(result._tag === "Failure" && result.failure instanceof MembersUnavailable)
  await Effect.runPromise(members.leave("a"))
  await end()
})

test("R17: a member whose words cannot be read, such as one of an older release, counts and refuses nothing", async () => {
  const { direct, subjects, members, end } = await make()
  await Effect.runPromise(members.beat(member("a")))
  const bucket = await new Kvm(direct).open(subjects.members(app))
  await bucket.put("old", "")
  await bucket.put("odd", `{"reads":"all","refuses":7}`)
  assert.deepEqual(await Effect.runPromise(members.beat(member("a"))), [member("a"), member("odd"), member("old")])
  await end()
})

test("a server that lost the bucket gets it again with the next beat", async () => {
  const { manager, subjects, members, other, end } = await make()
  await Effect.runPromise(members.beat(member("a")))
  assert.equal(await manager.streams.delete(`KV_${subjects.members(app)}`), true)
  assert.deepEqual(await Effect.runPromise(other.beat(member("b"))), [member("b")])
  assert.deepEqual(await Effect.runPromise(members.beat(member("a"))), [member("a"), member("b")])
  await end()
})

test("a look at the members that a cut link interrupts ends in time, and the next one sees them", async () => {
  const { direct, subjects, members, proxy, end } = await make()
  await Effect.runPromise(members.beat(member("a")))
  const bucket = await new Kvm(direct).open(subjects.members(app))
  // So much to look at that the link is cut in the middle of it.
  const filler = "x".repeat(16_384)
  await Promise.all(Array.from({ length: 400 }, (_, n) => bucket.put(`m${n}`, filler)))
  const looks = direct.subscribe("$JS.API.>", {
    callback: (_, { subject }) => {
      if (/\.(DIRECT\.GET|CONSUMER\.CREATE)\./.test(subject)) setTimeout(() => proxy.drop("toClient"), 3)
    },
  })
  await direct.flush()
  const askedMs = performance.now()
  const result = await Effect.runPromise(Effect.result(members.beat(member("a"))))
  assert.ok(result._tag === "Failure" && result.failure instanceof MembersUnavailable)
  assert.ok(performance.now() - askedMs < 5_000, `it took ${Math.round(performance.now() - askedMs)} ms`)
  looks.unsubscribe()
  proxy.heal()
  for (let attempt = 1; ; attempt += 1) {
    const again = await Effect.runPromise(Effect.result(members.beat(member("a"))))
    if (again._tag === "Success") break
    assert.ok(attempt < 10, "the members can be seen again")
  }
  await end()
})
