// What clients ask of the bank and shop. All of it is drawn from one function, so the same seed asks the same.
import { query } from "../../../runtime/index.ts"
import { partitionService } from "../../../runtime/message/operation.ts"
import type { Ask, AskCommand, Draw } from "../../../runtime/simulation/workload.ts"
import { Hop1 } from "./cascade.ts"
import type { Business } from "./business.ts"
import { whole, zipf } from "./skew.ts"

export const kinds = ["transfer", "order", "trip", "cascade", "option", "reservation", "note", "errand", "redrive"] as const
export type Kind = (typeof kinds)[number]

/** How many of each kind. */
export type Mix = Readonly<Record<Kind, number>>

export const accountCount = 32
export const productCount = 16
export const openedCents = 10_000
export const unitsEach = 60
/** What each card may be charged at the bank outside. */
export const cardLimit = 4_000

const account = (n: number) => `a${n}`
const product = (n: number) => `p${n}`

/** Before anything else: accounts with money, and shelves with stock. */
export function setupOf({ app, accounts, stock }: Business): readonly AskCommand[] {
  const opening = Array.from({ length: accountCount }, (_, n) => accounts.open(account(n), { cents: openedCents }))
  const filling = Array.from({ length: productCount }, (_, n) => stock.put(product(n), { units: unitsEach }))
  return [...opening, ...filling].map((command) => {
    return { type: "command", app, command, effect: `setup ${command.service} ${command.key}`, kind: "command" }
  })
}

/** Each kind comes as often as the mix says, in a drawn order. */
export function requestsOf(business: Business, mix: Mix, draw: Draw): readonly Ask[] {
  const all: Kind[] = kinds.flatMap((kind) => Array.from({ length: mix[kind] }, () => kind))
  for (let n = all.length - 1; n > 0; n -= 1) {
    const other = whole(draw, 0, n)
    const [one, two] = [all[n], all[other]]
    if (one !== undefined && two !== undefined) [all[n], all[other]] = [two, one]
  }
  const writer = new Writer(business, draw)
  return all.flatMap((kind, n) => writer[kind](n + 1))
}

const anyAccount = zipf(accountCount)
const anyProduct = zipf(productCount)
const anyPlace = zipf(8)

/** Makes the requests of each kind; `n` numbers them through. */
class Writer implements Readonly<Record<Kind, (n: number) => readonly Ask[]>> {
  readonly #business: Business
  readonly #draw: Draw
  readonly #lastNote = new Map<string, string>()

  constructor(business: Business, draw: Draw) {
    this.#business = business
    this.#draw = draw
  }

