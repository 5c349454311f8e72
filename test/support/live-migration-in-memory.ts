// Orders that are migrated while they are under way, on the memory ports.
import type { TestContext } from "node:test"
import { askInMemory, newWorld, operateInMemory, startInMemory } from "../../runtime/testing/index.ts"
import type { LiveVerdict } from "../../sagas/index.ts"
import { migrateWhileUnderWay, type Release } from "./live-migration.ts"
import { longOrders } from "./long-order.ts"

export async function migrateInMemory(t: TestContext, count: number): Promise<readonly LiveVerdict[]> {
  const world = newWorld()
  const { before, after } = longOrders("live")
  const first = await startInMemory(before, world)
  const releaseOf = (app: typeof before, process: typeof first): Release => ({
    operator: operateInMemory(app, world),
    ask: (command) => askInMemory(app, world, command),
    rows: (service) => process.engine.rows(service),
    idle: () => process.until(() => process.engine.isIdle()),
  })
  return migrateWhileUnderWay(count, releaseOf(before, first), async () => {
    await first.kill()
    const second = await startInMemory(after, world)
    t.after(() => second.kill())
    return releaseOf(after, second)
  })
}
