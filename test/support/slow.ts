// A small app whose handlers take their time: 5 ms each, one at a time, so 200 records a second.
import { setTimeout as sleep } from "node:timers/promises"
import * as Schema from "effect/Schema"
import { app, done, effectful, service } from "../../runtime/index.ts"

const Nothing = Schema.toStandardSchemaV1(Schema.Struct({}))
const handlingMs = 5

/** Counts what it has handled, and waits for something each time. */
export const waiter = service("waiter", { state: () => ({ handled: 0 }), concurrency: 1 }).command(
  "take",
  Nothing,
  effectful(async (state) => {
    await sleep(handlingMs)
    return done({ handled: state.handled + 1 }, null)
  }),
)

/** Counts what it has handled, and keeps the process busy each time. */
export const grinder = service("grinder", { state: () => ({ handled: 0 }) }).command("take", Nothing, (state) => {
  const untilMs = performance.now() + handlingMs
  while (performance.now() < untilMs);
  return done({ handled: state.handled + 1 }, null)
})

export const slow = app("slow", { namespace: "slow", partitions: 4, services: [waiter, grinder] })
