// Membership in memory. A member is gone when it has not beaten for its time to live; `forget` is a crash that was noticed.
// Time passes with the beats of everybody: if nobody beats, because the whole process stood still, nobody is gone.
import * as Effect from "effect/Effect"
import { limits } from "../kernel/limits.ts"
import { type Member, type Members, MembersUnavailable } from "../ports/members.ts"

export interface MemoryMembers extends Members {
  forget(name: string): void
}

export function memoryMembers(): MemoryMembers {
  const alive = new Map<string, { readonly member: Member; readonly atMs: number }>()
  let passedMs = 0
  let lastMs: number | undefined
  const forget = (name: string) => void alive.delete(name)
  const pass = (nowMs: number) => {
    passedMs += Math.max(0, Math.min(nowMs - (lastMs ?? nowMs), limits.memberBeatMs))
    lastMs = nowMs
  }
  return {
    beat: (member) =>
      Effect.clockWith((clock) =>
        Effect.sync(() => {
          pass(clock.currentTimeMillisUnsafe())
          alive.set(member.name, { member, atMs: passedMs })
          for (const [name, { atMs }] of alive) if (passedMs - atMs > limits.memberTtlMs) forget(name)
          return [...alive.values()].map((known) => known.member).toSorted((a, b) => (a.name < b.name ? -1 : 1))
        }),
      ),
    leave: (name) => Effect.sync(() => forget(name)),
    forget,
  }
}

/** What a process believes that is cut off from the others after its first look: it keeps what it owns, and claims nothing. */
export function cutOffMembers(): Members {
  let looked = false
  return {
    beat: (member) =>
      Effect.suspend(() => {
        if (looked) return Effect.fail(new MembersUnavailable("cut off from the other members; tried again soon"))
        looked = true
        return Effect.succeed([member])
      }),
    leave: () => Effect.void,
  }
}
