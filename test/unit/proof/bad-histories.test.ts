// The checker is checked: for each invariant a history that breaks it, made by damaging one of a good run, is found by that
// invariant, with a message that names what it is about.
import assert from "node:assert/strict"
import { before, test } from "node:test"
import type { History } from "../../../runtime/simulation/history.ts"
import type { Entry } from "../../../runtime/message/block.ts"
import { addressText, type CommandMessage, type Message } from "../../../runtime/message/message.ts"
import { endOf } from "../../../runtime/simulation/invariants/log.ts"
import { verdictText } from "../../../runtime/simulation/invariants/report.ts"
import { all, change, damaged, type Damaged, entries, goodHistory, judge, listOf, only } from "./good-history.ts"

let good: History
before(async () => {
  good = await goodHistory()
})

/** What the damage is about is what the message must name. */
function assertFound(invariant: string, damage: (copy: Damaged) => string): void {
  let id = ""
  const bad = damaged(good, (copy) => void (id = damage(copy)))
  const { violations } = judge(bad)
  const found = violations.filter((violation) => violation.invariant === invariant)
  assert.ok(found.length > 0, `${invariant} did not find it; found: ${verdictText({ violations, counts: {} })}`)
  assert.ok(found.some(({ message }) => message.includes(id)), `no message of ${invariant} names ${id}: ${found[0]?.message}`)
  assert.ok(found.every(({ message }) => message.includes("expected") || message.includes("and")), "says what was expected")
}

test("a run without faults is judged clean, and every kind of thing was looked at", () => {
  const { violations, counts } = judge(good)
  assert.deepEqual(violations, [])
  for (const name of [
    "starts", "sagas completed", "sagas compensated", "effects decided", "undos in logs", "effects undone", "requests in order",
    "numbers of channels", "records in order", "handlings", "acked blocks", "commands", "answers", "published events", "blocks",
    "timers fired", "timers in logs", "journals replayed", "rows compared", "ended sagas at rest", "lanes at rest", "gauges",
    "backlogs", "replicas", "causes", "spans",
  ]) assert.ok((counts[name] ?? 0) > 0, `nothing of ${name} was looked at`)
})

test("I1: an account that has more than its sagas have left it is found", () => {
  assertFound("I1", (copy) => {
    const row = only(all(copy, "row", ({ row: name }) => name.startsWith("accounts/")), "account")
    const last = entries(copy, (entry) => rowOf(entry) === row.row && entry.state !== undefined).at(-1)
    const state = { ...(row.state as object), cents: 99_999 } // cast: the service declares it
    change(row, { state })
    if (last !== undefined) change(last.entry, { state })
    return row.row
  })
})

test("I1: a ledger that gives out more than there is, is found at the line that does", () => {
  assertFound("I1", (copy) => {
    const line = only(all(copy, "ledger", ({ participant, result }) => participant === "bank" && result === "applied"), "charge")
    change(line, { amount: 1_000_000 })
    return line.key
  })
})

test("I2: a saga that was told to have ended and whose journal does not know it is found", () => {
  assertFound("I2", (copy) => {
    const { entry } = only(entries(copy, ({ state }) => endOf(state) !== undefined), "end of a saga")
    Reflect.deleteProperty(entry, "state")
    return rowOf(entry)
  })
})

test("I2: a saga that ends a second time is found", () => {
  assertFound("I2", (copy) => {
    const { entry, block, index } = only(entries(copy, ({ state }) => endOf(state)?.outcome === "completed"), "completed saga")
    listOf(block.block.decisions).splice(index + 1, 0, { ...entry, from: [], state: { ended: { outcome: "compensated" } } })
    return rowOf(entry)
  })
})

