// What the owner of a partition tells clients about its progress, and when. The clock is virtual.
import assert from "node:assert/strict"
import { test, type TestContext } from "node:test"
import { setImmediate as turn } from "node:timers/promises"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import { newDelivery } from "../../../runtime/delivery/delivery.ts"
import { unobserved } from "../../../runtime/delivery/observer.ts"
import { emptyPartition } from "../../../runtime/delivery/partition.ts"
import { tellProgress } from "../../../runtime/delivery/progress.ts"
import { Client } from "../../../runtime/host/client.ts"
import { limits } from "../../../runtime/kernel/limits.ts"
import { memoryEdge } from "../../../runtime/memory/edge.ts"
import type { HeldRecord } from "../../../runtime/message/block.ts"
import type { Progress } from "../../../runtime/message/progress.ts"
import { silent } from "../../../runtime/ports/telemetry.ts"
import { newWorld, startInMemory } from "../../../runtime/testing/index.ts"
import { account, bank } from "../../support/bank.ts"

const channel = "stream:external:memory:3"

async function telling(t: TestContext, low = 0) {
  const { journal, streams, lanes } = newWorld()
  const told: Progress[] = []
  streams.tell({ answered: () => undefined, progressed: (progress) => void told.push(progress) })
  const ports = { journal, inputs: streams, egress: streams, lanes, telemetry: silent }
  const delivery = newDelivery(bank.shape, ports, emptyPartition("bank", 3), unobserved)
  delivery.committedLow.set(channel, low)
  const clock = await Effect.runPromise(Effect.scoped(TestClock.make()))
  const telling = tellProgress(delivery, [{ source: "external", channel }])
  const fiber = Effect.runFork(telling.pipe(Effect.provideService(Clock.Clock, clock)))
  t.after(() => Effect.runPromise(Fiber.interrupt(fiber)))
  await turn()
  return {
    delivery,
    decide: (position: number, index: number) =>
      void delivery.committedLow.set(channel, position * limits.inputRecordsMax + index),
    /** What was told since the last look. */
    heard: () => told.splice(0).map(({ position, records, held }) => [position, records, held]),
    async pass(ms: number) {
      for (let passed = 0; passed < ms; passed += 50) {
        await Effect.runPromise(clock.adjust(50))
        await turn()
      }
    },
  }
}

test("a new owner tells at once how far the journal says that it has come", async (t) => {
  const { heard } = await telling(t, 7 * limits.inputRecordsMax + 4)
  assert.deepEqual(heard(), [[7, 5, 0]])
})

test("progress is told within 100 ms, and no more often, however much of it there is", async (t) => {
  const { heard, decide, pass } = await telling(t)
  assert.deepEqual(heard(), [[0, 0, 0]])
  for (let index = 0; index < 20; index += 1) {
    decide(1, index)
    await pass(50)
  }
  const positions = heard().map(([, records]) => records)
  assert.equal(positions.length, 10)
  assert.equal(positions.at(-1), 20)
  await pass(limits.progressEveryMs)
  assert.deepEqual(heard(), [])
})

test("an owner with nothing to do says the same every second, for clients that came later", async (t) => {
  const { heard, pass } = await telling(t)
  heard()
  await pass(10_000)
  assert.deepEqual(heard(), Array.from({ length: 10 }, () => [0, 0, 0]))
})

test("R6: records in durable mailboxes are told as waiting, but not those whose actor waits for an operator", async (t) => {
  const { heard, delivery, pass } = await telling(t)
  heard()
  const hold = (row: string, count: number, waitsFor: "retry" | "operator") => {
    const message = { type: "settled", to: { service: "account", key: row }, scope: "x" } as const
    const held: HeldRecord = { message, attempts: 1, dueMs: 0 }
    for (let n = 1; n <= count; n += 1) delivery.partition.held.apply(row, { from: [], hold: [n, held] })
    delivery.mailboxes.set(row, { row, current: undefined, slot: undefined, waiting: [], waitsFor, notBeforeMs: 0 })
  }
  hold("slow", 5, "retry")
  hold("parked", 3, "operator")
  await pass(limits.progressEveryMs)
  assert.deepEqual(heard(), [[0, 0, 5]])
})

test("a client of a running app learns that all it sent is decided, also from the owner that takes over", async (t) => {
  const world = newWorld()
  const client = new Client(memoryEdge(world.streams), bank.shape.partitions)
  t.after(() => client.close())
  const untilNothingWaits = () =>
    new Promise<void>((resolve) => {
      const stop = world.streams.tell({
        answered: () => undefined,
        progressed() {
          if (client.pendingCount > 0) return
          stop()
          resolve()
        },
      })
    })
  const send = (n: number) => client.send(account.deposit(`k${n % 300}`, { amount: 1 }), { effect: `e${n}` })
  const sendAll = (first: number) => Promise.all(Array.from({ length: 300 }, (_, n) => send(first + n)))
  await sendAll(0)
  assert.equal(client.pendingCount, 300)
  const first = await startInMemory(bank, world)
  await untilNothingWaits()
  await first.kill()
  await sendAll(300)
  assert.equal(client.pendingCount, 300)
  const second = await startInMemory(bank, world)
  t.after(() => second.kill())
  await untilNothingWaits()
  const balances: readonly unknown[] = [...second.engine.rows("account")].map(([, state]) => state)
  assert.equal(balances.length, 300)
  assert.deepEqual(balances, balances.map(() => ({ balance: 2 })))
})
