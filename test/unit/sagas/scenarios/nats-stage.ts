// A stage on a real NATS server: the process is one of this test, ended without finishing anything; time is real.
import assert from "node:assert/strict"
import { setTimeout as pause } from "node:timers/promises"
import { type App, connect, type RunningApp, start } from "../../../../runtime/index.ts"
import type { Stage } from "./stage.ts"

export interface NatsStage extends Stage {
  close(): Promise<void>
}

export async function natsStage(app: App, natsUrl: string): Promise<NatsStage> {
  const dropped: string[] = []
  const open = (): Promise<RunningApp> =>
    start(app, {
      natsUrl,
      observer: { committed: (block) => dropped.push(...block.dropped.map(({ code, row }) => `${code} ${row}`)) },
    })
  let running = await open()
  const { client, operator, close } = await connect(app, { natsUrl })
  let asked = 0
  const restartAfter = async (ms: number) => {
    await running.stop({ withinMs: 0 })
    await pause(ms)
    running = await open()
  }
  return {
    operator,
    dropped,
    ask: (command, effect) => client.ask(command, { effect: effect ?? `asked ${(asked += 1)}`, timeoutMs: 30_000 }),
    state: async (service, key) => (await client.query(service, key)).state,
    async until(check) {
      for (let n = 0; !(await check()); n += 1) {
        assert.ok(n < 4_000, "it comes to pass")
        await pause(5)
      }
    },
    restart: () => restartAfter(0),
    restartAfter,
    now: () => Promise.resolve(performance.now()),
    async close() {
      await close()
      await running.stop({ withinMs: 0 })
    },
  }
}
