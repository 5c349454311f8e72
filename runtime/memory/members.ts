// Membership in memory: whoever has beaten and not left. Nothing expires by itself; `forget` is a crash that was noticed.
import * as Effect from "effect/Effect"
import { type Members, MembersUnavailable } from "../ports/members.ts"

export interface MemoryMembers extends Members {
  forget(member: string): void
}

export function memoryMembers(): MemoryMembers {
  const alive = new Set<string>()
  const forget = (member: string) => void alive.delete(member)
  return {
    beat: (member) =>
      Effect.sync(() => {
        alive.add(member)
        return [...alive].toSorted()
      }),
    leave: (member) => Effect.sync(() => forget(member)),
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
