// Steps one after the other: forward, back from each place, undos that fail, the pivot, and outcomes that are not known.
import assert from "node:assert/strict"
import * as Schema from "effect/Schema"
import type { Outcome } from "../../../../runtime/index.ts"
import { saga } from "../../../../sagas/index.ts"
import { book, bookForGood, gate, logOf, script, timesAsked } from "./desks.ts"
import { codeOf, endOf, openRow, rowOf, type Scenario, type Stage, untilRow } from "./stage.ts"

export const At = Schema.toStandardSchemaV1(Schema.Struct({ at: Schema.String }))
const author = { by: "ann", why: "the customer called" }

export const route = saga("route", { input: At, version: 1 })
  .step("a", book("A"))
  .step("b", book("B"))
  .step("c", book("C"))
  .step("d", { ...bookForGood("D"), pivot: true })
  .step("e", bookForGood("E"))
  .returns(({ a, e }) => [a, e])

const Choice = Schema.toStandardSchemaV1(Schema.Struct({ at: Schema.String, large: Schema.Boolean }))
const choice = saga("choice", { input: Choice, version: 1 })
  .step("a", book("A"))
  .when("large", ({ input }) => input.large, (yes) => yes.step("b", book("B")))
  .step("c", book("C"))

const split = saga("split", { input: At, version: 1 })
  .step("a", book("A"))
  .parallel("both", {
    left: (branch) => branch.step("b", book("B", "-left")).step("c", book("C", "-left")),
    right: (branch) => branch.step("d", book("D", "-right")),
  })

const hasty = { timeout: 100, retry: { times: 1, from: 20, factor: 1 }, undoPolicy: { timeout: "5 seconds" } } as const
const unsure = saga("unsure", { input: At, version: 1 })
  .step("a", book("A"))
  .step("b", { ...book("B", "-slow"), ...hasty })
  .step("c", book("C"))

export const unwindingSagas = [route, choice, split, unsure]

const go = (stage: Stage, key: string): Promise<Outcome> => stage.ask(route.start(key, { at: key }), `start ${key}`)

/** Started, with the undo of B failing for good: parked. */
async function stuck(stage: Stage, key: string): Promise<Outcome> {
  script(key, "C", [{ refuse: "full" }])
  script(key, "-B", ["fault", "fault", "fault"])
  return go(stage, key)
}

