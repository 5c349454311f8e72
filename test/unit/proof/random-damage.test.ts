// Whatever meaningful item of a good history is left out, repeated or exchanged with another: the checker finds something.
import assert from "node:assert/strict"
import { before, test } from "node:test"
import fc from "fast-check"
import type { Entry } from "../../../runtime/message/block.ts"
import { addressText } from "../../../runtime/message/message.ts"
import type { Happening, History } from "../../../runtime/simulation/history.ts"
import { change, type Damaged, entries, goodHistory, judge, listOf } from "./good-history.ts"

let good: History
before(async () => {
  good = await goodHistory()
})

/** Happenings and blocks are shared with the good history until they are written to. */
function shallow({ run, happenings }: History): Damaged {
  const copied = happenings.map((item) =>
    item.type === "block" ? { ...item, block: { ...item.block, decisions: [...item.block.decisions] } } : item,
  )
  return { run, happenings: copied }
}

function assertFound(damage: (copy: Damaged) => string): void {
  const copy = shallow(good)
  const what = damage(copy)
  assert.ok(judge(copy).violations.length > 0, `nothing was found when ${what}`)
}

/** It changes a row, remembers an effect, sends something or is a record of a lane. */
function isMeaningful({ state, effects, out, from }: Entry): boolean {
  if (state !== undefined || effects !== undefined || out !== undefined) return true
  return from.some(([channel]) => channel.startsWith("lane:"))
}

/** What is there once and has to be. */
function isNeeded(happening: Happening): boolean {
  if (happening.type === "client") return happening.phase === "invoke" && happening.kind !== "query"
  return happening.type === "block" || happening.type === "row" || (happening.type === "ledger" && happening.result === "applied")
}

function at<Item>(items: readonly Item[], place: number): Item {
  const item = items[place % items.length]
  assert.ok(item !== undefined, "there is something to damage")
  return item
}

const place = fc.nat({ max: 1_000_000 })

test("a decision that is left out of a journal is found, whichever it is", () => {
  fc.assert(
    fc.property(place, (n) =>
      assertFound((copy) => {
        const { block, index, entry } = at(entries(copy, isMeaningful), n)
        listOf(block.block.decisions).splice(index, 1)
        return `entry ${index} of block ${block.sequence} was left out: ${JSON.stringify(entry)}`
      }),
    ),
    { numRuns: 40 },
  )
})

test("a decision that is in a journal twice is found, whichever it is", () => {
  fc.assert(
    fc.property(place, (n) =>
      assertFound((copy) => {
        const { block, index, entry } = at(entries(copy, isMeaningful), n)
        listOf(block.block.decisions).splice(index, 0, entry)
        return `entry ${index} of block ${block.sequence} was repeated: ${JSON.stringify(entry)}`
      }),
    ),
    { numRuns: 40 },
  )
})

test("two decisions on one actor that have changed places are found, if both are of one source", () => {
  const sourceOf = ({ to, from }: Entry) => (to === undefined ? "" : `${addressText(to)} ${from[0]?.[0]}`)
  fc.assert(
    fc.property(place, (n) =>
      assertFound((copy) => {
        const all = entries(copy, (entry) => isMeaningful(entry) && entry.to !== undefined && entry.from.length > 0)
        const pairs = all.filter(({ entry }, k) => all.slice(k + 1).some((other) => sourceOf(other.entry) === sourceOf(entry)))
        const first = at(pairs, n)
        const second = all.slice(all.indexOf(first) + 1).find(({ entry }) => sourceOf(entry) === sourceOf(first.entry))
        assert.ok(second !== undefined)
        listOf(first.block.block.decisions)[first.index] = second.entry
        listOf(second.block.block.decisions)[second.index] = first.entry
        return `${JSON.stringify(first.entry)} and ${JSON.stringify(second.entry)} changed places`
      }),
    ),
    { numRuns: 25 },
  )
})

test("a request, a block, a row or a line of a ledger that is left out is found, whichever it is", () => {
  fc.assert(
    fc.property(place, (n) =>
      assertFound((copy) => {
        const left = at(copy.happenings.filter(isNeeded), n)
        copy.happenings = copy.happenings.filter(
          (item) => item !== left && !(left.type === "client" && item.type === "client" && item.effect === left.effect),
        )
        return `${JSON.stringify(left).slice(0, 500)} was left out`
      }),
    ),
    { numRuns: 50 },
  )
})

test("an answer that is another than was given is found, whichever it is", () => {
  fc.assert(
    fc.property(place, (n) =>
      assertFound((copy) => {
        const isAnswer = (item: Happening) => item.type === "client" && item.phase === "answered" && item.kind !== "query"
        const answer = at(copy.happenings.filter(isAnswer), n)
        const other = { ...answer }
        change(other, { outcome: { type: "done", value: "something else" } })
        copy.happenings[copy.happenings.indexOf(answer)] = other
        return `${JSON.stringify(answer)} was another answer`
      }),
    ),
    { numRuns: 25 },
  )
})
