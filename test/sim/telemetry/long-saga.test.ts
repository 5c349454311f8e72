// A saga that lives for three days and through two restarts, traced into a real OTLP receiver, and what tracing may change.
import assert from "node:assert/strict"
import { test } from "node:test"
import { app, done, type Json, refused, sagaTraceId, service } from "../../../runtime/index.ts"
import { decodeBlock } from "../../../runtime/message/block.ts"
import { startTracing } from "../../../runtime/telemetry/setup.ts"
import { askInMemory, newWorld, startInMemory, virtualClock, type World } from "../../../runtime/testing/index.ts"
import { saga } from "../../../sagas/index.ts"
import { type CollectedSpan, startCollector } from "../../support/otlp-collector.ts"
import { Name } from "../../unit/sagas/scenarios/desks.ts"
import { At } from "../../unit/sagas/scenarios/unwinding.ts"

const hotel = service("hotel", { state: () => ({ rooms: 0 }) })
  .command("book", Name, (state) => done({ rooms: state.rooms + 1 }, "room-1"))
  .undo("free", "book", (state) => done({ rooms: state.rooms - 1 }, null))
const flight = service("flight", { state: () => ({}) }).command("book", Name, () => refused("no-seats"))
const trip = saga("trip", { input: At, version: 1 })
  .step("hotel", { run: ({ input }) => hotel.book(input.at, { name: "n" }), undo: ({ input }) => hotel.free(input.at) })
  .awaitSignal("approval", Name, { timeout: "7 days" })
  .sleep("rest", "3 days")
  .step("flight", { run: ({ input }) => flight.book(input.at, { name: "n" }), undo: ({ input }) => hotel.free(input.at) })
const travel = app("travel", { namespace: "travel", partitions: 2, services: [hotel, flight, trip] })
const services = ["hotel", "flight", "trip"]

const dayMs = 86_400_000

/** The whole life: started, approved by another process, ended by a third one three days later. */
async function live(collector: { readonly endpoint: string } | undefined, ratio = 1): Promise<World> {
  const world = newWorld()
  const { clock, pass } = await virtualClock()
  const during = async (instanceId: string, act: (until: (check: () => boolean) => Promise<void>) => Promise<void>) => {
    const where = collector === undefined ? {} : { endpoint: collector.endpoint, ratio, slowMs: 8 * dayMs }
    const tracing = await startTracing({ services, namespace: "travel", instanceId, ...where })
    const process = await startInMemory(travel, world, { clock, telemetry: tracing.telemetry })
    const state = () => JSON.stringify(process.engine.row({ service: "trip", key: "t-1" })?.state ?? null)
    const until = async (check: () => boolean) => {
      for (let n = 0; !check(); n += 1) {
        assert.ok(n < 2_000, `it comes to pass; it stands at ${state()}`)
        await pass(50)
      }
    }
    seen = state
    await pass(100)
    await act(until)
    await until(() => process.engine.isIdle())
    await process.kill()
    await tracing.shutdown()
  }
  let seen = () => ""
  await during("host-1", async (until) => {
    void askInMemory(travel, world, trip.start("t-1", { at: "rome" }), "start")
    await until(() => seen().includes('"approval"'))
  })
  await during("host-2", async (until) => {
    void askInMemory(travel, world, trip.signal("t-1", "approval", { name: "ann" }), "approve")
    await until(() => seen().includes('"rest"'))
  })
  await pass(3 * dayMs, dayMs)
  await during("host-3", (until) => until(() => seen().includes('"ended"')))
  return world
}

test("scenario 36: a saga is one tree over two restarts and a wait of three days, with every hop in it", async (t) => {
  const collector = await startCollector()
  t.after(() => collector.close())
  const world = await live(collector)
  const { startedMs, endedMs } = endOf(world)
  assert.ok(endedMs - startedMs >= 3 * dayMs)
  const tree = collector.tree(sagaTraceId({ namespace: "travel", saga: "trip", key: "t-1", startedMs }))
  assert.ok(tree.whole, `orphans: ${tree.orphans.map(({ name }) => name).join(", ")}`)
  const [root] = tree.roots
  assert.deepEqual([root?.name, root?.startMs, root?.endMs], ["trip", startedMs, endedMs])
  assert.equal(root?.attributes["troupe.saga.outcome"], "compensated")
  const hops = tree.spans.map(({ serviceName, name }) => `${serviceName}: ${name}`)
  for (const hop of [
    "trip: process trip.start", "hotel: process hotel.book", "trip: process trip.signal", "flight: process flight.book",
    "hotel: process hotel.free",
  ]) assert.equal(hops.filter((found) => found === hop).length, 1, hop)
  assert.equal(hops.filter((hop) => hop.startsWith("trip: process trip timer")).length, 1, "the end of the wait")
  assert.deepEqual(edges(tree.spans), new Set(["trip -> hotel", "hotel -> trip", "trip -> flight", "flight -> trip"]))
  const hosts = new Set(tree.spans.map(({ resource }) => resource["service.instance.id"]))
  assert.deepEqual(hosts, new Set(["host-1", "host-2", "host-3"]))
  const others = collector.spans.filter(({ traceId }) => traceId !== root?.traceId)
  assert.deepEqual(others, [], "no span is in another trace")
})

test("scenario 36: tracing changes no history, whether all, nothing or only what turns bad is recorded", async (t) => {
  const collector = await startCollector()
  t.after(() => collector.close())
  const untraced = historyOf(await live(undefined))
  assert.ok(untraced.length > 10)
  assert.deepEqual(historyOf(await live(collector)), untraced)
  assert.deepEqual(historyOf(await live(collector, 0)), untraced)
})

function edges(spans: readonly CollectedSpan[]): ReadonlySet<string> {
  const serviceOf = new Map(spans.map(({ spanId, serviceName }) => [spanId, serviceName]))
  const found = spans.map(({ parentSpanId = "", serviceName }) => [serviceOf.get(parentSpanId) ?? serviceName, serviceName])
  return new Set(found.filter(([from, to]) => from !== to).map(([from, to]) => `${from} -> ${to}`))
}

function decisions(world: World): readonly Json[] {
  return [0, 1].flatMap((partition) =>
    world.journal.records(partition).flatMap(({ bytes }) => {
      // cast: it was read from JSON
      return decodeBlock(bytes, `partition ${partition}`).decisions as unknown as readonly Json[]
    }),
  )
}

/** Every decision that was stored, without the traceparents in its records and timers. */
function historyOf(world: World): readonly Json[] {
  const text = JSON.stringify(decisions(world), (name, value: unknown) => (name === "trace" ? undefined : value))
  return JSON.parse(text) as readonly Json[] // cast: as it was written
}

function endOf(world: World): { readonly startedMs: number; readonly endedMs: number } {
  for (const entry of decisions(world).toReversed()) {
    const { state } = entry as { readonly state?: { readonly ended?: { startedMs: number; endedMs: number } } } // cast: an entry
    if (state?.ended !== undefined) return state.ended
  }
  throw new Error("the saga has not ended")
}
