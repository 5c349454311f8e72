// The checker is checked, part two: order, acknowledgements, replay, writers, what is left, timers, bounds, servers and causes.
import assert from "node:assert/strict"
import { before, test } from "node:test"
import type { Entry } from "../../../runtime/message/block.ts"
import { addressText } from "../../../runtime/message/message.ts"
import type { Expectations, Happening, History } from "../../../runtime/simulation/history.ts"
import { checkHistory } from "../../../runtime/simulation/invariants/check-history.ts"
import { isExternal } from "../../../runtime/simulation/invariants/log.ts"
import { verdictText } from "../../../runtime/simulation/invariants/report.ts"
import { all, change, damaged, type Damaged, entries, goodHistory, judge, listOf, only } from "./good-history.ts"

let good: History
before(async () => {
  good = await goodHistory()
})

/** What the damage is about is what the message must name. */
function assertFound(invariant: string, damage: (copy: Damaged) => string, expectations?: Expectations): void {
  let id = ""
  const bad = damaged(good, (copy) => void (id = damage(copy)))
  const { violations } = expectations === undefined ? judge(bad) : checkHistory(bad, expectations)
  const found = violations.filter((violation) => violation.invariant === invariant)
  assert.ok(found.length > 0, `${invariant} did not find it; found: ${verdictText({ violations, counts: {} })}`)
  assert.ok(found.some(({ message }) => message.includes(id)), `no message of ${invariant} names ${id}: ${found[0]?.message}`)
}

function rowOf({ to }: Entry): string {
  return to === undefined ? "" : addressText(to)
}

test("I6: two writes of one client that its actor took in the other order are found", () => {
  assertFound("I6", (copy) => {
    const writes = entries(copy, (entry) => entry.to?.service === "notes" && isExternal(entry))
    const [first, second] = writes.filter(({ entry }) => writes.filter((other) => rowOf(other.entry) === rowOf(entry)).length > 1)
    if (first === undefined || second === undefined) throw new RangeError("the good history has no two notes of one key")
    assert.equal(rowOf(first.entry), rowOf(second.entry))
    const [one, other] = [{ ...first.entry }, { ...second.entry }]
    // Channels and numbers stay where they were: only what was decided is exchanged.
    change(first.entry, { effects: other.effects ?? [], by: { type: "command", name: "write" } })
    change(second.entry, { effects: one.effects ?? [], by: { type: "command", name: "write" } })
    const [early, late] = [one.effects?.[0]?.[0] ?? "", other.effects?.[0]?.[0] ?? ""]
    const ofEarly = all(copy, "client", ({ effect }) => effect === early)
    copy.happenings = [...ofEarly, ...copy.happenings.filter((item) => item.type !== "client" || item.effect !== early)]
    return late
  })
})

test("I6: a record of a lane that nobody decided, and that its mark has passed, is found", () => {
  assertFound("I6", (copy) => {
    const isOfLane = ({ from }: Entry) => from[0]?.[0].startsWith("lane:") === true
    const { block, index, entry } = only(entries(copy, isOfLane), "record of a lane")
    listOf(block.block.decisions).splice(index, 1)
    return entry.from[0]?.[0] ?? ""
  })
})

test("I6: a record that was decided twice is found", () => {
  assertFound("I6", (copy) => {
    const { block, entry } = only(entries(copy, isExternal), "external record")
    listOf(block.block.decisions).push({ from: entry.from })
    return `record ${entry.from[0]?.[1]} of channel ${entry.from[0]?.[0]}`
  })
})

test("I6: two handlers of one key at a time are found", () => {
  assertFound("I6", (copy) => {
    const began = only(all(copy, "handling", ({ phase }) => phase === "began"), "handling")
    const at = copy.happenings.indexOf(began)
    copy.happenings.splice(at + 1, 0, { ...began, record: "another" })
    return began.actor
  })
})

