// A small world around one saga: a clock, a network that delays, loses and repeats, and participants that remember what
// they did (R11: effect key -> reply; a do whose undo was seen is refused). A plan says what befalls each command sent.
import assert from "node:assert/strict"
import type { OutgoingCommand } from "../../../runtime/actor/logic.ts"
import type { Json } from "../../../runtime/message/json.ts"
import type { Outcome } from "../../../runtime/message/outcome.ts"
import type { ItemStatus } from "../../../sagas/machine/progress.ts"
import { openByEffect } from "../../../sagas/machine/slots.ts"
import { done, type Driver, faulted, refused } from "../../unit/sagas/driver.ts"

export interface Fate {
  readonly out: "ok" | "refused" | "faulted" | "faulted-after" | "lost" | "reply-lost" | "twice"
  readonly commandMs: number
  readonly replyMs: number
}

export interface World {
  /** Effects that happened and were not taken back. */
  readonly applied: ReadonlySet<string>
  /** `step/item` -> every status that a row showed. */
  readonly seen: ReadonlyMap<string, ReadonlySet<ItemStatus>>
  /** First tries of undos as `step/item`, in the order in which they were sent. */
  readonly undos: readonly string[]
  /** What went wrong with the order of undos, if anything did. */
  readonly overtaken: readonly string[]
  /** Starts the saga and lets everything happen until nothing is under way and no timer is set. */
  run(input: Json): void
  /** Something happens at a time, in ms from now. */
  later(ms: number, act: () => void): void
  /** Resumes the parked saga in a world where nothing fails any more. */
  heal(): void
}

interface Due {
  readonly atMs: number
  readonly act: () => void
}

/** What stands for child sagas. */
export const childService = "other"

const fine: Fate = { out: "ok", commandMs: 1, replyMs: 1 }

/** `look` is called whenever the saga has decided something. */
export function createWorld(driver: Driver, plan: readonly Fate[], timersFirst: boolean, look: () => void = () => {}): World {
  const fates = [...plan]
  const network: Due[] = []
  const participants = createParticipants()
  const record = createRecord(driver)
  let sent = 0

  const later = (ms: number, act: () => void) => network.push({ atMs: driver.nowMs + ms, act })
  const answer = (effect: string, outcome: Outcome, ms: number) => later(ms, () => {
    driver.reply(effect, outcome)
    record.replied(effect, outcome)
    after()
  })
  /** Puts what the saga has sent onto the network, and notes what its row shows. */
  const after = () => {
    record.look()
    look()
    for (const command of driver.sent.slice(sent)) transmit(command, fates.shift() ?? fine)
    sent = driver.sent.length
  }
  const transmit = (command: OutgoingCommand, given: Fate) => {
    const fate = possibleFate(command, given)
    if (fate.out === "lost") return
    const arrive = () => {
      const outcome = participants.take(command, fate.out)
      if (fate.out !== "reply-lost") answer(command.effect, outcome, fate.replyMs)
    }
    later(fate.commandMs, arrive)
    if (fate.out === "twice") later(fate.commandMs + fate.replyMs + 1, arrive)
  }
  const drain = () => {
    for (let steps = 0; ; steps++) {
      assert.ok(steps < 5_000, "the saga comes to rest")
      if (!advanceOnce(driver, network, timersFirst, after)) return
    }
  }
  return {
    applied: participants.applied,
    seen: record.seen,
    undos: record.undos,
    overtaken: record.overtaken,
    later: (ms, act) =>
      void later(ms, () => {
        act()
        after()
      }),
    run(input) {
      driver.start(input)
      after()
      drain()
    },
    heal() {
      fates.length = 0
      driver.resume()
      after()
      drain()
    },
  }
}

/** A child saga answers for certain: the engine sends until it is confirmed, and a saga that has ended knows its end. */
function possibleFate(command: OutgoingCommand, fate: Fate): Fate {
  const isLoss = fate.out === "lost" || fate.out === "reply-lost"
  return command.to.service === childService && isLoss ? { ...fate, out: "ok" } : fate
}

/** The earliest thing that is due happens: a delivery or a timer. False if there is nothing. */
function advanceOnce(driver: Driver, network: Due[], timersFirst: boolean, after: () => void): boolean {
  const next = network.toSorted((a, b) => a.atMs - b.atMs)[0]
  const [effect, timer] = [...driver.timers].toSorted(([, a], [, b]) => a.dueMs - b.dueMs)[0] ?? []
  if (effect !== undefined && timer !== undefined) {
    if (next === undefined || timer.dueMs < next.atMs || (timer.dueMs === next.atMs && timersFirst)) {
      driver.fire(effect)
      after()
      return true
    }
  }
  if (next === undefined) return false
  network.splice(network.indexOf(next), 1)
  driver.nowMs = next.atMs
  next.act()
  return true
}

function createParticipants() {
  const memory = new Map<string, Outcome>()
  const tombstones = new Set<string>()
  const applied = new Set<string>()
  const decide = (command: OutgoingCommand, out: Fate["out"]): Outcome => {
    if (command.direction === "undo") {
      assert.ok(command.undoes !== undefined)
      tombstones.add(command.undoes)
      applied.delete(command.undoes)
      return done()
    }
    if (tombstones.has(command.effect)) return refused("undone")
    if (out === "refused") return refused("no")
    applied.add(command.effect)
    return done({ id: command.effect, tracking: "T", reserved: 1 })
  }
  return {
    applied,
    take(command: OutgoingCommand, out: Fate["out"]): Outcome {
      const known = memory.get(command.effect)
      if (known !== undefined) return known
      if (out === "faulted") return faulted()
      const outcome = decide(command, out)
      memory.set(command.effect, outcome)
      return out === "faulted-after" ? faulted() : outcome
    },
  }
}

/** Watches the rows and replies from outside. */
function createRecord(driver: Driver) {
  const seen = new Map<string, Set<ItemStatus>>()
  const undos: string[] = []
  const overtaken: string[] = []
  const undoing = new Map<string, string>()
  const settled = new Set<string>()
  return {
    seen,
    undos,
    overtaken,
    replied(effect: string, outcome: Outcome) {
      if (outcome.type === "done") settled.add(effect)
    },
    look() {
      if (driver.ended() !== undefined) return assert.equal(driver.timers.size, 0, "no timer outlives the saga")
      const { items, parked } = driver.row()
      const open = openByEffect(driver.row(), driver.self)
      const timers = parked === undefined ? open.flatMap(([effect, { dueMs }]) => (dueMs === undefined ? [] : [effect])) : []
      assert.deepEqual([...driver.timers.keys()].toSorted(), timers.toSorted(), "one timer per open command")
      for (const [step, statuses] of Object.entries(items)) {
        for (const [item, status] of statuses.entries()) {
          const name = `${step}/${item}`
          seen.set(name, (seen.get(name) ?? new Set()).add(status))
        }
      }
      for (const [effect, { step, item, direction }] of open) {
        if (direction !== "undo" || undoing.has(effect)) continue
        overtaken.push(...[...undoing].filter(([earlier]) => !settled.has(earlier)).map(([, name]) => name))
        undoing.set(effect, `${step}/${item}`)
        undos.push(`${step}/${item}`)
      }
    },
  }
}
