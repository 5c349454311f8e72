// A stage in memory: time passes only while a scenario waits for something, a few virtual milliseconds at a time.
import assert from "node:assert/strict"
import * as Effect from "effect/Effect"
import type { App } from "../../../../runtime/index.ts"
import { Client } from "../../../../runtime/host/client.ts"
import { memoryEdge } from "../../../../runtime/memory/edge.ts"
import {
  type MemoryProcess, newWorld, operateInMemory, startInMemory, virtualClock, type World,
} from "../../../../runtime/testing/index.ts"
import type { Stage } from "./stage.ts"

export interface MemoryStage extends Stage {
  readonly world: World
  pass(ms: number): Promise<void>
  close(): Promise<void>
}

export async function memoryStage(app: App, world: World = newWorld()): Promise<MemoryStage> {
  const { clock, pass } = await virtualClock()
  const client = new Client(memoryEdge(world.streams, { name: `stage-${world.next()}` }), app.shape.partitions)
  const earlier: string[] = []
  const start = () => startInMemory(app, world, { clock })
  let process = await start()
  let asked = 0
  const droppedBy = ({ blocks }: MemoryProcess) =>
    blocks.flatMap(({ dropped }) => dropped.map(({ code, row }) => `${code} ${row}`))
  // However many wait, time passes once.
  let ticking: Promise<void> | undefined
  const tick = () => (ticking ??= pass(5, 5).finally(() => (ticking = undefined)))
  const during = async <T>(promise: Promise<T>): Promise<T> => {
    const state = { isSettled: false }
    const settled = promise.finally(() => (state.isSettled = true))
    settled.catch(() => undefined)
    while (!state.isSettled) await tick()
    return settled
  }
  const restartAfter = async (ms: number) => {
    earlier.push(...droppedBy(process))
    await process.kill()
    await pass(ms, Math.max(1, ms))
    process = await start()
  }
  return {
    world,
    pass: (ms) => pass(ms),
    operator: operateInMemory(app, world),
    ask: (command, effect) => during(client.ask(command, { effect: effect ?? `asked ${(asked += 1)}` })),
    state: async (service, key) => (await during(client.query(service, key))).state,
    async until(check) {
      for (let n = 0; !(await check()); n += 1) {
        assert.ok(n < 20_000, "it comes to pass")
        await tick()
      }
    },
    restart: () => restartAfter(0),
    restartAfter,
    get dropped() {
      return [...earlier, ...droppedBy(process)]
    },
    now: () => Effect.runPromise(clock.currentTimeMillis),
    async close() {
      await client.close()
      await process.kill()
    },
  }
}
