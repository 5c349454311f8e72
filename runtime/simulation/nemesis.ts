// Carries a plan out: breaks what it says when it says so, and mends it again.
import type { ActiveFaults } from "./active-faults.ts"
import type { Coverage } from "./coverage.ts"
import type { CrashWatch } from "./crash-watch.ts"
import type { Kernel } from "./kernel.ts"
import { calm, type Network } from "./network.ts"
import type { Owner } from "./owner.ts"
import { type Plan, type PlannedFault, pointName } from "./plan.ts"
import type { SimulatedProcess } from "./process.ts"
import type { Recorder } from "./recorder.ts"
import type { Server } from "./server.ts"
import type { Supervisor } from "./supervisor.ts"

export interface NemesisWorld {
  readonly kernel: Kernel
  readonly network: Network
  readonly server: Server
  readonly supervisor: Supervisor
  readonly watch: CrashWatch
  readonly recorder: Recorder
  readonly coverage: Coverage
  readonly active: ActiveFaults
  readonly apps: number
}

export class Nemesis {
  readonly #world: NemesisWorld
  readonly #plan: Plan
  /** What is broken now, and how it is mended. */
  readonly #mend = new Map<string, () => void>()
  /** Faults that struck somebody. */
  struck = 0

  constructor(world: NemesisWorld, plan: Plan) {
    this.#world = world
    this.#plan = plan
  }

