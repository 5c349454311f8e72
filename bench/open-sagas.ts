// Sagas that are open while others are measured: so many are started, and wait; what they take of memory is weighed.
import { setTimeout as pause } from "node:timers/promises"
import { type Child, startChild } from "./child.ts"
import type { OpenerTask } from "./opener.ts"
import type { WorkerReport } from "./worker.ts"

export interface Opened {
  readonly count: number
  /** Memory of the workers that is in use for each but the first ones, the garbage collected before and after. */
  readonly bytesEach: number
  readonly perSecond: number
}

/** These are not weighed: with them come compiled code, streams, and whatever else there is once. */
const firstMax = 500
/** How often the workers are asked how many are open. */
const lookEveryMs = 200
/** For so long the workers may open none before it is given up. */
const standstillMaxMs = 60_000

/** Resolves when all of them wait; `undefined` if none are wanted. */
export async function openSagas(
  count: number,
  place: Omit<OpenerTask, "from" | "until">,
  workers: readonly Child[],
  stops: (() => Promise<void>)[],
): Promise<Opened | undefined> {
  if (count === 0) return undefined
  const first = Math.min(firstMax, Math.floor(count / 2))
  const open = async (from: number, until: number) => {
    if (from === until) return
    const opener = startChild("opener.ts", { ...place, from, until } satisfies OpenerTask)
    stops.push(opener.stop)
    await Promise.all([opener.heard("done"), untilOpen(until, workers)])
    await opener.stop()
  }
  const weighed = async () => sum(await reports(workers, "weigh"), ({ usedBytes }) => usedBytes)
  await open(0, first)
  const before = await weighed()
  const beganMs = performance.now()
  await open(first, count)
  const tookMs = performance.now() - beganMs
  const others = count - first
  return { count, bytesEach: ((await weighed()) - before) / others, perSecond: (others * 1000) / tookMs }
}

async function untilOpen(count: number, workers: readonly Child[]): Promise<void> {
  let open = 0
  let progressedMs = performance.now()
  for (;;) {
    const now = sum(await reports(workers, "report"), (report) => report.open)
    if (now >= count) return
    if (now > open) progressedMs = performance.now()
    open = now
    if (performance.now() - progressedMs > standstillMaxMs)
      throw new Error(`${open} of ${count} sagas are open, and none more for ${standstillMaxMs / 1000} s`)
    await pause(lookEveryMs)
  }
}

async function reports(workers: readonly Child[], what: "report" | "weigh"): Promise<readonly WorkerReport[]> {
  // cast: worker.ts gives it
  return (await Promise.all(workers.map((worker) => worker.ask(what)))) as readonly WorkerReport[]
}

function sum(all: readonly WorkerReport[], of: (report: WorkerReport) => number): number {
  return all.reduce((total, report) => total + of(report), 0)
}
