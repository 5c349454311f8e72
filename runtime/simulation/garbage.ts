// What nobody can read comes to every input once in a run, as from a client with another idea of the format.
import type { App } from "../host/app.ts"
import type { Kernel } from "./kernel.ts"
import type { Random } from "./random.ts"
import type { Recorder } from "./recorder.ts"
import type { Server } from "./server.ts"

export interface GarbageWorld {
  readonly kernel: Kernel
  readonly server: Server
  readonly recorder: Recorder
}

/** Told as a fault "garbage" of `app/partition`, with the id under which it is to be parked. */
export function throwGarbage(world: GarbageWorld, apps: readonly App[], random: Random, withinMs: number): void {
  const { kernel, server, recorder } = world
  const luck = random.fork("garbage")
  for (const { shape } of apps) {
    for (let partition = 0; partition < shape.partitions; partition += 1) {
      kernel.after(luck.below(withinMs), server.owner, "garbage", () => {
        if (server.isLeaderless || server.isFull) return
        const number = server.app(shape.name).streams.store("external", partition, Buffer.from("{ no JSON", "utf8"))
        const target = `${shape.name}/${partition}`
        recorder.note({ type: "fault", phase: "once", kind: "garbage", target, detail: `external#${number}` })
      })
    }
  }
}
