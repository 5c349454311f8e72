// Keeps the processes of the apps: as many slots for each as the plan says. What crashed is started anew after a while, as
// by any supervisor; a process that is started anew has nothing but what the server stores.
import type { App } from "../host/app.ts"
import type { Fault } from "../kernel/fault.ts"
import type { CrashWatch } from "./crash-watch.ts"
import { type ProcessWorld, SimulatedProcess } from "./process.ts"
import type { OutsideCalls } from "./outside-calls.ts"
import { probedApp } from "./probes.ts"
import type { Outside } from "./workload.ts"
import type { Random } from "./random.ts"
import type { Recorder } from "./recorder.ts"
import type { Release } from "./release.ts"
import type { Coverage } from "./coverage.ts"

interface Slot {
  /** Which of the release's apps runs here. */
  readonly appIndex: number
  readonly name: string
  release: Release
  starts: number
  process: SimulatedProcess | undefined
  isClosed: boolean
}

export interface SupervisorWorld extends ProcessWorld {
  readonly recorder: Recorder
  readonly watch: CrashWatch
  readonly coverage: Coverage
  /** Gives the apps of a release, for one process. */
  readonly newApps: (release: Release, outside: Outside) => readonly App[]
  readonly outside: OutsideCalls
}

const restartMeanMs = 1_000

export class Supervisor {
  readonly #world: SupervisorWorld
  readonly #luck: Random
  readonly #slots: Slot[] = []
  /** Partitions that stopped for good, as `app partition CODE: message`. */
  readonly stopped = new Set<string>()

  constructor(world: SupervisorWorld, random: Random) {
    this.#world = world
    this.#luck = random.fork("supervisor")
  }

  open(appIndex: number, release: Release = 1): void {
    const name = `p${this.#slots.length + 1}`
    const slot: Slot = { appIndex, name, release, starts: 0, process: undefined, isClosed: false }
    this.#slots.push(slot)
    this.#start(slot)
  }

  /** Those that run, or stand still. */
  get processes(): readonly SimulatedProcess[] {
    return this.#slots.flatMap(({ process }) => (process?.isUp === true ? [process] : []))
  }

  crash(process: SimulatedProcess): void {
    if (!process.isUp) return
    process.crash()
  }

  /** What runs in a slot is told to end, and a process of the newer release takes its place. */
  upgrade(): void {
    const { kernel, server } = this.#world
    for (const [index, slot] of this.#slots.entries()) {
      kernel.after(index * 2_000, server.owner, "upgrade", () => {
        slot.release = 2
        slot.process?.end()
      })
    }
  }

  /** Starts at once what has not been started anew yet. */
  startAll(): void {
    for (const slot of this.#slots) if (slot.process?.isUp !== true && !slot.isClosed) this.#start(slot)
  }

  #start(slot: Slot): void {
    const { kernel, newApps, recorder, watch, coverage, outside } = this.#world
    const owner = kernel.owner(`${slot.name}-${slot.starts + 1}`)
    const reached = outside.from(owner, (moment) => watch.passed(process, -1, { verb: "call", moment }))
    const app = newApps(slot.release, reached)[slot.appIndex]
    if (app === undefined) throw new RangeError(`release ${slot.release} has no app number ${slot.appIndex}`)
    slot.starts += 1
    const probed = probedApp(app, owner.name, (seen) => {
      if (process.isUp) recorder.note(seen)
    })
    const process = new SimulatedProcess(this.#world, probed, owner)
    slot.process = process
    const isMixed = this.#slots.some((other) => other.release !== slot.release && other.process?.isUp === true)
    if (isMixed) coverage.saw("two releases")
    const { name } = app.shape
    const stop = (partition: number, { code, message }: Fault) => {
      if (!process.isUp) return
      this.stopped.add(`${name} ${partition} ${code}: ${message}`)
      coverage.saw(`stopped ${code}`)
    }
    process.start({
      stored: (partition, sequence, bytes) => {
        recorder.stored(name, partition, sequence, bytes)
        watch.passed(process, partition, { verb: "commit", moment: "stored" })
      },
      acked: (partition, sequence, bytes) => {
        if (process.isUp) recorder.acked(owner.name, name, partition, sequence, bytes)
      },
      beaten: (members) => {
        const views = members.map(({ name: member, refuses }) => ({ name: member, refuses }))
        if (process.isUp) recorder.note({ type: "members", process: owner.name, app: name, members: views })
      },
      observer: {
        broken: stop,
        fenced: () => {
          if (process.isUp) coverage.saw(process.wasPaused ? "fenced after a pause" : "fenced")
        },
        interrupted: (_, { code }) => {
          if (process.isUp) coverage.saw(`interrupted ${code}`)
        },
        resent: () => coverage.saw("resent"),
        reached: (partition, verb, moment, record) => {
          watch.passed(process, partition.index, { verb, moment }, record)
        },
      },
    })
    process.whenDead = () => {
      if (slot.isClosed || slot.process !== process) return
      const delayMs = this.#luck.exponential(restartMeanMs)
      kernel.after(delayMs, this.#world.server.owner, "restart", () => {
        if (slot.process === process && !slot.isClosed) this.#start(slot)
      })
    }
  }

  /** What ran here is gone for good; at least one process of each app stays. */
  close(process: SimulatedProcess): void {
    const slot = this.#slots.find((each) => each.process === process)
    if (slot === undefined) return
    const others = this.#slots.filter((each) => each.appIndex === slot.appIndex && !each.isClosed && each !== slot)
    slot.isClosed = others.length > 0
    process.end()
  }
}