test("I2: a saga that runs although its start was rejected is found", () => {
  assertFound("I2", (copy) => {
    const start = only(all(copy, "client", ({ kind, phase }) => kind === "start" && phase === "invoke"), "start")
    copy.happenings = copy.happenings.filter((item) => item.type !== "client" || item.effect !== start.effect || item === start)
    copy.happenings.push({ ...start, phase: "rejected", code: "OVERLOADED" })
    return start.to
  })
})

test("I3: an effect that was carried out twice, under another key, is found in the ledger", () => {
  assertFound("I3", (copy) => {
    const line = standing(copy, "carrier")
    const next = all(copy, "ledger", ({ participant }) => participant === "carrier").length + 1
    copy.happenings.push({ ...line, seq: next, key: `${line.key} again` })
    return line.key
  })
})

test("I3: an effect that its actor decided twice is found in the log", () => {
  assertFound("I3", (copy) => {
    const decides = ({ by, effects }: Entry) => by?.type === "command" && effects?.length === 1
    const { entry, block } = only(entries(copy, decides), "decided effect")
    listOf(block.block.decisions).push({ ...entry, from: [["lane:other:0:commands", 1]] })
    return entry.effects?.[0]?.[0] ?? ""
  })
})

test("I4: two undos that were sent in the order of the dos are found", () => {
  assertFound("I4", (copy) => {
    const undos = entries(copy, (entry) => undoOf(entry) !== undefined)
    const twice = undos.filter((one) => undos.some((other) => other !== one && rowOf(other.entry) === rowOf(one.entry)))
    const { entry: first } = only(twice, "saga that undid two things")
    const second = twice.find(({ entry }) => entry !== first && rowOf(entry) === rowOf(first))?.entry
    const [one, other] = [undoOf(first), undoOf(second)]
    if (one === undefined || other === undefined) throw new RangeError("the good history has no two undos")
    const { undoes } = one
    Object.assign(one, { undoes: other.undoes })
    Object.assign(other, { undoes })
    return rowOf(first)
  })
})

test("I4: undos that a participant carried out in the order of the dos are found in the ledger", () => {
  assertFound("I4", (copy) => {
    const line = standing(copy, "carrier")
    const undo = { ...line, direction: "undo" as const, seq: 10_000 }
    copy.happenings.push({ ...undo, participant: "bank", key: "undo bank" }, { ...undo, key: "undo carrier" })
    return line.saga
  })
})

test("I5: a do that comes after its undo is found in the ledger", () => {
  assertFound("I5", (copy) => {
    const undo = only(all(copy, "ledger", ({ direction, result }) => direction === "undo" && result === "applied"), "undo")
    copy.happenings.push({ ...undo, direction: "do", seq: 10_000, key: "late do" })
    return "late do"
  })
})

test("I5: a do that an actor decided after its tombstone is found in the log", () => {
  assertFound("I5", (copy) => {
    const { entry, block } = only(entries(copy, ({ effects }) => effects?.some(([, { undone }]) => undone) === true), "undo")
    const [effect = ""] = entry.effects?.find(([, { undone }]) => undone) ?? []
    const by = { type: "command", name: "hold", id: effect } as const
    const outcome = { type: "done", value: null } as const
    listOf(block.block.decisions).push({ ...entry, by, effects: [[effect, { outcome }]] })
    return effect
  })
})

/** A line of a saga that nothing was taken back of. */
function standing(copy: Damaged, participant: string) {
  const lines = all(copy, "ledger", ({ result }) => result === "applied")
  const undone = new Set(lines.filter(({ direction }) => direction === "undo").map(({ saga }) => saga))
  return only(lines.filter((line) => line.participant === participant && !undone.has(line.saga)), "effect that stands")
}

function isUndo(message: Message): message is CommandMessage {
  return message.type === "command" && message.direction === "undo"
}

function undoOf(entry: Entry | undefined): CommandMessage | undefined {
  return entry?.out?.map(([, , message]) => message).find(isUndo)
}

function rowOf({ to }: Entry): string {
  return to === undefined ? "" : addressText(to)
}
