// What it costs to build a read model of many sagas, and to ask it: for the load run, and small in the tests.
import { statSync } from "node:fs"
import { Client, startConsole } from "../../runtime/index.ts"
import { memoryEdge } from "../../runtime/memory/edge.ts"
import { newWorld, operateInMemory } from "../../runtime/testing/index.ts"
import { sagaPictures } from "../../sagas/index.ts"
import { askUrl, operatorToken } from "./console-in-memory.ts"
import { manySagas } from "./many-sagas.ts"

export interface LoadResult {
  readonly sagas: number
  readonly blocks: number
  readonly decisions: number
  readonly journalBytes: number
  /** CPU time of projecting, without the making of the blocks: the machine may be busy with other things. */
  readonly projectedMs: number
  readonly storeBytes: number
  /** Median and worst answer of each request, with its body read. */
  readonly answers: readonly Answered[]
}

export interface Answered {
  readonly what: string
  readonly medianMs: number
  readonly worstMs: number
  /** CPU time of one answer, and of asking for it, at the median: what it would take on a machine with nothing else to do. */
  readonly cpuMs: number
  readonly bytes: number
}

const hour = 3_600_000

export async function consoleLoad(ended: number, live: number, file: string, times: number): Promise<LoadResult> {
  const many = await manySagas(ended, live)
  const { app, feed, blocks, decisions, keyOf } = many
  const world = newWorld()
  let projectedMs = 0
  const turns = {
    turn(work: () => void) {
      const before = process.cpuUsage()
      work()
      const { user, system } = process.cpuUsage(before)
      projectedMs += (user + system) / 1000
      return Promise.resolve()
    },
  }
  const client = new Client(memoryEdge(world.streams), app.shape.partitions)
  const members = () => Promise.resolve([{ name: "a", refuses: [] }])
  const source = { app, client, operator: operateInMemory(app, world), feed, members, turns, file }
  const console = await startConsole([source], { port: 0, token: operatorToken, pictures: sagaPictures })
  try {
    const shown = console.apps.get("shop")
    const isLive = await shown?.projector.until(() => shown.projector.status().state === "live", hour)
    if (isLive !== true) throw new Error(`the read model is not built: ${JSON.stringify(shown?.projector.status())}`)
    const answers: Answered[] = []
    for (const [what, path] of requests(keyOf, ended + live))
      answers.push(await ask(`${console.url}/api/apps/shop/${path}`, what, times))
    const storeBytes = statSync(file).size
    return { sagas: ended + live, blocks, decisions, journalBytes: many.bytes, projectedMs, storeBytes, answers }
  } finally {
    await console.close()
    await client.close()
  }
}

function requests(keyOf: (index: number) => string, sagas: number): readonly (readonly [what: string, path: string])[] {
  const middle = encodeURIComponent(keyOf(Math.floor(sagas / 2) + 1))
  // Every so many is live, beginning with the first.
  const live = encodeURIComponent(keyOf(0))
  const where = (condition: string) => `where=${encodeURIComponent(condition)}`
  return [
    ["list", "sagas"],
    ["list of those under way", "sagas?phase=live&order=changed"],
    ["list of those that ended last", "sagas?phase=ended&order=ended"],
    ["list, page by what is due next", "sagas?order=due&limit=200"],
    ["list, with their number", "sagas?phase=completed&count=true"],
    ["search by attribute", `sagas?${where("customer=c-17")}`],
    ["search by attribute and its number", `sagas?${where("cents>=9000")}&count=true`],
    ["search by two attributes and phase", `sagas?${where("customer=c-17")}&${where("cents<5000")}&phase=ended`],
    ["search by key", `sagas?saga=order&key=${live}`],
    ["search by beginning of the key", `sagas?saga=order&key=${live.slice(0, 6)}*&order=key`],
    ["search by reason", "sagas?reason=no-money&count=true"],
    ["search by state", "sagas?state=approval"],
    ["search by what it waits for", "sagas?waitsFor=till&count=true"],
    ["search by stuck since", "sagas?stuckSince=1780001000000&order=changed&count=true"],
    ["search that finds nothing", `sagas?${where("customer=nobody")}&phase=live`],
    ["search by an unindexed mix that finds nothing", "sagas?version=2&phase=completed"],
    ["counts", "saga-counts"],
    ["overview", "overview"],
    ["one saga, ended", `sagas/order/${middle}`],
    ["one saga, live", `sagas/order/${live}`],
    ["its timeline", `sagas/order/${middle}/timeline?payloads=true`],
    ["its drawing", `sagas/order/${middle}/drawing.svg`],
    ["parked, by cause", "parked-groups"],
    ["rates of an hour", "rates?since=1780000000000&stepMs=60000"],
    ["orders", "orders"],
  ]
}

async function ask(url: string, what: string, times: number): Promise<Answered> {
  const took: number[] = []
  const spent: number[] = []
  let bytes = 0
  for (let n = 0; n < times; n += 1) {
    const beganMs = performance.now()
    const before = process.cpuUsage()
    const { status, text } = await askUrl("GET", url, undefined, { authorization: `Bearer ${operatorToken}` })
    took.push(performance.now() - beganMs)
    const { user, system } = process.cpuUsage(before)
    spent.push((user + system) / 1000)
    if (status !== 200) throw new Error(`${url}: ${status} ${text}`)
    bytes = text.length
  }
  const sorted = (numbers: readonly number[]) => numbers.toSorted((a, b) => a - b)
  const median = (numbers: readonly number[]) => sorted(numbers)[Math.floor(times / 2)] ?? 0
  return { what, medianMs: median(took), worstMs: sorted(took).at(-1) ?? 0, cpuMs: median(spent), bytes }
}
