// Which member owns which partition: rendezvous hashing, capped so that nobody owns more than its share (R24). Everyone
// computes the same from the same members; a member that joins or leaves moves few partitions. A partition goes only to
// a member that can read its journal (R17): if those are few, they own more than their share.
// Source: Thaler and Ravishankar, "Using Name-Based Mappings to Increase Hit Rates" (1998).
import { fnv1a32 } from "../message/hash.ts"
import type { Member } from "../ports/members.ts"

export type Candidate = Pick<Member, "name" | "refuses">

/** The owner's name of each partition, by index; `undefined` where nobody is there who can take it. */
export function assignPartitions(partitions: number, members: readonly Candidate[]): readonly (string | undefined)[] {
  const cap = Math.ceil(partitions / members.length)
  const owned = new Map<string, number>(members.map(({ name }) => [name, 0]))
  const owners = Array.from({ length: partitions }, (): string | undefined => undefined)
  const choices = Array.from({ length: partitions }, (_, partition) => ({
    partition,
    able: members.flatMap(({ name, refuses }) => (refuses.includes(partition) ? [] : [name])),
  }))
  // Those with the fewest choices first, so that the others leave room for them; the sort keeps the order of the rest.
  for (const { partition, able } of choices.toSorted((a, b) => a.able.length - b.able.length)) {
    const free = able.filter((name) => (owned.get(name) ?? 0) < cap)
    const owner = heaviest(free.length > 0 ? free : able, partition)
    if (owner === undefined) continue
    owned.set(owner, (owned.get(owner) ?? 0) + 1)
    owners[partition] = owner
  }
  return owners
}

function heaviest(names: readonly string[], partition: number): string | undefined {
  return names.toSorted((a, b) => weight(b, partition) - weight(a, partition) || (a < b ? -1 : 1))[0]
}

/** FNV alone mixes the last characters badly: the finaliser of MurmurHash3 spreads them over all bits. */
function weight(member: string, partition: number): number {
  let hash = fnv1a32(`${member}#${partition}`)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
