// Situations as numbers, and the ways between them: which of them lead to an end, and how many ways there are.

export interface Graph {
  /** By situation, where its ways lead: twice the number of the next one, and one more if somebody cancels it there. */
  readonly edges: (readonly number[])[]
  readonly ends: Set<number>
}

/** The first situation from which no end is reached unless somebody cancels it. */
export function withoutEnd({ edges, ends }: Graph): number | undefined {
  const before: number[][] = edges.map(() => [])
  for (const [from, ways] of edges.entries()) {
    for (const way of ways) if (way % 2 === 0) before[way / 2]?.push(from)
  }
  const leading = new Set(ends)
  const waiting = [...ends]
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    for (const from of before[at] ?? []) {
      if (leading.has(from)) continue
      leading.add(from)
      waiting.push(from)
    }
  }
  const first = edges.findIndex((_, number) => !leading.has(number))
  return first === -1 ? undefined : first
}

/** How many ways lead from the first situation to an end; undefined if there are circles, so that there is no number. */
export function pathsThrough({ edges, ends }: Graph): bigint | undefined {
  const coming = edges.map(() => 0)
  for (const ways of edges) for (const way of ways) coming[way >> 1] = (coming[way >> 1] ?? 0) + 1
  const paths = edges.map(() => 0n)
  paths[0] = 1n
  const waiting = [0]
  let seen = 0
  let total = 0n
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    seen += 1
    const here = paths[at] ?? 0n
    if (ends.has(at)) total += here
    for (const way of edges[at] ?? []) {
      const next = way >> 1
      paths[next] = (paths[next] ?? 0n) + here
      coming[next] = (coming[next] ?? 0) - 1
      if (coming[next] === 0) waiting.push(next)
    }
  }
  return seen === edges.length ? total : undefined
}
