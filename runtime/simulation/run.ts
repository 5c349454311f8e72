// One seed: a workload on simulated processes, first while things break, then until all is at rest. What happened is a history.
import type { App } from "../host/app.ts"
import { limits } from "../kernel/limits.ts"
import { ActiveFaults } from "./active-faults.ts"
import { Coverage, type CoverageCounts } from "./coverage.ts"
import { CrashWatch, type Question } from "./crash-watch.ts"
import type { History } from "./history.ts"
import { Kernel } from "./kernel.ts"
import { throwGarbage } from "./garbage.ts"
import { LaneNet } from "./lane-net.ts"
import { Nemesis } from "./nemesis.ts"
import { Network } from "./network.ts"
import { Outsiders } from "./outsiders.ts"
import { backlogOf, gaugesOf, rowsOf } from "./probes.ts"
import { hasLost, type Plan } from "./plan.ts"
import { Random } from "./random.ts"
import { Recorder } from "./recorder.ts"
import type { Release } from "./release.ts"
import { Server } from "./server.ts"
import { noteSightings } from "./sightings.ts"
import { Supervisor } from "./supervisor.ts"
import { Requests } from "./request-plan.ts"
import { virtualGlobals } from "./virtual-globals.ts"
import { OutsideCalls } from "./outside-calls.ts"
import type { LedgerLine, LedgerStore, Outside, Workload } from "./workload.ts"

export interface RunOptions {
  readonly workload: Workload
  readonly plan: Plan
  /** Only the first so many of the workload's requests are asked. Default: all. */
  readonly requestsMax?: number
  /** Asked at every crash point. */
  readonly question?: Question
}

export interface RunResult {
  readonly history: History
  readonly hash: string
  /** Why it did not come to rest; undefined if it did. */
  readonly stuck: string | undefined
  /** Partitions that stopped for good, as `app partition CODE`. */
  readonly stopped: readonly string[]
  readonly coverage: CoverageCounts
  readonly requests: number
  readonly faults: number
  readonly events: number
  readonly virtualMs: number
}

/** How long everything may take to come to rest once nothing is broken any more. */
const restWithinMs = 60_000
const restAtAllMs = 1_200_000
/** Where blocks were lost a partition may have stopped, and what is told to it is tried for ever: no rest is expected. */
const restAfterLossMs = 30_000
/** Nothing has happened for so long that nothing is sent again any more. */
const quietMs = 3 * limits.resendAfterMs
const lookMs = 500

export async function runSeed(options: RunOptions): Promise<RunResult> {
  const run = new Run(options)
  const putBack = virtualGlobals(run.kernel, run.world, run.random)
  try {
    return await run.play()
  } finally {
    putBack()
  }
}

class Run {
  readonly random: Random
  readonly kernel: Kernel
  readonly world
  readonly #options: RunOptions
  readonly #network: Network
  readonly #server: Server
  readonly #recorder: Recorder
  readonly #supervisor: Supervisor
  readonly #nemesis: Nemesis
  readonly #requests: Requests
  readonly #coverage: Coverage
  readonly #active: ActiveFaults
  readonly #apps: readonly App[]

