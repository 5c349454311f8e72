// A history of a run without faults, recorded once for all tests of a file, and ways to damage a copy of it.
import type { Entry } from "../../../runtime/message/block.ts"
import type { BlockHappening, Happening, History, Verdict } from "../../../runtime/simulation/history.ts"
import { checkHistory } from "../../../runtime/simulation/invariants/check-history.ts"
import { runInMemory } from "../../proof/in-memory.ts"
import { bankAndShop, mixOf } from "../../proof/workload/bank-and-shop.ts"

export const workload = bankAndShop({ seed: "good", mix: mixOf(30) })

/** Sizes, replicas and spans are added: a run in memory has none. */
export async function goodHistory(): Promise<History> {
  const { run, happenings } = await runInMemory(workload, 4)
  const atMs = happenings.at(-1)?.atMs ?? 0
  const replica = { type: "replica" as const, atMs, stream: "JOURNAL", first: 1, last: 9, count: 9, digest: "same" }
  const more: readonly Happening[] = [
    { type: "gauge", atMs, process: "p1", name: "mailboxes", value: 3 },
    { type: "gauge", atMs, process: "p1", name: "backlog", value: 0 },
    { ...replica, server: "n1" },
    { ...replica, server: "n2" },
    { type: "span", atMs, trace: "t1", span: "s1", name: "start", saga: "order/o1" },
    { type: "span", atMs, trace: "t1", span: "s2", parent: "s1", name: "reserve", saga: "order/o1" },
  ]
  return { run, happenings: [...happenings, ...more] }
}

/** What both the general checks and those of the workload find. */
export function judge(history: History): Verdict {
  const { violations, counts } = checkHistory(history, { ...workload.expectations, gaugesMax: { mailboxes: 100 } })
  return { violations: [...violations, ...workload.check(history)], counts }
}

export interface Damaged {
  readonly run: History["run"]
  happenings: Happening[]
}

/** A copy that shares nothing with the original. */
export function damaged(history: History, damage: (copy: Damaged) => void): History {
  const copy: Damaged = { run: history.run, happenings: structuredClone([...history.happenings]) }
  damage(copy)
  return copy
}

type OfType<Type extends Happening["type"]> = Extract<Happening, { readonly type: Type }>

/** The happenings of one type that fit, as they are in the copy. */
export function all<const Type extends Happening["type"]>(
  { happenings }: { readonly happenings: readonly Happening[] },
  type: Type,
  fits: (happening: OfType<Type>) => boolean = () => true,
): OfType<Type>[] {
  const found = happenings.filter((happening): happening is OfType<Type> => happening.type === type)
  return found.filter(fits)
}

export function only<Value>(values: readonly Value[], what: string): Value {
  const [value] = values
  if (value === undefined) throw new RangeError(`the good history has no ${what}`)
  return value
}

export interface Found {
  readonly block: BlockHappening
  readonly entry: Entry
  readonly index: number
}

/** Entries that fit, in order. */
export function entries(history: { readonly happenings: readonly Happening[] }, fits: (entry: Entry) => boolean): Found[] {
  return all(history, "block").flatMap((block) =>
    block.block.decisions.flatMap((entry, index) => (fits(entry) ? [{ block, entry, index }] : [])),
  )
}

/** Changes members that the types keep from being written. */
export function change<Value extends object>(value: Value, members: Partial<Value>): void {
  Object.assign(value, members)
}

/** The list itself, to be changed in a copy. */
export function listOf<Item>(items: readonly Item[]): Item[] {
  return items as Item[] // cast: of a copy, which is damaged on purpose
}
