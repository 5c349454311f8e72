// A monitor follows what happens to each key, says what is late or out of contract, and does nothing else.
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Schema from "effect/Schema"
import { assign, createMachine, setup } from "xstate"
import { app, done, event, InvalidInput, service } from "../../../runtime/index.ts"
import { readFact } from "../../../runtime/message/fact.ts"
import {
  askInMemory, type MemoryProcess, newWorld, startInMemory, type VirtualClock, virtualClock, type World,
} from "../../../runtime/testing/index.ts"
import { type Monitor, monitor, type MonitorChart, type MonitorRow } from "../../../sagas/index.ts"

const Visit = Schema.toStandardSchemaV1(Schema.Struct({ guest: Schema.String, what: Schema.String }))
const options = { key: ({ guest }: { readonly guest: string }) => guest }
const Came = event("Came", Visit, options)
const Ate = event("Ate", Visit, options)
const Paid = event("Paid", Visit, options)
const Left = event("Left", Visit, options)
const all = { Came, Ate, Paid, Left }

const door = service("door", { state: () => null }).command("tell", Visit, (state, visit) =>
  done(state, null, Object.entries(all).filter(([name]) => name === visit.what).map(([, contract]) => contract(visit))))

const chart = {
  initial: "outside",
  states: {
    outside: { on: { Came: "inside" } },
    inside: {
      initial: "hungry",
      after: { "1 minute": {} },
      states: { hungry: { on: { Ate: "full" } }, full: {} },
      on: { Paid: "leaving" },
    },
    leaving: { on: { Left: "gone" }, after: { 60_000: "missing" } },
    missing: { on: { Left: "gone" } },
    gone: { type: "final" },
  },
} as const satisfies MonitorChart

const guests = monitor("guests", { machine: chart, events: Object.values(all), keep: "20 seconds" })

interface House {
  readonly process: MemoryProcess
  readonly world: World
  readonly pass: VirtualClock["pass"]
  /** Tells what happened to a guest, and lets it be seen. */
  tell(guest: string, ...what: string[]): Promise<void>
  row(guest: string): MonitorRow | undefined
  alarms(): readonly unknown[]
}

async function house(watch: Monitor, more: { compactionBytesMin?: number } = {}): Promise<House> {
  const shape = app("house", { namespace: "test", partitions: 2, services: [door, watch], ...more })
  const world = newWorld()
  const { clock, pass } = await virtualClock()
  const process = await startInMemory(shape, world, { clock })
  return {
    process,
    world,
    pass,
    async tell(guest, ...what) {
      for (const one of what) {
        void askInMemory(shape, world, door.tell("front", { guest, what: one }))
        await pass(100)
      }
    },
    row: (guest) => process.engine.row({ service: watch.name, key: guest })?.state as MonitorRow | undefined, // cast: its own row
    alarms: () => [0, 1].flatMap((partition) => world.streams.stored("events", partition))
      .map(({ headers, bytes }) => readFact(headers, bytes).event)
      .filter(({ name }) => name === "MonitorAlarm")
      .map(({ payload }) => payload),
  }
}

test("what happens as it should is followed to its end, one row for each key, without an alarm", async (t) => {
  const { process, tell, row, alarms } = await house(guests)
  t.after(() => process.kill())
  await tell("Ann", "Came", "Ate")
  await tell("Bob", "Came")
  assert.deepEqual([row("Ann")?.value, row("Bob")?.value], [{ inside: "full" }, { inside: "hungry" }])
  await tell("Ann", "Paid", "Left")
  assert.deepEqual([row("Ann")?.value, row("Ann")?.lastEvent, row("Ann")?.alarms], ["gone", "Left", []])
  assert.equal(row("Ann")?.endedMs, row("Ann")?.sinceMs)
  assert.deepEqual(alarms(), [])
})

test("an event that the state does not expect is an alarm, changes nothing, and what comes next is followed", async (t) => {
  const { process, tell, row, alarms } = await house(guests)
  t.after(() => process.kill())
  await tell("Ann", "Came", "Left")
  assert.deepEqual([row("Ann")?.value, row("Ann")?.outOfContract], [{ inside: "hungry" }, 1])
  const { atMs = 0, ...note } = row("Ann")?.alarms[0] ?? {}
  assert.deepEqual(note, { kind: "out-of-contract", state: "inside.hungry", event: "Left", sinceMs: row("Ann")?.sinceMs })
  assert.deepEqual(alarms(), [{ monitor: "guests", key: "Ann", ...note, atMs }])
  await tell("Ann", "Paid", "Left", "Left")
  assert.deepEqual([row("Ann")?.value, row("Ann")?.outOfContract], ["gone", 2], "after the end nothing is expected")
  await tell("Eve", "Paid")
  assert.deepEqual([row("Eve")?.value, row("Eve")?.outOfContract], ["outside", 1])
  assert.deepEqual(process.engine.metrics().alarms, [{ monitor: "guests", kind: "out-of-contract", raised: 3 }])
})

test("what stays too long is late: at its deadline, once, also across a crash; and late no more when it goes on", async (t) => {
  const { process, world, pass, tell, row, alarms } = await house(guests)
  await tell("Ann", "Came", "Ate")
  await pass(55_000, 5_000)
  assert.equal(row("Ann")?.late, 0)
  await process.kill()
  const { clock, pass: passAgain } = await virtualClock()
  const shape = app("house", { namespace: "test", partitions: 2, services: [door, guests] })
  const next = await startInMemory(shape, world, { clock })
  t.after(() => next.kill())
  const again = () => next.engine.row({ service: "guests", key: "Ann" })?.state as MonitorRow | undefined // cast: its own row
  await passAgain(65_000, 5_000)
  assert.deepEqual([again()?.late, again()?.value], [1, { inside: "full" }])
  assert.ok((again()?.lateSinceMs ?? 0) >= 60_000)
  await passAgain(200_000, 50_000)
  assert.equal(again()?.late, 1)
  void askInMemory(shape, world, door.tell("front", { guest: "Ann", what: "Paid" }))
  await passAgain(1_000)
  assert.deepEqual([again()?.value, again()?.lateSinceMs, again()?.late], ["leaving", undefined, 1])
  await passAgain(70_000, 5_000)
  assert.deepEqual([again()?.value, again()?.late], ["missing", 2], "a deadline may lead somewhere")
  assert.equal(alarms().length, 2)
})