test("I7: an acknowledged block that the journal does not hold is found, and said where it was lost", () => {
  for (const [place, where] of [[0, "at the beginning"], [10, "in the middle"], [-1, "at the end"]] as const) {
    assertFound("I7", (copy) => {
      const lost = all(copy, "block", ({ partition }) => partition === 0).at(place)
      copy.happenings = copy.happenings.filter((item) => item !== lost)
      const what = `block ${lost?.sequence} of bank-and-shop partition 0 was acknowledged to p1`
      return `${what} and is not in the journal (lost ${where})`
    })
  }
})

test("I7: an answer that the journal does not have is found, and so is an accepted command that nobody decided", () => {
  for (const phase of ["answered", "accepted"] as const) {
    assertFound("I7", (copy) => {
      const { effects } = only(entries(copy, ({ to, by }) => to?.service === "notes" && by?.type === "command"), "note").entry
      const effect = effects?.[0]?.[0] ?? ""
      for (const { entry } of entries(copy, (item) => item.effects?.[0]?.[0] === effect)) Reflect.deleteProperty(entry, "effects")
      if (phase === "accepted") {
        const isAnswer = (item: Happening) => item.type === "client" && item.effect === effect && item.phase === "answered"
        copy.happenings = copy.happenings.filter((item) => !isAnswer(item))
      }
      return effect
    })
  }
})

test("I7: what nobody asked for is found", () => {
  assertFound("I7", (copy) => {
    const request = only(all(copy, "client", ({ name }) => name === "write"), "note")
    copy.happenings = copy.happenings.filter((item) => item.type !== "client" || item.effect !== request.effect)
    return request.effect
  })
})

test("I7: an answer about a state that does not know what had been answered before is found", () => {
  assertFound("I7", (copy) => {
    const read = only(all(copy, "client", ({ kind, phase }) => kind === "query" && phase === "answered"), "query")
    change(read, { outcome: { type: "done", value: { count: 0, sum: 0 } } })
    for (const item of all(copy, "client", ({ to, phase }) => to === read.to && phase === "answered")) {
      if (item !== read) change(item, { atMs: -1 })
    }
    return read.effect
  })
})

test("I8: a row that its process shows otherwise than its journal is found", () => {
  assertFound("I8", (copy) => {
    const row = only(all(copy, "row", ({ row: name }) => name.startsWith("stock/")), "shelf")
    change(row, { state: { ...(row.state as object), left: 1_000 } }) // cast: the service declares it
    return row.row
  })
})

test("I8: a row that its process does not show is found, and so is a journal that cannot be replayed", () => {
  assertFound("I8", (copy) => {
    const row = only(all(copy, "row"), "row")
    copy.happenings = copy.happenings.filter((item) => item !== row)
    return row.row
  })
  assertFound("I8", (copy) => {
    const found = only(entries(copy, ({ out }) => out?.[0] !== undefined), "record that was sent")
    const [destination, number, message] = found.entry.out?.[0] ?? []
    if (destination === undefined || number === undefined || message === undefined) return ""
    change(found.entry, { out: [[destination, number + 5, message]] })
    return `block ${found.block.block.number}`
  })
})

test("I9: a block of an older epoch that was stored behind a newer one is found", () => {
  assertFound("I9", (copy) => {
    const block = only(all(copy, "block", ({ partition, block: { number } }) => partition === 1 && number === 5), "block 5")
    change(block, { block: { ...block.block, epoch: 0 } })
    return `block 5 (sequence ${block.sequence}, epoch 0)`
  })
})

test("I9: two processes that wrote in one epoch are found", () => {
  assertFound("I9", (copy) => {
    const acked = all(copy, "acked", ({ partition }) => partition === 2).at(-1)
    if (acked !== undefined) change(acked, { process: "p2" })
    return `block ${acked?.sequence} of bank-and-shop partition 2 is of p2`
  })
})

test("I10: a saga that has ended and still has a timer is found", () => {
  assertFound("I10", (copy) => {
    const ends = entries(copy, ({ to, state, timers }) => to?.service === "order" && timers !== undefined && isEnd(state))
    const { entry } = only(ends, "end of a saga")
    const [timer] = entry.timers ?? []
    change(entry, { timers: [] })
    const row = all(copy, "row", ({ row: name }) => name === rowOf(entry))[0]
    if (row !== undefined) change(row, { timers: [[timer?.name ?? "", 0]] })
    return rowOf(entry)
  })
})

