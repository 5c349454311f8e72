// The promises of runtime/ports/members.ts, one test each, for every adapter. `other` is another process's view of the same.
import assert from "node:assert/strict"
import { describe } from "node:test"
import { setTimeout as pause } from "node:timers/promises"
import * as Effect from "effect/Effect"
import { limits } from "../../runtime/kernel/limits.ts"
import type { Member, Members } from "../../runtime/ports/members.ts"
import { promiseOn } from "./promise.ts"

export interface MembersUnderTest {
  readonly members: Members
  readonly other: Members
  end(): Promise<void>
}

export const member = (name: string, refuses: readonly number[] = []): Member => ({ name, reads: 1, refuses })

export function membersContract(name: string, make: () => Promise<MembersUnderTest>): void {
  const promise = promiseOn(make)

  describe(`the members in ${name}`, () => {
    promise("two members see each other, in the order of their names, and each sees itself", async ({ members, other }) => {
      assert.deepEqual(await beat(members, member("b")), [member("b")])
      assert.deepEqual(await beat(other, member("a")), [member("a"), member("b")])
      assert.deepEqual(await beat(members, member("b")), [member("a"), member("b")])
    })

    promise("what a member said with its last beat is what the others get", async ({ members, other }) => {
      await beat(members, { name: "b", reads: 2, refuses: [] })
      await beat(members, { name: "b", reads: 2, refuses: [3, 7] })
      assert.deepEqual(await beat(other, member("a")), [member("a"), { name: "b", reads: 2, refuses: [3, 7] }])
    })

    promise("a member that left is gone at once, and may leave again", async ({ members, other }) => {
      await beat(members, member("b"))
      await beat(other, member("a"))
      await Effect.runPromise(members.leave("b"))
      assert.deepEqual(await beat(other, member("a")), [member("a")])
      await Effect.runPromise(members.leave("b"))
      await Effect.runPromise(members.leave("never-there"))
      assert.deepEqual(await beat(other, member("a")), [member("a")])
    })

    promise("a goodbye is not undone by a beat that was still on its way", async ({ members, other }) => {
      const onItsWay = beat(members, member("b"))
      await Effect.runPromise(members.leave("b"))
      await onItsWay
      assert.deepEqual(await beat(other, member("a")), [member("a")])
    })

    promise("a member that stops beating is gone after its time to live, one that beats is not", async ({ members, other }) => {
      const sentAtMs = performance.now()
      await beat(members, member("b"))
      await beat(other, member("c"))
      for (let seen = true; seen; ) {
        await pause(100)
        await beat(other, member("c"))
        seen = (await beat(members, member("a"))).some((one) => one.name === "b")
      }
      const goneAfterMs = performance.now() - sentAtMs
      assert.ok(goneAfterMs >= limits.memberTtlMs, `gone after ${goneAfterMs} ms`)
      assert.ok(goneAfterMs < 2 * limits.memberTtlMs, `gone after ${goneAfterMs} ms`)
      assert.deepEqual(await beat(other, member("c")), [member("a"), member("c")])
    })
  })
}

function beat(members: Members, as: Member): Promise<readonly Member[]> {
  return Effect.runPromise(members.beat(as))
}
