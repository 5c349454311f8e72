// Timers under a virtual clock: never early, never after they were cancelled, and never before the news that had already
// arrived when the process took over or woke up (R20).
import assert from "node:assert/strict"
import { test } from "node:test"
import { setImmediate as turn } from "node:timers/promises"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Latch from "effect/Latch"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import type { ActorLogic } from "../../../runtime/actor/logic.ts"
import { assignPartitions } from "../../../runtime/delivery/assignment.ts"
import { handle } from "../../../runtime/delivery/mailbox.ts"
import { newDelivery, type Ports } from "../../../runtime/delivery/delivery.ts"
import { unobserved } from "../../../runtime/delivery/observer.ts"
import { applyEntry, emptyPartition } from "../../../runtime/delivery/partition.ts"
import { fireTimers } from "../../../runtime/delivery/timers.ts"
import { startEngine } from "../../../runtime/host/engine.ts"
import { app } from "../../../runtime/index.ts"
import { limits } from "../../../runtime/kernel/limits.ts"
import type { Json } from "../../../runtime/message/json.ts"
import { partitionOf } from "../../../runtime/message/key.ts"
import type { TimerMessage } from "../../../runtime/message/message.ts"
import { silent } from "../../../runtime/ports/telemetry.ts"
import { askInMemory, newWorld, type World } from "../../../runtime/testing/index.ts"

const partitions = 2
/** One key of each partition. */
const [left, right] = ["a", "b", "c", "d", "e"].reduce<readonly string[]>(
  (found, key) => (found.some((other) => partitionOf(other, 2) === partitionOf(key, 2)) ? found : [...found, key]),
  [],
) as [string, string] // cast: of five keys each of two partitions has one

/** A clock that rings: sets and cancels its timer when told to, and writes down what it decides and when. */
function alarmApp() {
  const order: (readonly [what: string, atMs: number])[] = []
  const alarm: ActorLogic = {
    service: "alarm",
    kind: "service",
    reactions: new Map(),
    decide(state, message, { nowMs }) {
      order.push([message.type === "timer" ? `ring ${message.dueMs}` : message.type === "command" ? message.name : "?", nowMs])
      if (message.type !== "command") return { state: "rang" }
      const outcome = { type: "done", value: null } as const
      if (message.name === "set") {
        const dueMs = Number(message.payload)
        return { state: state ?? "set", outcome, timers: [{ type: "set", name: "bell", dueMs, payload: null }] }
      }
      return { state: state ?? "set", outcome, timers: message.name === "cancel" ? [{ type: "cancel", name: "bell" }] : [] }
    },
  }
  const made = app("alarms", { namespace: "test", partitions, services: [{ logic: alarm }] })
  const tell = (world: World, key: string, name: string, payload: Json = null) =>
    askInMemory(made, world, { service: "alarm", key, name, payload })
  return { order, tell, shape: made.shape }
}

async function virtualClock() {
  const clock = await Effect.runPromise(Effect.scoped(TestClock.make()))
  const settle = async () => {
    for (let n = 0; n < 20; n += 1) await turn()
  }
  return {
    clock,
    /** Time passes in small steps, as it does for a process that is not stalled. */
    async pass(ms: number): Promise<void> {
      await settle()
      for (let passed = 0; passed < ms; passed += 10) {
        await Effect.runPromise(clock.adjust(10))
        await settle()
      }
    },
  }
}

type Shape = ReturnType<typeof alarmApp>["shape"]

/** Starts one process; it is not awaited here, as some starts are meant to wait. */
function startAt(shape: Shape, world: World, clock: Clock.Clock, ports: Partial<Ports> = {}) {
  const { journal, streams, lanes, members } = world
  const all = { journal, inputs: streams, egress: streams, lanes, telemetry: silent, ...ports }
  const self = `process-${world.next()}`
  const newIncarnation = () => `journal-${world.next()}`
  const scope = Effect.runSync(Scope.make())
  const starting = startEngine({ app: shape, ports: all, members, self, observer: unobserved, newIncarnation })
  const started = Effect.runPromise(starting.pipe(Scope.provide(scope), Effect.provideService(Clock.Clock, clock)))
  return { self, started, kill: () => Effect.runPromise(Scope.close(scope, Exit.void)) }
}

/** A world in which a timer of `left` was set for 1000 by a process that is gone, and in which it is now 5000. */
async function overdue() {
  const { order, tell, shape } = alarmApp()
  const world = newWorld()
  const { clock, pass } = await virtualClock()
  const first = startAt(shape, world, clock)
  await first.started
  await tell(world, left, "set", 1000)
  await first.kill()
  await pass(5000)
  order.length = 0
  return { order, tell, shape, world, clock, pass }
}

const whatOf = (order: readonly (readonly [string, number])[]) => order.map(([what]) => what)

