// Sagas of any shape under any plan of faults, signals, pauses and cancels: each ends or is parked, what it leaves behind
// adds up, it is undone in strictly reverse order, and its messages give the same again.
import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import type { Message } from "../../../runtime/message/message.ts"
import { openByEffect } from "../../../sagas/machine/slots.ts"
import { drive, type Driver } from "../../unit/sagas/driver.ts"
import { buildSaga, type Built, shapes } from "./random-saga.ts"
import { createWorld, type Fate, type World } from "./world.ts"

const delayMs = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 50 }) },
  { weight: 1, arbitrary: fc.constantFrom(9_999, 10_000, 10_001, 20_000, 40_000) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 90_000 }) },
)
const fate: fc.Arbitrary<Fate> = fc.record({
  out: fc.constantFrom("ok", "ok", "ok", "ok", "ok", "refused", "faulted", "faulted-after", "lost", "reply-lost", "twice"),
  commandMs: delayMs,
  replyMs: delayMs,
})
const order = fc.record({
  what: fc.constantFrom("signal", "signal", "signal", "cancel", "pause", "resume", "retryNow"),
  atMs: fc.integer({ min: 0, max: 30_000 }),
  which: fc.nat(5),
})
const scenario = fc.record({
  before: shapes,
  pivot: fc.boolean(),
  after: shapes,
  plan: fc.array(fate, { maxLength: 40 }),
  orders: fc.array(order, { maxLength: 4 }),
  timersFirst: fc.boolean(),
})
type Scenario = typeof scenario extends fc.Arbitrary<infer T> ? T : never

interface Played {
  readonly driver: Driver
  readonly world: World
  readonly built: Built
  readonly taken: readonly (readonly [nowMs: number, Message])[]
  /** Step of each command, by effect key. */
  readonly stepOf: ReadonlyMap<string, string>
}

function play({ before, pivot, after, plan, orders, timersFirst }: Scenario): Played {
  const built = buildSaga(before, pivot, after)
  const driver = drive(built.saga.logic)
  const taken: [number, Message][] = []
  const take = driver.take.bind(driver)
  Object.assign(driver, {
    take: (message: Message) => {
      taken.push([driver.nowMs, message])
      return take(message)
    },
  })
  const watch = watchUndos(driver)
  const world = createWorld(driver, plan, timersFirst, watch.look)
  for (const { what, atMs, which } of orders) world.later(atMs, () => give(driver, built, what, which))
  world.later(200_000, () => give(driver, built, "resume", 0))
  world.run(null)
  return { driver, world, built, taken, stepOf: watch.stepOf }
}

function give(driver: Driver, { saga, signals }: Built, what: Scenario["orders"][number]["what"], which: number): void {
  const author = { by: "ann", why: "chance" }
  if (what !== "signal") driver.ask(saga[what]("o-1", author))
  const name = signals[which % Math.max(1, signals.length)]
  if (what === "signal" && name !== undefined) driver.ask(saga.signal("o-1", name, { n: which }))
}

/** Watches each row: while a saga is turned back, undos come one after the other, latest begun first, behind what is open. */
function watchUndos(driver: Driver) {
  const stepOf = new Map<string, string>()
  const seen = new Set<string>()
  let last = Number.POSITIVE_INFINITY
  const look = () => {
    if (driver.ended() !== undefined) return
    const { open, items, failure } = driver.row()
    const begun = Object.keys(items)
    for (const [effect, { step, item, direction }] of openByEffect(driver.row(), driver.self)) {
      stepOf.set(effect, step)
      if (direction !== "undo" || seen.has(effect)) continue
      seen.add(effect)
      if (failure === undefined) continue
      const place = begun.indexOf(step) * 1_000 + item
      assert.ok(place < last, `${step}/${item} is undone in reverse order`)
      last = place
      const others = Object.values(open).filter((other) => other.direction === "do" && !other.step.startsWith("child"))
      assert.deepEqual(others, [], "no undo before what is under way has settled")
    }
  }
  return { stepOf, look }
}

function assertAddsUp({ driver, world, built, stepOf }: Played): void {
  const ended = driver.ended()
  assert.ok(ended !== undefined)
  assert.deepEqual(world.overtaken, [], "one undo at a time")
  const left = [...world.applied].map((effect) => stepOf.get(effect) ?? "never open")
  if (ended.outcome === "compensated") {
    assert.deepEqual(left.filter((step) => !step.startsWith("leave")), [], "nothing that happened was left")
    return
  }
  assert.equal(ended.outcome, "completed")
  const winners = ended.result as Readonly<Record<string, string | null>> // cast: what the definition returns
  for (const [race, branches] of built.races) {
    for (const [branch, steps] of branches) {
      if (winners[race] === null || winners[race] === branch) continue
      const stays = left.filter((step) => steps.includes(step.split("#")[0] ?? "") && !step.startsWith("leave"))
      assert.deepEqual(stays, [], `${branch} lost ${race}, and left nothing`)
    }
  }
}

function assertReplays({ driver, taken, built }: Played): void {
  const again = drive(built.saga.logic)
  for (const [nowMs, message] of taken) {
    again.nowMs = nowMs
    again.take(message)
  }
  assert.deepEqual(again.state, driver.state, "the same messages give the same")
}

const parkCodes = new Set(["UNDO_FAILED", "PIVOT_UNKNOWN", "STEP_AFTER_PIVOT_FAILED"])

type Given = typeof scenario extends fc.Arbitrary<infer Value> ? Value : never

/** A race in a loop that is won at once, so that one transition settles a round and begins the next. */
const raceWonAtOnce: Given = {
  before: [{ type: "loop", body: [{ type: "race", branches: [[], [{ type: "child" }]] }], max: 2 }, { type: "step", tries: 0 }],
  pivot: false,
  after: [{ type: "loop", body: [{ type: "parallel", branches: [[], []] }], max: 1 }],
  plan: [],
  orders: [],
  timersFirst: false,
}

test("a saga of any shape ends or is parked under any plan, leaves nothing behind, and replays", () => {
  const ends = new Map<string, number>()
  fc.assert(
    fc.property(scenario, (given) => {
      const played = play(given)
      const { driver } = played
      const end = driver.ended()?.outcome ?? driver.row().parked?.code ?? `under way in ${JSON.stringify(driver.row().value)}`
      ends.set(end, (ends.get(end) ?? 0) + 1)
      if (driver.ended() === undefined) assert.ok(parkCodes.has(end), end)
      else assertAddsUp(played)
      assertReplays(played)
    }),
    { numRuns: 300, includeErrorInReport: true, examples: [[raceWonAtOnce]] },
  )
  const seen = [...ends.keys()].toSorted()
  assert.deepEqual(seen, ["PIVOT_UNKNOWN", "STEP_AFTER_PIVOT_FAILED", "UNDO_FAILED", "compensated", "completed"])
})

test("a parked saga of any shape ends when it is resumed in a world that is well again", () => {
  let healed = 0
  fc.assert(
    fc.property(scenario, (given) => {
      const played = play(given)
      const { driver, world } = played
      if (driver.ended() !== undefined || driver.row().parked?.code === "STEP_AFTER_PIVOT_FAILED") return
      world.heal()
      healed += 1
      if (driver.ended() === undefined) assert.equal(driver.row().parked?.code, "STEP_AFTER_PIVOT_FAILED")
      else assertAddsUp(played)
    }),
    { numRuns: 300, includeErrorInReport: true, examples: [[raceWonAtOnce]] },
  )
  assert.ok(healed > 10, `${healed} sagas were parked`)
})
