// After an unclean take-over: a record may have killed the process that owned the partition before, and must not walk from
// owner to owner (R13). The first records are therefore taken one by one, each noted in the journal before it is touched.
// A record that was noted and had no decision when the next owner came is a suspect; after a few such deaths it is parked.
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { limits } from "../kernel/limits.ts"
import type { Suspect } from "../message/block.ts"
import { type Decided, seal } from "./decided.ts"
import type { Delivery } from "./delivery.ts"
import { concludeHandlings, startAlone } from "./handling.ts"
import type { Inbound } from "./inbound.ts"
import { finishCurrent, handle, newTask } from "./mailbox.ts"
import { killedProcess, leaveMemory, parkTask, recordName } from "./park.ts"
import { timeOf } from "./partition.ts"
import { ready } from "./ready.ts"
import type { Mailbox, Task } from "./task.ts"

/** Takes what waited when the partition was claimed, but no more records than may have been under way, and not for long. */
export const takeCautiously = Effect.fnUntraced(function* (delivery: Delivery): Effect.fn.Return<void> {
  const { partition } = delivery
  if (partition.blockNumber === 0 || partition.closed) return
  const clock = yield* Effect.clockWith(Effect.succeed)
  const untilMs = clock.currentTimeMillisUnsafe() + limits.cautionMaxMs
  const suspect = partition.starting
  for (let taken = 0; taken < limits.cautiousRecords && clock.currentTimeMillisUnsafe() < untilMs; taken += 1) {
    const isOver = yield* whenSomethingWaits(delivery)
    if (isOver) break
    const nowMs = timeOf(partition, clock.currentTimeMillisUnsafe())
    const mailbox = delivery.starting.shift()
    const inbound = mailbox === undefined ? delivery.queue.take() : undefined
    if (mailbox?.current !== undefined) yield* handleAlone(delivery, mailbox, mailbox.current, suspect, nowMs)
    if (inbound !== undefined) yield* decideAlone(delivery, inbound, suspect, nowMs)
  }
  if (partition.starting !== undefined) yield* note(delivery, null)
})

/** True when all that had arrived before is taken. */
const whenSomethingWaits = Effect.fnUntraced(function* (delivery: Delivery): Effect.fn.Return<boolean> {
  while (delivery.starting.length === 0 && delivery.queue.size === 0) {
    if (delivery.unreadBefore.size === 0) return true
    yield* Effect.sleep(1)
  }
  return false
})

const decideAlone = Effect.fnUntraced(function* (
  delivery: Delivery,
  inbound: Inbound,
  suspect: Suspect | undefined,
  nowMs: number,
): Effect.fn.Return<void> {
  if (inbound.work.type !== "message") return handle(delivery, inbound, nowMs)
  const task = newTask(inbound.from, inbound.work.message)
  const deaths = deathsOf(delivery, task, suspect)
  if (deaths >= limits.deathsMax)
    return handle(delivery, inbound, nowMs, (_, killer) => parkKiller(delivery, killer, deaths, nowMs))
  yield* note(delivery, { record: recordName(delivery, task), deaths })
  handle(delivery, inbound, nowMs)
})

const handleAlone = Effect.fnUntraced(function* (
  delivery: Delivery,
  mailbox: Mailbox,
  task: Task,
  suspect: Suspect | undefined,
  nowMs: number,
): Effect.fn.Return<void> {
  const deaths = deathsOf(delivery, task, suspect)
  if (deaths >= limits.deathsMax) {
    const parked = parkKiller(delivery, task, deaths, nowMs)
    leaveMemory(delivery, task)
    ready(delivery, parked)
    return finishCurrent(delivery, mailbox, parked.entry.hold !== undefined, nowMs)
  }
  yield* note(delivery, { record: recordName(delivery, task), deaths })
  const handling = yield* startAlone(delivery, mailbox)
  // What has not killed by then is slow, and slow handlers must not wait for each other.
  if (handling !== undefined) yield* Effect.raceFirst(Fiber.await(handling), Effect.sleep(limits.cautiousHandlingMs))
  concludeHandlings(delivery, nowMs)
})

function deathsOf(delivery: Delivery, task: Task, suspect: Suspect | undefined): number {
  return suspect?.record === recordName(delivery, task) ? suspect.deaths + 1 : 0
}

function parkKiller(delivery: Delivery, task: Task, attempts: number, nowMs: number): Decided {
  const message = `the process ended ${attempts} times while it decided this record of ${task.row}; it is parked`
  return parkTask(delivery, task, { code: killedProcess, message, attempts, nowMs })
}

/** Completes when the note is durable, and with it every decision before it. */
function note(delivery: Delivery, starting: Suspect | null): Effect.Effect<void> {
  return Effect.callback((resume: (noted: Effect.Effect<void>) => void) => {
    ready(delivery, { ...seal({ from: [], starting }), durable: () => resume(Effect.void) })
    delivery.decided.openUnsafe()
  })
}
