// An app reads as many event partitions as it has partitions, and an emitter uses as many as it has. What an app
// emits is not in its manifest, so an app that reacts to events is told of every app whose events it would not get all.
import type { AppShape } from "../delivery/delivery.ts"
import type { Neighbour } from "../nats/neighbours.ts"

/** One line for each of them. */
export function missedEvents({ name, partitions, logics }: AppShape, neighbours: readonly Neighbour[]): readonly string[] {
  if (![...logics.values()].some(({ reactions }) => reactions.size > 0)) return []
  return neighbours
    .filter((other) => other.partitions > partitions)
    .map(
      (other) =>
        `EVENTS_MISSED: app ${other.app} of this namespace has ${other.partitions} partitions and ${name} has ${partitions}: ` +
        `of the events of ${other.app} it gets those of event partitions 0 to ${partitions - 1} only; if it reacts ` +
        "to them, raise its number with repartition",
    )
}