test("a timer fires once, never early, and at most two ticks late", async () => {
  const { order, tell, shape } = alarmApp()
  const world = newWorld()
  const { clock, pass } = await virtualClock()
  const process = startAt(shape, world, clock)
  await process.started
  await tell(world, left, "set", 1025)
  await pass(1020)
  assert.deepEqual(whatOf(order), ["set"])
  await pass(2 * limits.timerTickMs + 10)
  assert.deepEqual(whatOf(order), ["set", "ring 1025"])
  const [, atMs] = order[1]!
  assert.ok(atMs >= 1025 && atMs <= 1025 + 2 * limits.timerTickMs, `at ${atMs}`)
  await pass(3000)
  assert.equal(order.length, 2)
  await process.kill()
})

test("a timer that was cancelled never fires; one that was set anew fires once, at its new time", async () => {
  const { order, tell, shape } = alarmApp()
  const world = newWorld()
  const { clock, pass } = await virtualClock()
  const process = startAt(shape, world, clock)
  const engine = await process.started
  await tell(world, left, "set", 500)
  await tell(world, left, "cancel")
  await tell(world, right, "set", 500)
  await tell(world, right, "set", 1500)
  await pass(1450)
  assert.deepEqual(whatOf(order), ["set", "cancel", "set", "set"])
  await pass(5000)
  assert.deepEqual(whatOf(order).slice(4), ["ring 1500"])
  assert.ok(order[4]![1] >= 1500, "not early")
  for (const key of [left, right]) assert.equal(engine.row({ service: "alarm", key })?.timers.size, 0)
  await process.kill()
})

test("a timer that was queued, and then cancelled or set anew before it was decided, changes nothing", () => {
  const { order, shape } = alarmApp()
  const { delivery } = bareDelivery(shape)
  const to = { service: "alarm", key: left }
  const message: TimerMessage = { type: "timer", to, name: "bell", dueMs: 500, payload: null }
  const ring = () => {
    handle(delivery, { lane: "replies", from: [], work: { type: "message", message } }, 600)
    return delivery.pending.at(-1)!.entry
  }
  assert.deepEqual(ring(), { from: [] })
  applyEntry(delivery.partition, { from: [], to, timers: [{ type: "set", name: "bell", dueMs: 900, payload: null }] })
  assert.deepEqual([ring(), order], [{ from: [] }, []])
  assert.equal(delivery.partition.rows.get(`alarm/${left}`)?.timers.get("bell")?.dueMs, 900, "the new one stands")
})

test("R20: what waits in the input is decided before an overdue timer fires, however long it takes to be read", async () => {
  const { order, tell, shape, world, clock, pass } = await overdue()
  void tell(world, left, "note")
  const slow = Latch.makeUnsafe(false)
  const inputs: Ports["inputs"] = {
    ...world.streams,
    open: (source, partition, after) =>
      Effect.map(world.streams.open(source, partition, after), ({ next, ...reader }) => {
        return { ...reader, next: Effect.andThen(slow.await, next) }
      }),
  }
  const second = startAt(shape, world, clock, { inputs })
  await second.started
  await pass(3000)
  assert.deepEqual(order, [], "the timer waits for the input")
  slow.openUnsafe()
  await pass(200)
  assert.deepEqual(whatOf(order), ["note", "ring 1000"])
  await second.kill()
})

test("R20: what one stream brings anew is not taken for what was waiting in another", async () => {
  const { order, tell, shape, world, clock, pass } = await overdue()
  void tell(world, left, "note")
  const slow = Latch.makeUnsafe(false)
  const inputs: Ports["inputs"] = {
    ...world.streams,
    open: (source, partition, after) =>
      Effect.map(world.streams.open(source, partition, after), ({ next, ...reader }) => {
        return { ...reader, next: source === "external" ? Effect.andThen(slow.await, next) : next }
      }),
  }
  const second = startAt(shape, world, clock, { inputs })
  await second.started
  for (let n = 0; n < 3; n += 1)
    for (const partition of [0, 1]) world.streams.store("events", partition, Buffer.from("nonsense"))
  await pass(3000)
  assert.deepEqual(order, [], "the timer waits for the input, however many events come")
  slow.openUnsafe()
  await pass(200)
  assert.deepEqual(whatOf(order), ["note", "ring 1000"])
  await second.kill()
})

test("R20: a command that cancels an overdue timer, and arrived before the take-over, is in time", async () => {
  const { order, tell, shape, world, clock, pass } = await overdue()
  void tell(world, left, "cancel")
  const second = startAt(shape, world, clock)
  await second.started
  await pass(1000)
  assert.deepEqual(whatOf(order), ["cancel"])
  await second.kill()
})

