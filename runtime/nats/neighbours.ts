// The other apps of a namespace, as their manifests tell: whose events this one may react to.
import { type ManifestPlace, readManifest } from "./manifest.ts"

export interface Neighbour {
  readonly app: string
  readonly partitions: number
}

/** A manifest that this release cannot read tells nothing. */
export async function readNeighbours(place: ManifestPlace): Promise<readonly Neighbour[]> {
  const { manager, subjects } = place
  const { state } = await manager.streams.info(subjects.streams.journal, { subjects_filter: subjects.manifests })
  const apps = Object.keys(state.subjects ?? {}).map((subject) => subject.split(".")[2] ?? "")
  const found: Neighbour[] = []
  for (const app of apps.filter((name) => name !== place.app)) {
    const stored = await readManifest({ ...place, app }).catch(() => undefined)
    if (stored !== undefined) found.push({ app, partitions: stored.manifest.partitions })
  }
  return found
}
