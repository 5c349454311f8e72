// A shop in memory with an order of each kind, behind a real console, and the command line pointed at it. Its time stands
// still at a minute after everything has happened, so that what commands write is always the same.
import assert from "node:assert/strict"
import type { TestContext } from "node:test"
import type { Terminal } from "../../runtime/cli/terminal.ts"
import { askInMemory, type MemoryProcess, newWorld, startInMemory, virtualClock, type World } from "../../runtime/testing/index.ts"
import { type Ran, troupe } from "./command-line.ts"
import { type Asker, consoleInMemory, operatorToken } from "./console-in-memory.ts"
import { anOrder, desk, order, ordersShop, stock } from "./orders-shop.ts"

const shop = ordersShop()

export interface OperatedShop extends Asker {
  readonly world: World
  readonly process: MemoryProcess
  readonly environment: Readonly<Record<string, string>>
  tell(command: Parameters<typeof askInMemory>[2]): ReturnType<typeof askInMemory>
  /** Until all is decided, and shown. */
  settled(): Promise<void>
  /** A command line, cut at spaces; what stands in quotes is one word. */
  run(line: string, terminal?: Partial<Terminal>): Promise<Ran>
}

export async function operatedShop(t: TestContext): Promise<OperatedShop> {
  const world = newWorld()
  const time = await virtualClock()
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
  const tell = (command: Parameters<typeof askInMemory>[2]) => askInMemory(shop, world, command)
  const environment = { TROUPE_CONSOLE_URL: asker.console.url, TROUPE_CONSOLE_TOKEN: operatorToken }
  await tell(stock.fill("P1", { units: 10 }))
  for (const [key, cents] of [["done", 700], ["poor", 20_000], ["waits", 800], ["stuck", 200_000]] as const)
    void tell(order.start(key, anOrder(`c-${key}`, cents)))
  for (const key of ["done", "poor", "stuck"]) await tell(order.signal(key, "approval", { by: "bob" }))
  await tell(order.pause("waits", { by: "ann", why: "the customer called" }))
  await tell(desk.note("d/1 x", { text: "a note", amount: -5, cardNumber: "4111" }))
  await settled()
  return {
    ...asker, world, process, environment, tell, settled,
    run: (line, terminal) => troupe(wordsOf(line), { environment, nowMs: () => 60_000, ...terminal }),
  }
}

/** As a shell would cut it; single quotes only. */
export function wordsOf(line: string): readonly string[] {
  return [...line.matchAll(/(?:'[^']*'|[^\s'])+/g)].map(([word]) => word.replaceAll("'", ""))
}
