// What the processes of a run run and ask: the bank and shop. One seed decides requests and how participants misbehave.
import type { Ask, LedgerStore, Outside, Workload } from "../../runtime/simulation/workload.ts"
import { bankAndShop, mixOf } from "../proof/workload/bank-and-shop.ts"
import { seeded } from "../support/seeded.ts"

/** Of the mix, about so many requests come with each saga. */
const requestsPerSaga = 2

export function workloadOf(seed: number, sagas = 100): Workload {
  return bankAndShop({ seed: String(seed), mix: mixOf(sagas), namespace: "chaos", partitions: 8 })
}

export function worldOf(seed: number, store: LedgerStore): Outside {
  return workloadOf(seed).outside(store)
}

/** At least `count` requests, in the order in which they are made. */
export function requestsOf(seed: number, count: number): readonly Ask[] {
  return workloadOf(seed, Math.ceil(count / requestsPerSaga) + 100).requests(seeded(seed))
}

/** The requests of one of several clients: those that follow on another are its client's. */
export function shareOf(requests: readonly Ask[], share: number, shares: number): readonly Ask[] {
  const whose = new Map<string, number>()
  for (const [index, { effect, after }] of requests.entries()) {
    whose.set(effect, (after && whose.get(after.effect)) ?? index % shares)
  }
  return requests.filter(({ effect }) => whose.get(effect) === share)
}