  constructor(options: RunOptions) {
    const { workload, plan, question } = options
    const coverage = new Coverage()
    this.#options = options
    this.#coverage = coverage
    this.random = new Random(plan.seed, workload.name)
    const kernel = new Kernel(this.random)
    this.kernel = kernel
    this.world = kernel.owner("world")
    this.#recorder = new Recorder(kernel)
    const active = new ActiveFaults(kernel)
    this.#active = active
    this.#network = new Network(kernel, this.random, (fault, kind) => {
      coverage.saw(`${fault} ${kind}`)
      if (fault !== "lost link") active.struck(fault)
    })
    this.#server = new Server(kernel)
    const lines: LedgerLine[] = []
    const store: LedgerStore = {
      append: (line) => {
        lines.push(line)
        this.#recorder.ledger(line)
      },
      read: () => lines,
    }
    const made = workload.outside(store)
    const outside = new OutsideCalls(kernel, this.#network, made)
    const newApps = (release: Release, reached: Outside) => workload.apps(reached, release)
    this.#apps = newApps(1, made)
    const ids = this.random.fork("ids")
    const watch = new CrashWatch(active)
    if (question !== undefined) watch.ask(question)
    const shared = { kernel, network: this.#network, server: this.#server, recorder: this.#recorder, coverage }
    const outsiders = new Outsiders()
    const newId = () => ids.bits().toString(16).padStart(8, "0")
    this.#supervisor = new Supervisor({ ...shared, outsiders, lanes: new LaneNet(), newId, watch, newApps, outside }, this.random)
    this.#nemesis = new Nemesis({ ...shared, supervisor: this.#supervisor, watch, active, apps: this.#apps.length }, plan)
    const partitions = new Map(this.#apps.map(({ shape }) => [shape.name, shape.partitions]))
    this.#requests = new Requests({ ...shared, outsiders, partitions }, this.random)
  }

  async play(): Promise<RunResult> {
    const { plan, workload, requestsMax } = this.#options
    for (const { shape } of this.#apps) this.#server.app(shape.name)
    for (const [index] of this.#apps.entries()) for (let n = 0; n < plan.processes; n += 1) this.#supervisor.open(index)
    let stuck = await this.#setUp()
    if (stuck === undefined) {
      const draws = this.random.fork("requests")
      const asks = workload.requests(() => draws.float()).slice(0, requestsMax)
      this.#requests.plan(asks, plan.safetyMs * 0.8)
      this.#recorder.note({ type: "phase", phase: "faults" })
      this.#nemesis.begin()
      const world = { kernel: this.kernel, server: this.#server, recorder: this.#recorder }
      throwGarbage(world, this.#apps, this.random, plan.safetyMs)
      await this.kernel.run(this.kernel.nowMs + plan.safetyMs)
      this.#nemesis.end()
      this.#recorder.note({ type: "phase", phase: "healed" })
      this.#tellSizes()
      stuck = await this.#comeToRest()
    }
    if (stuck === undefined) this.#tellEnd()
    const history = this.#recorder.history(workload.name, plan.seed, this.#apps)
    this.#active.tell(this.#coverage)
    noteSightings(history, this.#coverage)
    return {
      history,
      hash: this.kernel.hash.value,
      stuck,
      stopped: [...this.#supervisor.stopped],
      coverage: this.#coverage.counts,
      requests: this.#requests.count,
      faults: this.#nemesis.struck,
      events: this.kernel.events,
      virtualMs: this.kernel.nowMs,
    }
  }

  async #setUp(): Promise<string | undefined> {
    for (const ask of this.#options.workload.setup) {
      this.#requests.plan([ask], 0)
      await this.kernel.run(this.kernel.nowMs + restWithinMs, () => this.#requests.open === 0)
      if (this.#requests.open > 0) return `the setup got no answer to ${ask.effect}`
    }
    return undefined
  }

  async #comeToRest(): Promise<string | undefined> {
    const longestMs = this.kernel.nowMs + (hasLost(this.#options.plan) ? restAfterLossMs : restAtAllMs)
    // What waits for a timer may take so long, and what follows from it a little more.
    const bound = () => Math.min(longestMs, (this.#timersMs()?.last ?? this.kernel.nowMs) + restWithinMs)
    let untilMs = bound()
    let quietSinceMs = this.kernel.nowMs
    let blocks = this.#recorder.blocks
    for (;;) {
      await this.kernel.run(this.kernel.nowMs + lookMs)
      this.#tellSizes()
      if (this.#recorder.blocks !== blocks || this.#unrest() !== undefined) {
        blocks = this.#recorder.blocks
        quietSinceMs = this.kernel.nowMs
        if (this.kernel.nowMs < untilMs) continue
        untilMs = this.#timersMs() === undefined ? 0 : bound()
        if (this.kernel.nowMs < untilMs) continue
        return `it has not come to rest: ${this.#unrest() ?? "it goes on writing"}`
      }
      if (this.kernel.nowMs - quietSinceMs < quietMs) {
        // It has just come to rest: it is looked at for as long as any other.
        untilMs = Math.max(untilMs, Math.min(longestMs, quietSinceMs + quietMs + lookMs))
        continue
      }
      const timers = this.#timersMs()
      if (timers === undefined) return undefined
      untilMs = bound()
      await this.kernel.run(timers.next)
      quietSinceMs = this.kernel.nowMs
    }
  }

  /** What is still under way, if anything is. */
  #unrest(): string | undefined {
    if (this.#requests.open > 0) return `no answer to ${this.#requests.openNames().join(", ")}`
    for (const { shape } of this.#apps) {
      const processes = this.#supervisor.processes.filter(({ app }) => app.shape.name === shape.name)
      const owned = processes.flatMap(({ engine }) => engine?.owned() ?? [])
      const stopped = [...this.#supervisor.stopped].filter((text) => text.startsWith(`${shape.name} `)).length
      if (owned.length + stopped < shape.partitions) return `${shape.name} has partitions without an owner`
      for (const { engine, owner } of processes) {
        if (engine === undefined) return `${owner.name} has not started`
        const { ready, reasons } = engine.health()
        if (!ready && stopped === 0) return `${owner.name} is not ready: ${reasons.join("; ")}`
        if (!engine.isIdle()) return `${owner.name} has something to do`
        const owing = engine.metrics().gauges.find(({ outbox }) => outbox > 0)
        if (owing !== undefined && stopped === 0) return `partition ${owing.partition} of ${shape.name} owes records`
      }
    }
    return undefined
  }

  /** When timers are due that somebody waits for; what is due in days only tidies up. */
  #timersMs(): { readonly next: number; readonly last: number } | undefined {
    const { wallMs } = this.#server
    const inMs = this.#rows().flatMap(({ timers }) => timers.map(([, dueMs]) => dueMs - wallMs)).filter((ms) => ms < restAtAllMs)
    if (inMs.length === 0) return undefined
    const atMs = (ms: number) => this.kernel.nowMs + Math.max(1_000, ms + 1_000)
    return { next: atMs(Math.min(...inMs)), last: atMs(Math.max(...inMs)) }
  }

  /** What the owners show at the end. */
  #tellEnd(): void {
    this.#recorder.note({ type: "phase", phase: "settled" })
    for (const row of this.#rows()) this.#recorder.note(row)
    for (const { engine, owner } of this.#supervisor.processes)
      if (engine !== undefined) this.#recorder.note(backlogOf(engine, owner.name))
  }

  #tellSizes(): void {
    for (const { engine, owner } of this.#supervisor.processes) {
      if (engine === undefined) continue
      for (const gauge of gaugesOf(engine, owner.name)) this.#recorder.note(gauge)
    }
  }

  #rows() {
    return this.#supervisor.processes.flatMap(({ app, engine, owner }) =>
      engine === undefined ? [] : rowsOf(app, engine, owner.name),
    )
  }
}