test("I10: a record that was sent and never decided is found when all is at rest", () => {
  assertFound("I10", (copy) => {
    const sent = entries(copy, ({ out }) => out?.some(([to]) => to === "lane:1:commands") === true).at(-1)
    if (sent === undefined) throw new RangeError("the good history sends nothing to partition 1")
    const [, number = 0, message] = sent.entry.out?.findLast(([to]) => to === "lane:1:commands") ?? []
    if (message !== undefined) change(sent.entry, { out: [...(sent.entry.out ?? []), ["lane:1:commands", number + 1, message]] })
    return `record ${number + 1} from partition`
  })
})

test("I11: a timer that came early is found, by what was seen and by the log", () => {
  assertFound("I11", (copy) => {
    const seen = only(all(copy, "timer"), "timer")
    change(seen, { nowMs: seen.dueMs - 7 })
    return `${seen.actor} came 7 ms early`
  })
  assertFound("I11", (copy) => {
    const { entry, block } = only(entries(copy, ({ by }) => by?.type === "timer"), "timer")
    change(block, { block: { ...block.block, atMs: 1 } })
    return rowOf(entry)
  })
})

test("I11: a timer that came much too late, or twice, is found", () => {
  assertFound("I11", (copy) => {
    const seen = only(all(copy, "timer"), "timer")
    change(seen, { nowMs: seen.dueMs + 60_000 })
    return `${seen.actor} came 60000 ms late`
  })
  assertFound("I11", (copy) => {
    const { entry, block } = only(entries(copy, ({ by }) => by?.type === "timer"), "timer")
    listOf(block.block.decisions).push(entry)
    return rowOf(entry)
  })
})

test("I12: a size above its bound is found", () => {
  assertFound("I12", (copy) => {
    copy.happenings.push({ type: "gauge", atMs: 5, process: "p1", name: "mailboxes", value: 101 })
    return "mailboxes of p1 was 101"
  })
})

test("I13: servers that differ, a backlog, and a run that does not come to rest in time are found", () => {
  assertFound("I13", (copy) => {
    const replica = all(copy, "replica").at(-1)
    if (replica !== undefined) change(replica, { count: 8, digest: "other" })
    return "stream JOURNAL differs between n1"
  })
  assertFound("I13", (copy) => {
    copy.happenings.push({ type: "gauge", atMs: 5, process: "p1", name: "backlog", value: 2 })
    return "2 records wait for p1"
  })
  assertFound("I13", (copy) => {
    copy.happenings.unshift({ type: "phase", atMs: 0, phase: "healed" })
    return "the run came to rest after"
  }, { settledWithinMs: 10 })
})

test("I14: what goes back to nothing that a client asked for is found, in the log and in the ledger", () => {
  assertFound("I14", (copy) => {
    const sent = only(entries(copy, ({ out }) => out?.some(([, , { type }]) => type === "command") === true), "command")
    for (const [, , message] of sent.entry.out ?? []) Object.assign(message, { correlation: "from nowhere" })
    return "from nowhere"
  })
  assertFound("I14", (copy) => {
    const line = only(all(copy, "ledger", ({ saga }) => saga.startsWith("order/")), "label")
    change(line, { saga: "order/unknown" })
    return "order/unknown"
  })
})

test("I14: a saga in two traces, and spans without their parents, are found", () => {
  assertFound("I14", (copy) => {
    const span = all(copy, "span").at(-1)
    if (span !== undefined) change(span, { trace: "t2" })
    return "saga order/o1 is told in trace t1 and in trace t2"
  })
  assertFound("I14", (copy) => {
    copy.happenings.push({ type: "span", atMs: 1, trace: "t1", span: "s3", parent: "gone", name: "charge" })
    return "s3"
  })
})

function isEnd(state: Entry["state"]): boolean {
  return typeof state === "object" && state !== null && "ended" in state
}
