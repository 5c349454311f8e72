// An app at a glance.
import { assignPartitions } from "../delivery/assignment.ts"
import type { Health } from "../host/health.ts"
import { perSecond } from "../read-model/past.ts"
import { countParked, countStates, groupParked } from "../read-model/reader.ts"
import { present } from "./present.ts"
import { summed } from "./summed.ts"
import type { ShownApp } from "./shown-app.ts"

/** Over which rates are told. */
export const windowMs = 60_000

export async function overviewOf(shown: ShownApp): Promise<object> {
  const { app, store, projector, source } = shown
  const nowMs = Date.now()
  const states = countStates(store)
  const parked = countParked(store)
  const members = await source.members()
  const owners = assignPartitions(app.shape.partitions, members)
  const count = (isMeant: (kind: string) => boolean) =>
    parked.reduce((sum, one) => sum + (isMeant(one.kind) ? one.count : 0), 0)
  const sagas = [...app.shape.logics.values()].filter(({ kind }) => kind === "saga")
  const health = source.engine?.health()
  return present({
    app: shown.name,
    namespace: app.namespace,
    atMs: nowMs,
    readModel: projector.status(),
    health: health && healthShape(health),
    sagas: sagas.map(({ service }) => ({
      saga: service,
      phases: summed(states.flatMap(({ saga, phase, count: some }) => (saga === service ? [[phase, some] as const] : []))),
    })),
    parked: {
      records: count((kind) => kind !== "actor"),
      actors: count((kind) => kind === "actor"),
      groups: groupParked(store).slice(0, 5),
    },
    rates: { windowMs, perSecond: namedRates(perSecond(store, nowMs, windowMs)) },
    partitions: app.shape.partitions,
    unowned: owners.flatMap((owner, partition) => (owner === undefined ? [partition] : [])),
    members: members.map(({ name }) => name),
  })
}

/** Those of the app as a whole. */
function namedRates(rates: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(rates).filter(([name]) => !/^(partition|service|saga) /.test(name)))
}

export function healthShape({ ready, live, reasons, partitions, breakers }: Health): object {
  return {
    ready, live, reasons,
    partitions: partitions.map((partition) => present({ ...partition })),
    breakers: breakers.map(({ service, state, waiting }) => ({ service, state, waiting })),
  }
}