test("R20: no overdue timer fires while another partition of the process is still being claimed", async () => {
  const { order, shape, world, clock, pass } = await overdue()
  const slow = Latch.makeUnsafe(false)
  const journal: Ports["journal"] = {
    ...world.journal,
    read: (partition, visit) => {
      const reading = world.journal.read(partition, visit)
      return partition === partitionOf(right, partitions) ? Effect.andThen(slow.await, reading) : reading
    },
  }
  const second = startAt(shape, world, clock, { journal })
  await pass(3000)
  assert.deepEqual(order, [])
  slow.openUnsafe()
  await second.started
  await pass(200)
  assert.deepEqual(whatOf(order), ["ring 1000"])
  await second.kill()
})

const member = (name: string) => ({ name, reads: 1, refuses: [] })

test("R20: with other members about, an overdue timer leaves their replies a second to arrive", async () => {
  const { order, shape, world, clock, pass } = await overdue()
  const mine = partitionOf(left, partitions)
  const next = `process-${world.next() + 1}`
  const other = Array.from({ length: 50 }, (_, n) => `other-${n}`).find(
    (name) => assignPartitions(partitions, [name, next].map(member))[mine] === next,
  )
  await Effect.runPromise(world.members.beat(member(other!)))
  const second = startAt(shape, world, clock)
  assert.equal(second.self, next)
  await second.started
  await pass(limits.takeOverGraceMs - limits.timerTickMs)
  assert.deepEqual(order, [])
  await pass(5 * limits.timerTickMs)
  assert.deepEqual(whatOf(order), ["ring 1000"])
  await second.kill()
})

/** A partition whose records nobody decides: what its timers wait for happens when the test says so. */
function bareDelivery(shape: Shape) {
  const { journal, streams, lanes } = newWorld()
  const ports = { journal, inputs: streams, egress: streams, lanes, telemetry: silent }
  const delivery = newDelivery(shape, ports, emptyPartition("alarms", 0), unobserved)
  const to = { service: "alarm", key: left }
  const waiting = { type: "settled" as const, to, scope: "saga/s" }
  return {
    delivery,
    setFor: (dueMs: number) =>
      applyEntry(delivery.partition, { from: [], to, timers: [{ type: "set", name: `bell-${dueMs}`, dueMs, payload: null }] }),
    arrive: () => delivery.queue.push({ lane: "replies", from: [], work: { type: "message", message: waiting } }),
    decideOne: () => {
      delivery.queue.take()
    },
  }
}

test("R20: after a take-over a timer waits until everything that is queued is decided, and not merely read", async () => {
  const { shape } = alarmApp()
  const { delivery, setFor, arrive, decideOne } = bareDelivery(shape)
  const { clock, pass } = await virtualClock()
  setFor(100)
  arrive()
  arrive()
  const fiber = Effect.runFork(Effect.provideService(fireTimers(delivery, Effect.void), Clock.Clock, clock))
  await pass(1000)
  decideOne()
  await pass(1000)
  assert.equal(delivery.queue.size, 1, "only what had arrived")
  decideOne()
  await pass(200)
  assert.equal(delivery.queue.size, 1, "the timer")
  await Effect.runPromise(Fiber.interrupt(fiber))
})

test("R20: what comes later and is more urgent does not stand for what had been queued", async () => {
  const { shape } = alarmApp()
  const { delivery, setFor } = bareDelivery(shape)
  const { clock, pass } = await virtualClock()
  setFor(100)
  delivery.queue.push({ lane: "external", from: [], work: { type: "forward", messages: [] } })
  const fiber = Effect.runFork(Effect.provideService(fireTimers(delivery, Effect.void), Clock.Clock, clock))
  await pass(200)
  const urgent: TimerMessage = { type: "timer", to: { service: "alarm", key: left }, name: "other", dueMs: 0, payload: null }
  for (let n = 0; n < 3; n += 1) {
    delivery.queue.push({ lane: "replies", from: [], work: { type: "message", message: urgent } })
    assert.equal(delivery.queue.take()?.lane, "replies")
  }
  await pass(500)
  assert.equal(delivery.queue.size, 1, "only what had arrived: the timer waits")
  await Effect.runPromise(Fiber.interrupt(fiber))
})

test("R20: after the process stood still, what had arrived meanwhile is decided before a timer that became due", async () => {
  const { shape } = alarmApp()
  const { delivery, setFor, arrive, decideOne } = bareDelivery(shape)
  const { clock, pass } = await virtualClock()
  // Between two looks at the clock much time has passed, as after SIGCONT.
  let stoodMs = 0
  const stalling = { ...clock, currentTimeMillisUnsafe: () => clock.currentTimeMillisUnsafe() + stoodMs }
  const fiber = Effect.runFork(Effect.provideService(fireTimers(delivery, Effect.void), Clock.Clock, stalling))
  await pass(200)
  setFor(1000)
  arrive()
  stoodMs = limits.stallMs + 1000
  await pass(500)
  assert.equal(delivery.queue.size, 1, "only what had arrived: the timer waits")
  decideOne()
  await pass(200)
  assert.equal(delivery.queue.size, 1, "the timer")
  await Effect.runPromise(Fiber.interrupt(fiber))
})
