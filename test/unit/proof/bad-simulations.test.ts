// The checker is checked, part three: what can only be judged where a history tells when each block was stored, as that of a
// simulation does.
import assert from "node:assert/strict"
import { before, test } from "node:test"
import type { Entry } from "../../../runtime/message/block.ts"
import { addressText, type Message } from "../../../runtime/message/message.ts"
import type { Happening, History } from "../../../runtime/simulation/history.ts"
import { checkHistory } from "../../../runtime/simulation/invariants/check-history.ts"
import { commandEffect, isExternal } from "../../../runtime/simulation/invariants/log.ts"
import { verdictText } from "../../../runtime/simulation/invariants/report.ts"
import { judgedRun } from "../../../runtime/simulation/judged-run.ts"
import { bankAndShop, mixOf } from "../../proof/workload/bank-and-shop.ts"
import { all, change, damaged, type Damaged, entries, listOf, only } from "./good-history.ts"

const workload = bankAndShop({ seed: "simulated", mix: mixOf(40), partitions: 2 })
let good: History
before(async () => {
  const run = await judgedRun({ seed: 1 }, { workload: () => workload })
  assert.deepEqual(run.violations, [])
  good = run.history
})

/** What the damage is about is what the message must name. */
function assertFound(invariant: string, damage: (copy: Damaged) => string): void {
  let id = ""
  const bad = damaged(good, (copy) => void (id = damage(copy)))
  const { violations } = checkHistory(bad, workload.expectations)
  const found = violations.filter((violation) => violation.invariant === invariant)
  assert.ok(found.length > 0, `${invariant} did not find it; found: ${verdictText({ violations, counts: {} })}`)
  assert.ok(found.some(({ message }) => message.includes(id)), `no message of ${invariant} names ${id}: ${found[0]?.message}`)
}

test("R6, I6: a record of a mailbox that was decided before an older one is found", () => {
  assertFound("I6", (copy) => {
    const { entry, block, index } = only(entries(copy, ({ took, by }) => took !== undefined && by?.type === "command"), "mailbox")
    const { to = { service: "", key: "" }, took = 0 } = entry
    const held = { message: { type: "settled", to, scope: "x" }, attempts: 0, dueMs: 0 } as const
    listOf(block.block.decisions).splice(index, 0, { from: [], to, hold: [took - 1, held] })
    return `decided record ${took} of its mailbox while record ${took - 1} was in it`
  })
})

test("R12, I6: a handler that began before what the one before it had come to was stored is found", () => {
  assertFound("I6", (copy) => {
    const ended = all(copy, "handling", ({ phase, name }) => phase === "ended" && name === "book")
    const storedAt = ({ record }: { readonly record: string }) =>
      entries(copy, (entry) => entry.took === undefined && entry.hold === undefined && commandEffect(entry) === record)[0]
    const first = only(ended.filter((one) => storedAt(one)?.entry.to !== undefined), "handling that was stored")
    const next = { ...first, phase: "began" as const, record: "too early" }
    copy.happenings.splice(copy.happenings.indexOf(first) + 1, 0, next)
    return "began to handle too early before block"
  })
})

test("R13, I10: a command that faulted and is not parked is found", () => {
  assertFound("I10", (copy) => {
    const isFaulted = (message: Message) => message.type === "reply" && message.outcome.type === "faulted"
    const tells = ({ out = [], parked }: Entry) => parked !== undefined && out.some(([, , message]) => isFaulted(message))
    const { entry } = only(entries(copy, tells), "record that faulted")
    Reflect.deleteProperty(entry, "parked")
    return "sets nothing aside"
  })
})

test("R2, I7: a record that was decided before the block that sends it was stored is found", () => {
  assertFound("I7", (copy) => {
    const isOfLane = (channel: string | undefined) => channel?.startsWith("lane:") === true
    const { block } = only(entries(copy, ({ from }) => isOfLane(from[0]?.[0])), "record of a lane")
    copy.happenings = [block, ...copy.happenings.filter((item) => item !== block)]
    return `was decided in block ${block.block.number}`
  })
})

test("I6: a request that overtakes an accepted one is found, unless a power cut may have taken what was accepted", () => {
  const isAnswered = all(good, "client", ({ phase }) => phase === "answered")
  const [first, second] = isAnswered.flatMap((one) => {
    const other = isAnswered.find(({ to, effect }) => to === one.to && effect !== one.effect)
    return other === undefined ? [] : [[one, other] as const]
  })[0] ?? []
  assert.ok(first !== undefined && second !== undefined, "no actor was asked twice")
  const isOfFirst = (item: Happening) => item.type === "client" && item.effect === first.effect
  const late = good.happenings.filter(isOfFirst)
  const before = good.happenings.filter((item) => !isOfFirst(item))
  const cut = { type: "fault", atMs: 9, phase: "began", kind: "power cut", target: "server" } as const
  const found = (happenings: readonly Happening[], ackedMayBeLost: boolean) =>
    checkHistory({ run: good.run, happenings }, { ...workload.expectations, ackedMayBeLost })
      .violations.filter(({ invariant, message }) => invariant === "I6" && message.includes("which had been accepted")).length
  assert.ok(found([...before, ...late], true) > 0)
  assert.ok(found([...before, cut, ...late], false) > 0)
  assert.equal(found([...before, cut, ...late], true), 0)
})

test("R10, I9: a handler of a process that lost the partition long ago is found", () => {
  assertFound("I9", (copy) => {
    const handling = only(all(copy, "handling").toReversed(), "handling")
    copy.happenings.push({ ...handling, phase: "began", process: "zombie", atMs: handling.atMs + 60_000 })
    return "zombie began to handle"
  })
})

test("R24, I9: a claim of a process whose share it was not is found", () => {
  assertFound("I9", (copy) => {
    const claim = only(all(copy, "block", ({ block }) => block.kind === "genesis"), "claim")
    for (const view of all(copy, "members")) change(view, { members: [{ name: "somebody else", refuses: [] }] })
    return `claimed partition ${claim.partition}`
  })
})

test("R20, I11: a timer that fired before what had arrived when its partition was claimed is found", () => {
  assertFound("I11", (copy) => {
    const { entry, block, index } = only(entries(copy, (each) => each.to?.service === "notes" && isExternal(each)), "note")
    const { to = { service: "", key: "" } } = entry
    listOf(block.block.decisions).splice(index, 0, { from: [], to, by: { type: "timer", name: "hasty" } })
    copy.happenings.unshift({ type: "input", atMs: 0, app: block.app, partition: block.partition, position: 1_000_000 })
    return `a timer of ${addressText(to)} fired`
  })
})

test("R17, I10: garbage that came and was not parked is found", () => {
  assertFound("I10", (copy) => {
    const fault = { type: "fault", atMs: 9, phase: "once", kind: "garbage" } as const
    copy.happenings.push({ ...fault, target: "bank-and-shop/0", detail: "external 77" })
    return "external 77 of bank-and-shop/0"
  })
})

test("I12, I13: in a simulation too, sizes and what is left over are looked at", () => {
  const { counts } = checkHistory(good, workload.expectations)
  for (const name of ["gauges", "backlogs", "receipts", "claims of shares", "handlings of owners", "records sent before"])
    assert.ok((counts[name] ?? 0) > 0, `nothing of ${name} was looked at`)
})
