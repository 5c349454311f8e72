// The workload that simulation and chaos run: a bank and a shop, whose truth can be counted without asking the runtime.
import type { Workload } from "../../../runtime/simulation/workload.ts"
import { checkBankAndShop } from "../invariants/check-ledgers.ts"
import { businessOf } from "./business.ts"
import { errandsMayPark } from "./errands.ts"
import { Luck, type Odds, usualOdds } from "./luck.ts"
import { OutsideWorld } from "./outside.ts"
import { cardLimit, type Mix, requestsOf, setupOf } from "./requests.ts"

export interface BankAndShopOptions {
  /** Decides how participants misbehave. */
  readonly seed: string
  readonly odds?: Odds
  /** Default: `mixOf(100)`. */
  readonly mix?: Mix
  readonly namespace?: string
  /** Default: 4. */
  readonly partitions?: number
}

/** Records of one process: far more than this workload ever has waiting, and far fewer than a leak soon has. */
const sizesMax = { outbox: 4_000, mailbox: 1_000, inFlight: 4_000 }

/** The usual mix of so many sagas, with as many other requests in proportion; none in a hurry, and no operators. */
export function mixOf(sagas: number): Mix {
  const share = (part: number) => Math.max(1, Math.round(sagas * part))
  return {
    transfer: share(0.4), order: share(0.25), trip: share(0.2), option: share(0.15),
    cascade: share(0.15), reservation: share(0.15), note: share(0.3), errand: 0, redrive: 0,
  }
}

/** With sagas in a hurry, some of which park, and operators who try again what is parked. */
export function hurriedMixOf(sagas: number): Mix {
  return { ...mixOf(sagas), errand: Math.max(1, Math.round(sagas * 0.2)), redrive: Math.max(1, Math.round(sagas * 0.03)) }
}

export function bankAndShop(options: BankAndShopOptions): Workload {
  const { seed, odds = usualOdds, mix = mixOf(100), namespace = "proof", partitions = 4 } = options
  const luck = new Luck(seed, odds)
  // Requests are data: what handlers act on is given with each process.
  const unconnected = { call: () => Promise.reject(new Error("requests are made without a world outside")) }
  const asked = businessOf({ outside: unconnected, luck, release: 1, namespace, partitions })
  return {
    name: "bank-and-shop",
    apps: (outside, release = 1) => [businessOf({ outside, luck, release, namespace, partitions }).made],
    outside: (store) => new OutsideWorld(store, luck, { bank: cardLimit }),
    setup: setupOf(asked),
    requests: (draw) => requestsOf(asked, mix, draw),
    check: (history) => checkBankAndShop(history).violations,
    expectations: { gaugesMax: sizesMax, sagasMayPark: errandsMayPark },
  }
}