  transfer(n: number): readonly Ask[] {
    const from = anyAccount(this.#draw)
    const to = (from + whole(this.#draw, 1, accountCount - 1)) % accountCount
    const input = { from: account(from), to: account(to), cents: whole(this.#draw, 1, 3_000) }
    return [this.#start(this.#business.transfer.first.start(`t${n}`, input), `transfer t${n}`)]
  }

  order(n: number): readonly Ask[] {
    const products = new Set(Array.from({ length: whole(this.#draw, 1, 3) }, () => anyProduct(this.#draw)))
    const lines = [...products].map((p) => ({ product: product(p), units: whole(this.#draw, 1, 3) }))
    const who = anyAccount(this.#draw)
    const places = { account: account(who), card: `c${who}`, depot: `d${anyPlace(this.#draw)}` }
    const input = { ...places, cents: whole(this.#draw, 1, 2_000), lines }
    return [this.#start(this.#business.order.start(`o${n}`, input), `order o${n}`)]
  }

  trip(n: number): readonly Ask[] {
    const where = { flight: `f${anyPlace(this.#draw)}`, hotel: `h${anyPlace(this.#draw)}` }
    const input = { ...where, account: account(anyAccount(this.#draw)), cents: whole(this.#draw, 1, 1_000) }
    const trip = { ...input, product: product(anyProduct(this.#draw)) }
    return [this.#start(this.#business.trip.start(`b${n}`, trip), `trip b${n}`)]
  }

  /** Half of them come from outside as an event. */
  cascade(n: number): readonly Ask[] {
    const { app, relay } = this.#business
    const keys = Array.from({ length: 6 }, () => `r${anyPlace(this.#draw)}`)
    const passing = { id: `k${n}`, amount: whole(this.#draw, 1, 100), keys }
    const effect = `cascade k${n}`
    if (this.#draw() < 0.5) return [{ type: "publish", app, event: Hop1(passing), effect }]
    return [{ type: "command", app, command: relay.begin(keys[0] ?? "r0", passing), effect, kind: "command" }]
  }

  /** Some are decided in time, some never. */
  option(n: number): readonly Ask[] {
    const { option, app } = this.#business
    const effect = `option w${n}`
    const input = { account: account(anyAccount(this.#draw)), cents: whole(this.#draw, 1, 500) }
    const started = this.#start(option.start(`w${n}`, input), effect)
    if (this.#draw() < 0.3) return [started]
    const command = option.signal(`w${n}`, "decision", { by: `client ${n}` })
    const after = { effect, phase: "accepted" as const }
    return [started, { type: "command", app, command, effect: `decide w${n}`, kind: "command", after }]
  }

  reservation(n: number): readonly Ask[] {
    const { reservations, app } = this.#business
    const key = `v${anyPlace(this.#draw)}`
    const id = `r${n}`
    const effect = `place ${id}`
    const command = reservations.place(key, { id, forMs: whole(this.#draw, 100, 5_000) })
    const place: Ask = { type: "command", app, command, effect, kind: "command" }
    if (this.#draw() < 0.5) return [place]
    const after = { effect, phase: "answered" as const }
    const keep = reservations.keep(key, { id })
    return [place, { type: "command", app, command: keep, effect: `keep ${id}`, kind: "command", after }]
  }

  /** Written one after the other by one client, as soon as the one before is accepted; now and then somebody asks. */
  note(n: number): readonly Ask[] {
    const { notes, app } = this.#business
    const key = `n${anyPlace(this.#draw)}`
    const effect = `note ${n}`
    const last = this.#lastNote.get(key)
    this.#lastNote.set(key, effect)
    const after = last === undefined || this.#draw() < 0.2 ? {} : { after: { effect: last, phase: "accepted" as const } }
    const write: Ask = { type: "command", app, command: notes.write(key, { n }), effect, kind: "command", ...after }
    if (this.#draw() < 0.8) return [write]
    const asked = { effect, phase: "answered" as const }
    return [write, { type: "command", app, command: query("notes", key), effect: `read ${n}`, kind: "query", after: asked }]
  }

  /** Now and then somebody else asks for the same. */
  errand(n: number): readonly Ask[] {
    const place = (letter: string) => `${letter}${anyPlace(this.#draw)}`
    const input = { agency: place("g"), clerk: place("c"), till: place("t") }
    const asked = this.#start(this.#business.errand.start(`e${n}`, input), `errand e${n}`)
    return this.#draw() < 0.7 ? [asked] : [asked, { ...asked, effect: `errand e${n}, asked again` }]
  }

  /** An operator tries again what is parked. It is kept under its own key, and counted by nobody. */
  redrive(n: number): readonly Ask[] {
    const { app, partitions } = this.#business
    const partition = String(whole(this.#draw, 0, partitions - 1))
    const code = this.#draw() < 0.7 ? "OUTSIDE_POISONED" : "HANDLER_THREW"
    const payload = { by: "operator", why: "it may work now", code }
    const command = { service: partitionService, key: partition, name: "redrive", payload }
    return [{ type: "command", app, command, effect: `redrive ${n}`, kind: "query" }]
  }

  #start(command: AskCommand["command"], effect: string): AskCommand {
    return { type: "command", app: this.#business.app, command, effect, kind: "start" }
  }
}
