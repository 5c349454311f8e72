// Which member owns which partition: rendezvous hashing, capped so that nobody owns more than its share (R24). Everyone
// computes the same from the same members; a member that joins or leaves moves few partitions.
// Source: Thaler and Ravishankar, "Using Name-Based Mappings to Increase Hit Rates" (1998).
import { fnv1a32 } from "../message/hash.ts"

/** The owner of each partition, by index. Empty if there are no members. */
export function assignPartitions(partitions: number, members: readonly string[]): readonly string[] {
  if (members.length === 0) return []
  const cap = Math.ceil(partitions / members.length)
  const owned = new Map<string, number>(members.map((member) => [member, 0]))
  return Array.from({ length: partitions }, (_, partition) => {
    const [owner = ""] = members
      .filter((member) => (owned.get(member) ?? 0) < cap)
      .toSorted((a, b) => weight(b, partition) - weight(a, partition) || (a < b ? -1 : 1))
    owned.set(owner, (owned.get(owner) ?? 0) + 1)
    return owner
  })
}

/** FNV alone mixes the last characters badly: the finaliser of MurmurHash3 spreads them over all bits. */
function weight(member: string, partition: number): number {
  let hash = fnv1a32(`${member}#${partition}`)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