export const unwinding: readonly Scenario[] = [
  {
    name: "1: everything goes well: completed with its result, and nothing is taken back",
    async play(stage, key) {
      const end = endOf(await go(stage, key))
      assert.partialDeepStrictEqual(end, { outcome: "completed", result: [`A at ${key}`, `E at ${key}`] })
      assert.equal(await logOf(stage, key), "+A +B +C +D +E")
    },
  },
  {
    name: "2: refused at D: C, B and A are taken back once each, in this order",
    async play(stage, key) {
      script(key, "D", [{ refuse: "full" }])
      assert.partialDeepStrictEqual(endOf(await go(stage, key)), { outcome: "compensated", reason: "full" })
      assert.equal(await logOf(stage, key), "+A +B +C -C -B -A")
    },
  },
  {
    name: "3: refused at the first step: nothing is taken back",
    async play(stage, key) {
      script(key, "A", [{ refuse: "full" }])
      assert.partialDeepStrictEqual(endOf(await go(stage, key)), { outcome: "compensated", reason: "full" })
      assert.equal(await logOf(stage, key), "")
    },
  },
  {
    name: "4: a conditional step that was skipped on the way there is skipped on the way back",
    async play(stage, key) {
      for (const large of [true, false]) {
        const at = `${key}-${large}`
        script(at, "C", [{ refuse: "full" }])
        assert.equal(endOf(await stage.ask(choice.start(at, { at, large }))).outcome, "compensated")
        assert.equal(await logOf(stage, at), large ? "+A +B -B -A" : "+A -A")
      }
    },
  },
  {
    name: "5: an undo that fails once is tried again, and takes effect once",
    async play(stage, key) {
      script(key, "D", [{ refuse: "full" }])
      script(key, "-C", ["fault"])
      assert.equal(endOf(await go(stage, key)).outcome, "compensated")
      assert.equal(timesAsked(key, "-C"), 2)
      assert.equal(await logOf(stage, key), "+A +B +C -C -B -A")
    },
  },
  {
    name: "6: an undo that fails for good parks the saga and names the step; an operator resumes it",
    async play(stage, key) {
      assert.equal(codeOf(await stuck(stage, key)), "UNDO_FAILED")
      assert.partialDeepStrictEqual((await openRow(stage, "route", key)).parked, { code: "UNDO_FAILED", step: "b", item: 0 })
      assert.equal(codeOf(await stage.ask(route.resume(key, author))), "done")
      assert.partialDeepStrictEqual(endOf(await go(stage, key)), { outcome: "compensated", reason: "full" })
      assert.equal(await logOf(stage, key), "+A +B -B -A")
    },
  },
  {
    name: "6: an operator may give up an undo that fails for good: those before it are still done",
    async play(stage, key) {
      await stuck(stage, key)
      assert.equal(codeOf(await stage.ask(route.abandonUndo(key, author))), "done")
      assert.partialDeepStrictEqual(endOf(await go(stage, key)), { outcome: "compensated", reason: "full" })
      assert.equal(await logOf(stage, key), "+A +B -A")
      assert.deepEqual(await stage.operator.list({ id: `route/${key}` }), [])
    },
  },
  {
    name: "8: what an undo failed with reaches the caller, the row, the operator and the history in the same words",
    async play(stage, key) {
      const outcome = await stuck(stage, key)
      assert.ok(outcome.type === "faulted")
      assert.match(outcome.message, /the desk cannot book -B: the printer burns/)
      assert.equal((await openRow(stage, "route", key)).parked?.message, outcome.message)
      const listed = await stage.operator.list({ service: "route", code: "UNDO_FAILED" })
      assert.deepEqual(listed.filter(({ id }) => id === `route/${key}`).map(({ message }) => message), [outcome.message])
      const { decisions } = await stage.operator.history({ service: "route", key })
      assert.ok(JSON.stringify(decisions).includes(JSON.stringify(outcome.message).slice(1, -1)))
      await stage.ask(route.abandonUndo(key, author))
    },
  },
  {
    name: "9: in the middle of an unwind an operator sees which undos are done, running and due",
    async play(stage, key) {
      const printer = gate()
      script(key, "D", [{ refuse: "full" }])
      script(key, "-B", [printer.opened])
      const ending = go(stage, key)
      await untilRow(stage, "route", key, ({ items }) => items["c"]?.[0] === "undone")
      const { items, open, failure, value } = await openRow(stage, "route", key)
      assert.deepEqual(items, { a: ["done"], b: ["done"], c: ["undone"], d: ["refused"] })
      assert.deepEqual(Object.values(open).map(({ step, direction }) => [step, direction]), [["b", "undo"]])
      assert.deepEqual([failure?.code, value], ["full", "unwinding"])
      printer.open()
      assert.equal(endOf(await ending).outcome, "compensated")
    },
  },
  {
    name: "10: a failure after the pivot is only recovered forward: parked, nothing taken back, resumed to the end",
    async play(stage, key) {
      script(key, "E", ["fault", "fault", "fault"])
      assert.equal(codeOf(await go(stage, key)), "STEP_AFTER_PIVOT_FAILED")
      assert.equal(codeOf(await stage.ask(route.cancel(key, author))), "past-pivot")
      assert.equal(await logOf(stage, key), "+A +B +C +D")
      await stage.ask(route.resume(key, author))
      assert.equal(endOf(await go(stage, key)).outcome, "completed")
      assert.equal(await logOf(stage, key), "+A +B +C +D +E")
    },
  },
  {
    name: "11: of two branches one fails while the other is in flight: then only what happened, or may have, is taken back",
    async play(stage, key) {
      const slow = gate()
      script(`${key}-left`, "B", [slow.opened])
      script(`${key}-right`, "D", [{ refuse: "full" }])
      const ending = stage.ask(split.start(key, { at: key }))
      await untilRow(stage, "split", key, ({ failure }) => failure !== undefined)
      assert.deepEqual([await logOf(stage, key), (await openRow(stage, "split", key)).value], ["+A", "unwinding"])
      slow.open()
      assert.partialDeepStrictEqual(endOf(await ending), { outcome: "compensated", reason: "full" })
      assert.deepEqual([await logOf(stage, `${key}-left`), await logOf(stage, `${key}-right`)], ["+B -B", ""])
      assert.equal(await logOf(stage, key), "+A -A")
    },
  },
  {
    name: "12, 17: an outcome that is not known is taken back too; the late reply changes nothing",
    async play(stage, key) {
      const slow = gate()
      script(`${key}-slow`, "B", [slow.opened])
      const ending = stage.ask(unsure.start(key, { at: key }))
      await untilRow(stage, "unsure", key, ({ items }) => items["b"]?.[0] === "unknown")
      slow.open()
      assert.partialDeepStrictEqual(endOf(await ending), { outcome: "compensated", reason: "STEP_TIMEOUT" })
      assert.deepEqual([await logOf(stage, `${key}-slow`), await logOf(stage, key)], ["+B -B", "+A -A"])
    },
  },
  {
    name: "17: a reply that comes when the saga has ended is dropped, and told",
    async play(stage, key) {
      const slow = gate()
      script(key, "B", [slow.opened])
      const ending = go(stage, key)
      await stage.until(() => timesAsked(key, "B") === 1)
      await stage.ask(route.kill(key, author))
      const end = endOf(await ending)
      assert.deepEqual([end.outcome, end.leaves], ["killed", [`desk.book/${key}`, `desk.book/${key}`]])
      slow.open()
      await stage.until(() => stage.dropped.includes(`SAGA_ENDED route/${key}`))
      assert.equal(await logOf(stage, key), "+A +B")
      assert.partialDeepStrictEqual(await rowOf(stage, "route", key), { ended: end, orders: [{ order: "kill" }] })
    },
  },
  {
    name: "13: twenty starts of one key at once, and one after a restart: one instance, one result",
    async play(stage, key) {
      const starts = await Promise.all(
        Array.from({ length: 20 }, (_, n) => stage.ask(route.start(key, { at: key }), `start ${key} ${n}`)),
      )
      const ends = new Set(starts.map((outcome) => JSON.stringify(endOf(outcome))))
      assert.equal(ends.size, 1)
      await stage.restart()
      assert.ok(ends.has(JSON.stringify(endOf(await stage.ask(route.start(key, { at: "elsewhere" }), `again ${key}`)))))
      assert.equal(await logOf(stage, key), "+A +B +C +D +E")
      assert.equal(await logOf(stage, "elsewhere"), "")
    },
  },
  {
    name: "34: paused while an endpoint is down, resumed when it is another; what was done before is kept",
    async play(stage, key) {
      script(key, "C", ["fault"])
      const ending = go(stage, key)
      await untilRow(stage, "route", key, ({ open }) => Object.values(open).some(({ fault }) => fault !== undefined))
      assert.equal(codeOf(await stage.ask(route.pause(key, author))), "done")
      const paused = await stage.operator.list({ id: `route/${key}`, code: "PAUSED" })
      const { items, parked } = await openRow(stage, "route", key)
      assert.deepEqual([items["a"], items["b"], parked?.code], [["done"], ["done"], "PAUSED"])
      assert.equal(paused.length, 1)
      await stage.restart()
      assert.equal(codeOf(await stage.ask(route.resume(key, author))), "done")
      assert.partialDeepStrictEqual(endOf(await ending), { outcome: "completed", result: [`A at ${key}`, `E at ${key}`] })
      assert.equal(await logOf(stage, key), "+A +B +C +D +E")
    },
  },
]
