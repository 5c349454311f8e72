// A shop in memory with an order of each kind, behind a real console, and the command line pointed at it. Its time stands
// still at a minute after everything has happened, so that what commands write is always the same.
import assert from "node:assert/strict"
import type { TestContext } from "node:test"
import type { Terminal } from "../../runtime/cli/terminal.ts"
import {
  askInMemory, type MemoryProcess, newWorld, startInMemory, virtualClock, type World,
} from "../../runtime/testing/index.ts"
import { type Ran, troupe } from "./command-line.ts"
import { type Asker, consoleInMemory, operatorToken } from "./console-in-memory.ts"
import { anOrder, desk, order, ordersShop, stock } from "./orders-shop.ts"

const shop = ordersShop()
const startMs = Date.UTC(2026, 0, 31, 12)

export interface OperatedShop extends Asker {
  readonly world: World
  readonly process: MemoryProcess
  readonly environment: Readonly<Record<string, string>>
  tell(command: Parameters<typeof askInMemory>[2], effect?: string): ReturnType<typeof askInMemory>
  /** Until all is decided, and shown. */
  settled(): Promise<void>
  /** A command line, cut at spaces; what stands in quotes is one word. */
  run(line: string, terminal?: Partial<Terminal>): Promise<Ran>
  /** The same of several, as a text like that of a terminal. */
  transcript(lines: readonly string[], terminal?: Partial<Terminal>): Promise<string>
}

export async function operatedShop(t: TestContext): Promise<OperatedShop> {
  const world = newWorld()
  const time = await virtualClock()
  await time.jump(startMs)
  const process = await startInMemory(shop, world, { clock: time.clock })
  const asker = await consoleInMemory(shop, world, process)
  t.after(async () => {
    await asker.console.close()
    await process.kill()
  })
  const { projector } = asker.console.apps.get("shop")!
  const settled = async () => {
    await process.until(() => process.engine.isIdle())
    const last = Math.max(...[0, 1].map((partition) => world.journal.records(partition).at(-1)?.sequence ?? 0))
    assert.ok(await projector.until(() => projector.status().sequence >= last, 10_000))
  }
  const tell: OperatedShop["tell"] = (command, effect) => askInMemory(shop, world, command, effect)
  const environment = { TROUPE_CONSOLE_URL: asker.console.url, TROUPE_CONSOLE_TOKEN: operatorToken }
  await tell(stock.fill("P1", { units: 10 }))
  for (const [key, cents] of [["done", 700], ["poor", 20_000], ["waits", 800], ["stuck", 200_000]] as const)
    void tell(order.start(key, anOrder(`c-${key}`, cents)))
  for (const key of ["done", "poor", "stuck"]) await tell(order.signal(key, "approval", { by: "bob" }))
  await tell(order.pause("waits", { by: "ann", why: "the customer called" }))
  await tell(desk.note("d/1 x", { text: "a note", amount: -5, cardNumber: "4111" }), "note 1")
  await settled()
  const run: OperatedShop["run"] = async (line, terminal) => {
    const ran = await troupe(wordsOf(line), { environment, nowMs: () => startMs + 60_000, ...terminal })
    await settled()
    return ran
  }
  const transcript: OperatedShop["transcript"] = async (lines, terminal) => {
    let text = ""
    for (const line of lines) {
      const { code, out, error } = await run(line, terminal)
      text += `$ troupe ${line}\n${out}${error}${code === 0 ? "" : `[exit code ${code}]\n`}\n`
    }
    return text
  }
  return { ...asker, world, process, environment, tell, settled, run, transcript }
}

/** As a shell would cut it; single quotes only. */
export function wordsOf(line: string): readonly string[] {
  return [...line.matchAll(/(?:'[^']*'|[^\s'])+/g)].map(([word]) => word.replaceAll("'", ""))
}