  begin(): void {
    const { kernel, network, server } = this.#world
    network.faults = this.#plan.network
    this.#sync()
    for (const fault of this.#plan.faults) {
      kernel.after(fault.atMs, server.owner, "fault", () => this.#strike(fault))
    }
  }

  /** From here on nothing is broken, and nothing breaks any more. */
  end(): void {
    const { network, supervisor } = this.#world
    network.faults = { ...calm, meanMs: this.#plan.network.meanMs }
    this.#isOver = true
    // Each leaves the map as it is mended.
    for (const mend of this.#mend.values()) mend()
    // Their clocks are set right.
    for (const { owner } of supervisor.processes) {
      this.#drift(owner, 1)
      owner.skew.offsetMs = 0
    }
    supervisor.startAll()
  }

  #isOver = false

  #strike(fault: PlannedFault): void {
    if (this.#isOver) return
    const { supervisor, server } = this.#world
    const { processes } = supervisor
    const victim = processes[fault.target % Math.max(1, processes.length)]
    const { kind } = fault
    if (kind === "leaderless")
      return this.#server(fault, () => (server.isLeaderless = true), () => (server.isLeaderless = false))
    if (kind === "disk full")
      return this.#server(fault, () => (server.isFull = true), () => (server.isFull = false))
    if (kind === "power cut") return this.#cutPower(fault)
    if (kind === "upgrade") return this.#once(fault, "all", () => supervisor.upgrade())
    if (kind === "join") return this.#once(fault, "all", () => supervisor.open(fault.target % this.#world.apps))
    if (victim === undefined) return
    this.#strikeProcess(fault, victim, processes)
  }

  #strikeProcess(fault: PlannedFault, victim: SimulatedProcess, processes: readonly SimulatedProcess[]): void {
    const { kernel, supervisor, server } = this.#world
    const { owner } = victim
    const { kind, by = 0, deep = false } = fault
    switch (kind) {
      case "crash":
        owner.keepsBuffers = deep
        return this.#once(fault, owner.name, () => supervisor.crash(victim))
      case "crash at":
        return this.#crashAt(fault)
      case "pause":
        owner.keepsBuffers = deep
        return this.#while(fault, owner.name, () => kernel.pause(owner), () => {
          victim.wasPaused = true
          kernel.resume(owner)
        })
      case "clock jump":
        return this.#once(fault, owner.name, () => (owner.skew.offsetMs += by))
      case "clock drift":
        return this.#once(fault, owner.name, () => this.#drift(owner, by))
      case "cut":
        return this.#cut(fault, [[owner, server.owner], [server.owner, owner]])
      case "cut one way":
        return this.#cut(fault, deep ? [[owner, server.owner]] : [[server.owner, owner]])
      case "cut peers":
        return this.#cut(fault, processes.flatMap((other) =>
          other === victim ? [] : [[owner, other.owner] as const, [other.owner, owner] as const],
        ))
      case "end":
        return this.#once(fault, owner.name, () => (deep ? supervisor.close(victim) : victim.end()))
      default:
        throw new TypeError(`${kind} strikes no process`)
    }
  }

  /** Neither of its clocks leaps when its rate changes. */
  #drift(owner: Owner, rate: number): void {
    const { nowMs } = this.#world.kernel
    owner.skew.offsetMs += nowMs * (owner.skew.rate - rate)
    owner.skew.sinceMs += nowMs * (owner.skew.rate - rate)
    owner.skew.rate = rate
  }

  #crashAt(fault: PlannedFault): void {
    const { watch } = this.#world
    const { point, skip = 0 } = fault
    let left = skip
    const stop = watch.ask((passed) => {
      if (passed.point.verb !== point?.verb || passed.point.moment !== point.moment) return false
      left -= 1
      if (left >= 0) return false
      stop()
      this.#mend.delete(fault.id)
      this.#note(fault, "once", passed.process.owner.name, `${point.moment} ${point.verb}`)
      this.#world.coverage.saw(`crash ${pointName(point)}`)
      return true
    })
    this.#mend.set(fault.id, stop)
  }

  #cut(fault: PlannedFault, links: readonly (readonly [Owner, Owner])[]): void {
    const { network } = this.#world
    const names = links.map(([from, to]) => `${from.name} to ${to.name}`).join(", ")
    const each = (what: "cut" | "heal") => () => {
      for (const [from, to] of links) network[what](from, to)
    }
    this.#while(fault, names, each("cut"), each("heal"))
  }

  #server(fault: PlannedFault, breaks: () => void, mends: () => void): void {
    this.#while(fault, "server", breaks, mends)
  }

  /** Disks are written now and then, the streams' files not together with the journals'. */
  #sync(): void {
    const { kernel, server } = this.#world
    server.sync("journals")
    server.sync("streams")
    const again = (what: "journals" | "streams", everyMs: number) => {
      server.sync(what)
      kernel.after(everyMs, server.owner, "sync", () => again(what, everyMs))
    }
    if (this.#plan.mode === "strict") return
    again("journals", 3_000)
    again("streams", 4_000)
  }

  /** Every server loses power at once, and comes back with what its disk has. */
  #cutPower(fault: PlannedFault): void {
    const { server, recorder } = this.#world
    const all = fault.deep === true
    this.#while(
      { ...fault, durationMs: 1_000 },
      "server",
      () => {
        server.isLeaderless = true
        if (this.#plan.mode === "strict") return
        for (const [app, lost] of server.cutPower(all))
          for (const [partition, from] of lost) recorder.note({ type: "cut", app, partition, from })
      },
      () => (server.isLeaderless = false),
    )
  }

  #once(fault: PlannedFault, target: string, strike: () => void): void {
    this.#note(fault, "once", target)
    strike()
  }

  #while(fault: PlannedFault, target: string, breaks: () => void, mends: () => void): void {
    const { kernel, server } = this.#world
    if (this.#mend.has(fault.id)) return
    const mend = () => {
      if (!this.#mend.delete(fault.id)) return
      this.#note(fault, "ended", target)
      mends()
    }
    this.#mend.set(fault.id, mend)
    this.#note(fault, "began", target)
    breaks()
    kernel.after(fault.durationMs, server.owner, "mended", mend)
  }

  #note({ kind, durationMs }: PlannedFault, phase: "began" | "ended" | "once", target: string, detail?: string): void {
    if (phase !== "ended") {
      this.struck += 1
      this.#world.coverage.saw(`fault ${kind}`)
      this.#world.active.struck(kind, durationMs)
    }
    this.#world.recorder.note({ type: "fault", phase, kind, target, ...(detail === undefined ? {} : { detail }) })
  }
}
