// The name that somebody may have meant.

/** Of the known names the nearest one, as " (did you mean ...?)"; "" if none is near. */
export function suggestion(wrong: string, known: readonly string[]): string {
  const near = nearest(wrong, known)
  return near === undefined ? "" : `; did you mean ${near}?`
}

export function nearest(wrong: string, known: readonly string[]): string | undefined {
  const [best] = known
    .map((name) => ({ name, distance: name.startsWith(wrong) && wrong.length > 1 ? 1 : distance(wrong, name) }))
    .filter(({ name, distance: far }) => far <= Math.max(1, Math.floor(Math.max(name.length, wrong.length) / 3)))
    .toSorted((a, b) => a.distance - b.distance)
  return best?.name
}

/** How many letters differ; two that changed places count once. */
function distance(a: string, b: string): number {
  const known = new Map<string, number>()
  const at = (i: number, j: number) => (i === 0 ? j : j === 0 ? i : known.get(`${i} ${j}`) ?? 0)
  for (let i = 1; i <= a.length; i += 1) {
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1]
      let least = Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + (same ? 0 : 1))
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) least = Math.min(least, at(i - 2, j - 2) + 1)
      known.set(`${i} ${j}`, least)
    }
  }
  return at(a.length, b.length)
}