test("a state that is left clears its deadline, and one that is entered anew begins again", async (t) => {
  const machine = {
    initial: "quiet",
    states: {
      quiet: { on: { Came: { target: "quiet", reenter: true }, Left: "over" }, after: { "1 minute": {} } },
      over: { type: "final" },
    },
  } as const satisfies MonitorChart
  const { process, pass, tell, row } = await house(monitor("talk", { machine, events: [Came, Left] }))
  t.after(() => process.kill())
  for (let n = 0; n < 4; n += 1) {
    await tell("Ann", "Came")
    await pass(40_000, 5_000)
  }
  assert.equal(row("Ann")?.late, 0)
  await tell("Ann", "Left")
  await pass(100_000, 5_000)
  assert.equal(row("Ann")?.late, 0)
  assert.equal(process.engine.metrics().gauges.reduce((sum, { timers }) => sum + timers, 0), 0)
})

test("what has ended is kept for the given time and then forgotten; what has not is kept", async (t) => {
  const { process, pass, tell, row } = await house(guests, { compactionBytesMin: 4096 })
  t.after(() => process.kill())
  await tell("Ann", "Came", "Paid", "Left")
  await tell("Bob", "Came")
  for (let n = 0; n < 30; n += 1) await tell(`guest-${n}`, "Came", "Left")
  assert.equal(row("Ann")?.value, "gone", "within its time it is kept, however often the journal is compacted")
  await pass(20_000, 5_000)
  for (let n = 30; n < 80; n += 1) await tell(`guest-${n}`, "Came", "Left")
  assert.equal(row("Ann"), undefined)
  assert.deepEqual(row("Bob")?.value, { inside: "hungry" })
})

test("an XState machine with guards and context is followed too; the key may come from the payload", async (t) => {
  const machine = setup({
    types: {
      context: {} as { dishes: number }, // cast: XState reads only the type
      events: {} as { type: "Came" | "Ate" | "Left" }, // cast: likewise
    },
    guards: { hasEaten: ({ context }) => context.dishes >= 2 },
    actions: { count: assign({ dishes: ({ context }) => context.dishes + 1 }) },
  }).createMachine({
    context: { dishes: 0 },
    initial: "a",
    states: {
      a: { on: { Came: {}, Ate: { actions: "count" }, Left: { guard: "hasEaten", target: "b" } } },
      b: { type: "final" },
    },
  })
  const watch = monitor("meals", { machine, events: [Came, Ate, Left], key: ({ guest }) => guest.toLowerCase() })
  const { process, tell, row } = await house(watch)
  t.after(() => process.kill())
  await tell("Ann", "Came", "Ate", "Left", "Ate", "Left")
  assert.deepEqual([row("ann")?.value, row("ann")?.context, row("ann")?.outOfContract], ["b", { dishes: 2 }, 1])
})

test("a machine that does anything but observe is refused when the monitor is defined", () => {
  const events = [Came]
  const refused = (machine: object, why: RegExp) =>
    assert.throws(() => monitor("spy", { machine: machine as MonitorChart, events }), (error) => { // cast: wrong on purpose
      assert.ok(error instanceof InvalidInput)
      assert.match(error.message, why)
      return true
    })
  const on = { Came: "b" }
  refused(createMachine({ initial: "a", states: { a: { on, entry: () => undefined }, b: {} } }), /state a: it has an action/)
  refused(createMachine({ initial: "a", states: { a: { on, exit: "shout" }, b: {} } }), /state a: it has an action/)
  refused(createMachine({ initial: "a", states: { a: { on: { Came: { actions: "shout" } } } } }), /state a: it has an action/)
  refused(createMachine({ initial: "a", states: { a: { on, invoke: { src: "work" } }, b: {} } }), /it invokes something/)
  refused({ initial: "a", states: { a: { on, always: { target: "b", actions: "shout" } }, b: {} } }, /state a: it has an action/)
  refused({ initial: "a", states: { a: { on, invoke: { src: "work" } }, b: {} } }, /it invokes something/)
  refused({ initial: "a", states: { a: { on }, b: { type: "history" } } }, /state b: a monitor keeps no history/)
  refused({ initial: "a", states: { a: { on: { Came: "nowhere" } } } }, /monitor spy: its chart is no machine/)
  refused({ initial: "a", states: { a: { on, after: { soon: "b" } }, b: {} } }, /duration "soon"/)
  refused({ initial: "a", states: { a: { on: { Came: "b", Went: "b" } }, b: {} } }, /waits for Went/)
})

test("a monitor takes no commands: one that comes is parked", async (t) => {
  const shape = app("house", { namespace: "test", partitions: 2, services: [door, guests] })
  const world = newWorld()
  const process = await startInMemory(shape, world)
  t.after(() => process.kill())
  const outcome = await askInMemory(shape, world, { service: "guests", key: "Ann", name: "forget", payload: null })
  assert.equal(outcome.type === "faulted" && outcome.code, "UNKNOWN_COMMAND")
  const nothing = await askInMemory(shape, world, guests.where("Ann"))
  assert.deepEqual(nothing, { type: "done", value: null })
})
