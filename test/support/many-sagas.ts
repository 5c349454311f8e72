// Journals of as many sagas as one likes, made of what a few of them really left behind: each is that of a template, with
// another key, customer, amount and time. Blocks are made when they are read, so they need no room.
import type { App } from "../../runtime/index.ts"
import { decodeBlock, encodeBlock, encodeEntry } from "../../runtime/message/block.ts"
import { digest } from "../../runtime/message/hash.ts"
import { partitionOf } from "../../runtime/message/key.ts"
import type { FeedBlock, JournalFeed } from "../../runtime/ports/journal-feed.ts"
import { askInMemory, newWorld, startInMemory } from "../../runtime/testing/index.ts"
import { anOrder, order, ordersShop, stock, desk } from "./orders-shop.ts"
import { completeToken } from "../../sagas/index.ts"
import { tokenOf } from "../../sagas/machine/functions.ts"

export interface ManySagas {
  readonly app: App
  readonly feed: JournalFeed
  readonly blocks: number
  readonly decisions: number
  readonly bytes: number
  keyOf(index: number): string
}

const perBlock = 16
/** The run began then. */
const startMs = 1_780_000_000_000
const templateKey = "template-key"
const customer = "c-template"
const cents = 7_770

interface Template {
  /** Entries of its actors, with those of the services that it called. */
  readonly entries: readonly string[]
}

/** `live` of them have not ended: they wait for a signal, pause before a try, or stand still. The rest has, most well. */
export async function manySagas(ended: number, live: number): Promise<ManySagas> {
  const app = ordersShop({ partitions: 8 })
  const [done, poor, waits, stuck, paused] = [
    await template("done"), await template("poor"), await template("waits"), await template("stuck"), await template("paused"),
  ]
  const all = ended + live
  const every = Math.max(1, Math.floor(all / live))
  const of = (index: number): Template => {
    if (index % every === 0 && index / every < live) return [waits, waits, waits, stuck, paused][(index / every) % 5] ?? waits
    return index % 10 === 3 ? poor : done
  }
  // A block is of one partition, as its sagas are.
  const byPartition = Array.from({ length: 8 }, (): number[] => [])
  for (let index = 0; index < all; index += 1) byPartition[partitionOf(keyOf(index), 8)]?.push(index)
  const plan: { readonly partition: number; readonly number: number; readonly sagas: readonly number[] }[] = []
  for (let number = 0; byPartition.some((some) => some.length > number * perBlock); number += 1) {
    for (const [partition, some] of byPartition.entries()) {
      const sagas = some.slice(number * perBlock, (number + 1) * perBlock)
      if (sagas.length > 0) plan.push({ partition, number, sagas })
    }
  }
  const previous = plan.map(() => "")
  const nextOf = new Map<string, number>()
  for (const [index, { partition, number }] of plan.entries()) nextOf.set(`${partition} ${number}`, index)
  const make = (sequence: number): FeedBlock | undefined => {
    const planned = plan[sequence - 1]
    if (planned === undefined) return undefined
    const { partition, number, sagas } = planned
    const head = { v: 2, app: "shop", partition, incarnation: `journal-${partition}`, number, epoch: 1, low: {}, confirmed: {} }
    const atMs = startMs + Math.max(...sagas) * 20 + 2_000
    const entries = sagas.flatMap((saga) => of(saga).entries.map((entry) => stamped(entry, saga)))
    const kind = number === 0 ? ("genesis" as const) : ("decisions" as const)
    const bytes = encodeBlock({ ...head, kind, atMs, previous: previous[sequence - 1] ?? "" }, entries)
    const next = nextOf.get(`${partition} ${number + 1}`)
    if (next !== undefined) previous[next] = digest(bytes)
    return { partition, sequence, bytes }
  }
  const decisions = plan.reduce((sum, { sagas }) => sum + sagas.reduce((more, saga) => more + of(saga).entries.length, 0), 0)
  const read = { bytes: 0 }
  return { app, feed: feedOf(plan.length, make, read), blocks: plan.length, decisions, get bytes() { return read.bytes }, keyOf }
}

function feedOf(blocks: number, make: (sequence: number) => FeedBlock | undefined, read: { bytes: number }): JournalFeed {
  return {
    source: "generated",
    open(after) {
      let sequence = after
      const ended = Promise.withResolvers<never>()
      return Promise.resolve({
        backlog: blocks - after,
        next() {
          sequence += 1
          const block = make(sequence)
          if (block === undefined) return ended.promise
          read.bytes += block.bytes.length
          return Promise.resolve({ sequence, behind: blocks - sequence, block })
        },
        close: () => ended.reject(new Error("closed")),
      })
    },
    at: (sequence) => Promise.resolve(make(sequence)),
    bounds: () => Promise.resolve({ oldest: 1, newest: blocks }),
  }
}

function keyOf(index: number): string {
  return `o-${String(index).padStart(7, "0")}`
}

function stamped(entry: string, index: number): string {
  return entry
    .replaceAll(templateKey, keyOf(index))
    .replaceAll(customer, `c-${index % 5_000}`)
    .replaceAll(String(cents), String(100 + ((index * 7_919) % 9_000)))
    .replaceAll(clock, (time) => String(Number(time) + index * 20))
}

const clock = /\b1\d{12}\b/g

/** What one order of a kind leaves in its journal, with its times moved to the beginning. */
async function template(kind: "done" | "poor" | "waits" | "stuck" | "paused"): Promise<Template> {
  const app = ordersShop({ partitions: 1 })
  const world = newWorld()
  const process = await startInMemory(app, world)
  const tell = (command: Parameters<typeof askInMemory>[2]) => askInMemory(app, world, command)
  await tell(stock.fill("P1", { units: 5 }))
  await tell(desk.note("desk-1", { text: "the first", amount: 1 }))
  const amount = kind === "stuck" ? 200_000 : kind === "poor" ? 20_000 : cents
  const from = world.journal.records(0).length
  const end = tell(order.start(templateKey, anOrder(customer, amount)))
  if (kind === "paused") await tell(order.pause(templateKey, { by: "ann", why: "a load test" }))
  if (["done", "poor", "stuck"].includes(kind)) await tell(order.signal(templateKey, "approval", { by: "bob" }))
  await process.until(() => process.engine.isIdle())
  if (kind === "done") {
    const state = process.engine.row({ service: "order", key: templateKey })?.state as { secret: string } // cast: a saga's row
    const token = tokenOf({ saga: "order" }, { sagaId: templateKey, secret: state.secret }, "courier")
    await tell(completeToken(token, { courier: "UPS" }))
    await end
  }
  await process.until(() => process.engine.isIdle())
  await process.kill()
  const blocks = world.journal.records(0).slice(from).map(({ bytes }) => decodeBlock(bytes, "a template"))
  const decided = blocks.flatMap(({ decisions }) => decisions.filter(({ to }) => to !== undefined))
  const entries = decided.map((entry) => encodeEntry(entry))
  const beganMs = Math.min(...[...entries.join(" ").matchAll(clock)].map(([time]) => Number(time)))
  return { entries: entries.map((entry) => entry.replaceAll(clock, (time) => String(Number(time) - beganMs + startMs))) }
}
