// The services and sagas of one process, put together.
import { app, type App } from "../../../runtime/index.ts"
import type { Outside } from "../../../runtime/simulation/workload.ts"
import { courierOf, relayOf } from "./cascade.ts"
import { errandOf } from "./errands.ts"
import type { Luck } from "./luck.ts"
import { bookedOutside } from "./outside-services.ts"
import { accountsOf, confirmationsOf, notesOf, stockOf } from "./pure-services.ts"
import { reservations } from "./reservations.ts"
import { optionOf, orderOf, transferOf, tripOf } from "./sagas.ts"

export interface BusinessOptions {
  readonly outside: Outside
  readonly luck: Luck
  readonly release: 1 | 2
  readonly namespace: string
  readonly partitions: number
}

export const appName = "bank-and-shop"

export function businessOf({ outside, luck, release, namespace, partitions }: BusinessOptions) {
  const accounts = accountsOf(luck)
  const stock = stockOf(luck)
  const confirmations = confirmationsOf(luck)
  const bank = bookedOutside("bank", outside)
  const carrier = bookedOutside("carrier", outside)
  const airline = bookedOutside("airline", outside)
  const hotel = bookedOutside("hotel", outside)
  const relay = relayOf(luck)
  const courier = courierOf(outside)
  const notes = notesOf()
  const participants = { accounts, stock, confirmations, bank, carrier, airline, hotel }
  const transfer = transferOf(participants, release)
  const order = orderOf(participants)
  const trip = tripOf(participants)
  const option = optionOf(participants)
  const hurried = {
    agency: bookedOutside("agency", outside), clerk: bookedOutside("clerk", outside), till: bookedOutside("till", outside),
  }
  const errand = errandOf(hurried)
  const services = [
    accounts, stock, confirmations, bank, carrier, airline, hotel, relay, courier, notes, reservations,
    transfer.saga, order, trip, option, hurried.agency, hurried.clerk, hurried.till, errand,
  ]
  const made: App = app(appName, { namespace, partitions, services })
  return { app: appName, made, accounts, stock, notes, relay, reservations, transfer, order, trip, option, errand, partitions }
}

export type Business = ReturnType<typeof businessOf>
