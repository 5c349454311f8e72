// A new version is deployed while many sagas are under way: what a dry run says migrates does, the rest goes on as it was,
// and all come to their ends. On whatever the orders run.
import assert from "node:assert/strict"
import type { Command, Operator, Outcome } from "../../runtime/index.ts"
import { applyMigration, type EndedRow, liveVerdicts, type LiveVerdict, type SagaRow } from "../../sagas/index.ts"
import { both, orderV1, orderV2, outage, type Standing, standings } from "./long-order.ts"

/** One release of the app, running. */
export interface Release {
  readonly operator: Operator
  ask(command: Command): Promise<Outcome>
  rows(service: string): IterableIterator<readonly [key: string, state: unknown]>
  /** Resolves when nothing is under way. */
  idle(): Promise<void>
}

const author = { by: "ann", why: "orders are insured now" }

export async function migrateWhileUnderWay(
  count: number,
  before: Release,
  deploy: () => Promise<Release>,
): Promise<readonly LiveVerdict[]> {
  const orders = Array.from({ length: count }, (_, n) => orderOf(n))
  Object.assign(outage, { bank: true, release: true, harbour: true })
  // The end of a saga may be told by the next release, so nobody waits for it here.
  const starts = orders.map(({ key, input }) => before.ask(orderV1.start(key, input)).catch(() => undefined))
  await Promise.all(orders.flatMap((order) => begin(order).map((command) => before.ask(command))))
  await before.idle()
  const after = await deploy()
  const known = sagas(after)
  const predicted = new Map<string, LiveVerdict>()
  for await (const verdict of liveVerdicts(after.operator, both)) predicted.set(verdict.key, verdict)
  for (const [key, row] of sagas(after)) assert.deepEqual(row, known.get(key), "a dry run changes nothing")
  assert.equal(predicted.size, count)
  for (const { key, name, migrates } of orders) assert.equal(predicted.get(key)?.migrates, migrates, name)

  const goes = orders.filter(({ migrates }) => migrates).length
  const stayed = count - goes
  const report = await applyMigration(after.operator, both, author, { perSecond: 100_000, underWayMax: 200 })
  assert.deepEqual(report, { to: 2, migrated: goes, refused: 0, stayed, codes: { ORDER_CHANGED: stayed } })
  const now = sagas(after)
  for (const { key, name, migrates } of orders) {
    const row = now.get(key)
    assert.ok(row !== undefined && !("ended" in row))
    assert.equal(row.definition.version, migrates ? 2 : 1, name)
  }

  Object.assign(outage, { bank: false, release: false, harbour: false })
  await Promise.all(orders.flatMap((order) => finish(order).map((command) => after.ask(command))))
  await after.idle()
  await Promise.all(starts)
  assertBalanced(orders, after)
  return [...predicted.values()]
}

interface Order extends Standing {
  readonly key: string
}

/** Customers and shelves are spread, so that no actor is hotter than it must be. */
function orderOf(n: number): Order {
  const standing = standings[n % standings.length]
  assert.ok(standing)
  const { sku, customer, isRisky } = standing.input
  const input = { sku: sku === "stuck" ? sku : `${sku}-${n % 97}`, customer: `${customer}-${n % 89}`, isRisky }
  return { ...standing, input, key: `o-${n}` }
}

function begin({ key, signals, isPaused }: Order): readonly Command[] {
  const told = signals.map(([name, ok = true]) => signal(key, name, ok))
  return isPaused === true ? [...told, orderV1.pause(key, author)] : told
}

/** What it still waits for. */
function finish({ key, input, signals, isPaused, migrates, name }: Order): readonly Command[] {
  const saga = migrates ? orderV2 : orderV1
  const again = isPaused === true || name === "in a storm" ? saga.resume(key, author) : saga.retryNow(key, author)
  const isHeldUp = isPaused === true || /stuck|closed|storm/.test(name)
  if (input.customer.startsWith("poor")) return [again]
  const told = new Set(signals.filter(([, ok = true]) => ok).map(([given]) => given))
  const offer = told.has("slowOffer") ? [] : ["fastOffer"]
  const due = [...(input.isRisky ? [migrates ? "cleared" : "vetted"] : []), "packed", "printed", ...offer, "bid", "delivered"]
  return [...(isHeldUp ? [again] : []), ...due.filter((wait) => !told.has(wait)).map((wait) => signal(key, wait, true))]
}

function signal(key: string, name: string, ok: boolean): Command {
  return { service: "order", key, name: "signal", payload: { name, payload: { ok } } }
}

function sagas({ rows }: Release): Map<string, SagaRow | EndedRow> {
  return new Map([...rows("order")].map(([key, state]) => [key, state as SagaRow | EndedRow])) // cast: rows of sagas
}

function assertBalanced(orders: readonly Order[], release: Release): void {
  const ended = [...sagas(release).values()].map((row) => {
    if ("ended" in row) return row.ended.outcome
    return `under way in ${JSON.stringify(row.value)} ${row.parked?.message ?? ""}`
  })
  const poor = orders.filter(({ input }) => input.customer.startsWith("poor")).length
  const completed = orders.length - poor
  const tally = Object.fromEntries([...new Set(ended)].map((end) => [end, ended.filter((other) => other === end).length]))
  assert.deepEqual(tally, { completed, compensated: poor })
  const sum = (service: string, field: string) =>
    [...release.rows(service)].reduce((all, [, state]) => all + Number(Reflect.get(Object(state), field)), 0)
  const insured = orders.filter(({ migrates }) => migrates).length - poor
  assert.deepEqual(
    [sum("stock", "held"), sum("bank", "cents"), sum("harbour", "shipped"), sum("bank", "insured")],
    [completed, 100 * completed, completed, insured],
  )
}
