// Runs a workload once in memory, with one process, in virtual time and without faults, and writes its history down.
import type { App } from "../../runtime/index.ts"
import type { Happening, History } from "../../runtime/simulation/history.ts"
import { blockHappening } from "../../runtime/simulation/history-lines.ts"
import { appFacts, probedApp, rowsOf } from "../../runtime/simulation/probes.ts"
import type { Ask, Workload } from "../../runtime/simulation/workload.ts"
import {
  askInMemory, type MemoryProcess, newWorld, publishInMemory, startInMemory, virtualClock, type World,
} from "../../runtime/testing/index.ts"
import { seeded } from "../support/seeded.ts"
import { memoryLedger } from "./workload/outside.ts"

type Unrecorded = Happening extends infer Each ? (Each extends unknown ? Omit<Each, "atMs"> : never) : never

/** How long a run may last, in virtual time. */
const longestMs = 600_000

export async function runInMemory(workload: Workload, seed: number): Promise<History> {
  const time = await virtualClock()
  const happenings: Happening[] = []
  const nowMs = () => time.clock.currentTimeMillisUnsafe()
  const note = (happening: Unrecorded) => void happenings.push({ ...happening, atMs: nowMs() })
  const outside = workload.outside(memoryLedger((line) => note({ type: "ledger", ...line })))
  const [made] = workload.apps(outside)
  if (made === undefined) throw new RangeError(`workload ${workload.name} has no app`)
  const world = newWorld()
  const running = await startInMemory(probedApp(made, "p1", note), world, { clock: time.clock })
  const client = new MemoryClient(made, world, note)
  note({ type: "phase", phase: "faults" })
  for (const asks of [workload.setup, workload.requests(seeded(seed))]) {
    client.ask(asks)
    for (let passed = 0; client.openCount > 0; passed += 500) {
      if (passed > longestMs) throw new Error(`${client.openCount} requests have no answer after ${longestMs} ms`)
      await time.pass(500)
    }
  }
  await time.pass(30_000, 500)
  note({ type: "phase", phase: "settled" })
  record(made, world, running, note)
  await running.kill()
  const run = { type: "run", v: 1, workload: workload.name, seed: String(seed), mode: "memory", apps: [appFacts(made)] } as const
  return { run, happenings }
}

/** What the journals hold, and the rows. */
function record(app: App, { journal }: World, { engine }: MemoryProcess, note: (happening: Unrecorded) => void): void {
  for (let partition = 0; partition < app.shape.partitions; partition += 1) {
    for (const stored of journal.records(partition)) {
      const { atMs: _, ...block } = blockHappening(app.shape.name, partition, stored, 0)
      note(block)
      note({ type: "acked", process: "p1", app: block.app, partition, sequence: block.sequence, digest: block.digest })
    }
  }
  for (const row of rowsOf(app, engine, "p1")) note(row)
}

/** Asks everything as soon as it may be asked. */
class MemoryClient {
  readonly #app: App
  readonly #world: World
  readonly #note: (happening: Unrecorded) => void
  readonly #waiting = new Map<string, Ask[]>()
  openCount = 0

  constructor(app: App, world: World, note: (happening: Unrecorded) => void) {
    this.#app = app
    this.#world = world
    this.#note = note
  }

  ask(asks: readonly Ask[]): void {
    for (const ask of asks) {
      this.openCount += 1
      if (ask.after === undefined) continue
      const id = `${ask.after.phase} ${ask.after.effect}`
      this.#waiting.set(id, [...(this.#waiting.get(id) ?? []), ask])
    }
    for (const ask of asks) if (ask.after === undefined) void this.#begin(ask)
  }

  async #begin(ask: Ask): Promise<void> {
    const { effect } = ask
    const about = ask.type === "publish"
      ? { to: `${ask.event.name}/${ask.event.key ?? ""}`, name: ask.event.name, kind: "event" as const }
      : { to: `${ask.command.service}/${ask.command.key}`, name: ask.command.name, kind: ask.kind }
    const request = { type: "client" as const, client: "c1", app: this.#app.shape.name, effect, ...about }
    this.#note({ ...request, phase: "invoke" })
    if (ask.type === "publish") {
      await publishInMemory(this.#app, this.#world, ask.event, { id: effect })
      this.#note({ ...request, phase: "accepted" })
    } else {
      const answered = askInMemory(this.#app, this.#world, ask.command, effect)
      this.#note({ ...request, phase: "accepted" })
      this.#release(`accepted ${effect}`)
      this.#note({ ...request, phase: "answered", outcome: await answered })
    }
    this.#release(`answered ${effect}`)
    this.openCount -= 1
  }

  #release(id: string): void {
    const asks = this.#waiting.get(id) ?? []
    this.#waiting.delete(id)
    for (const ask of asks) void this.#begin(ask)
  }
}
