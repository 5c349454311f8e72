// The members of one app as the server keeps them: a key for each that is gone when nobody has written it for its time to live.
import { limits } from "../kernel/limits.ts"
import type { Member } from "../ports/members.ts"

export class MemberList {
  readonly #alive = new Map<string, { readonly member: Member; readonly atMs: number }>()

  beat(member: Member, nowMs: number): readonly Member[] {
    this.#alive.set(member.name, { member, atMs: nowMs })
    for (const [name, { atMs }] of this.#alive) if (nowMs - atMs > limits.memberTtlMs) this.#alive.delete(name)
    return [...this.#alive.values()].map((known) => known.member).toSorted((a, b) => (a.name < b.name ? -1 : 1))
  }

  leave(name: string): void {
    this.#alive.delete(name)
  }
}
