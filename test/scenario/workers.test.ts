// Competing workers on one real nats-server (scenarios 39 and 50): the work is shared, a killed one is replaced by the
// others, more workers do more.
import assert from "node:assert/strict"
import { test } from "node:test"
import { type RunningApp, start } from "../../runtime/index.ts"
import { partitionOf } from "../../runtime/message/key.ts"
import { jobsApp } from "../support/jobs.ts"
import { withNats } from "../support/nats-process.ts"
import { startWorker } from "../support/worker.ts"

interface Counted {
  readonly running: RunningApp
  runs: number
}

interface Crew {
  readonly workers: readonly Counted[]
  /** Resolves when each of them owns so many partitions. */
  sharing(share: number): Promise<void>
  stop(): Promise<void>
}

/** So many workers in this process, each with its own count of what it handled. */
async function startCrew(natsUrl: string, namespace: string, count: number, jobMs: number): Promise<Crew> {
  const workers: Counted[] = []
  const checks = new Set<() => void>()
  const owned = () => {
    for (const check of checks) check()
  }
  for (let n = 0; n < count; n += 1) {
    const counted = { runs: 0 }
    const { shape } = jobsApp(namespace, jobMs, () => (counted.runs += 1))
    workers.push(Object.assign(counted, { running: await start(shape, { natsUrl, observer: { owned } }) }))
  }
  const sharing = (share: number) =>
    new Promise<void>((resolve) => {
      const check = () => {
        if (workers.every(({ running }) => running.engine.owned().length === share)) resolve()
      }
      checks.add(check)
      check()
    })
  return { workers, sharing, stop: async () => void (await Promise.all(workers.map(({ running }) => running.stop()))) }
}

test(
  "1,000 jobs, 10 workers, one killed in the middle: 1,000 distinct done, each worker did some",
  { timeout: 60_000 },
  async (t) => {
    const { url } = await withNats(t)
    const { job } = jobsApp("crowd", 5, () => undefined)
    const { workers, sharing, stop } = await startCrew(url, "crowd", 9, 5)
    const doomed = startWorker(url, "jobs-worker.ts", { TROUPE_TEST_NAMESPACE: "crowd" })
    t.after(() => doomed.end("SIGKILL"))
    await doomed.until(() => doomed.owned.length === 2)
    await sharing(2)
    const client = workers[0]!.running.client
    let done = 0
    const asked = Array.from({ length: 1000 }, (_, n) =>
      client.ask(job.run(`job-${n}`, {}), { effect: `run-${n}` }).then((outcome) => {
        done += 1
        if (done === 300) void doomed.end("SIGKILL")
        return outcome
      }),
    )
    const outcomes = await Promise.all(asked)
    assert.ok(
      outcomes.every((outcome) => outcome.type === "done" && outcome.value === 1),
      "each counted once in its state",
    )
    assert.ok(
      workers.every(({ runs }) => runs > 0),
      `each worker did some: ${workers.map(({ runs }) => runs).join(", ")}`,
    )
    await stop()
  },
)

test(
  "four workers do at least 3.2 times the work of one, on jobs of 50 ms with one at a time each",
  { timeout: 60_000 },
  async (t) => {
    const { url } = await withNats(t)
    const measure = async (namespace: string, count: number): Promise<number> => {
      const { workers, sharing, stop } = await startCrew(url, namespace, count, 50)
      await sharing(20 / count)
      const { job, shape } = jobsApp(namespace, 50, () => undefined)
      const keys = evenKeys(shape.shape.partitions, 160)
      const client = workers[0]!.running.client
      const startedMs = performance.now()
      await Promise.all(keys.map((key) => client.ask(job.run(key, {}), { effect: key })))
      const elapsedMs = performance.now() - startedMs
      await stop()
      return keys.length / (elapsedMs / 1000)
    }
    const one = await measure("alone", 1)
    const four = await measure("together", 4)
    t.diagnostic(`one worker ${one.toFixed(1)}/s, four ${four.toFixed(1)}/s: ${(four / one).toFixed(2)} times`)
    assert.ok(four / one >= 3.2, `${(four / one).toFixed(2)} times`)
  },
)

/** Keys that fall evenly on the partitions: the same number in each. */
function evenKeys(partitions: number, count: number): readonly string[] {
  const keys: string[] = []
  const room = Array.from({ length: partitions }, () => count / partitions)
  for (let n = 0; keys.length < count; n += 1) {
    const partition = partitionOf(`job-${n}`, partitions)
    if ((room[partition] ?? 0) === 0) continue
    room[partition] = (room[partition] ?? 0) - 1
    keys.push(`job-${n}`)
  }
  return keys
}
