// Several things at one moment: a signal and the end, a signal, a timeout and a cancel; and cancels at every kind of place.
import assert from "node:assert/strict"
import type { Outcome } from "../../../../runtime/index.ts"
import { saga } from "../../../../sagas/index.ts"
import { book, bookForGood, gate, logOf, Name, script, timesAsked } from "./desks.ts"
import { codeOf, endOf, openRow, rowOf, type Scenario, type Stage, untilRow } from "./stage.ts"
import { At } from "./unwinding.ts"

const author = { by: "ann", why: "the customer called" }

const brief = saga("brief", { input: At, version: 1 })
  .step("a", book("A"))
  .awaitSignal("more", Name, { timeout: 30, onTimeout: "go on" })
  .returns(({ more }) => more)

const asking = saga("asking", { input: At, version: 1 })
  .step("a", book("A"))
  .awaitSignal("word", Name, { timeout: 60 })
  .step("b", { ...bookForGood("B"), pivot: true })
  .returns(({ word }) => word)

const stops = saga("stops", { input: At, version: 1 })
  .step("a", book("A"))
  .sleep("rest", "20 minutes")
  .step("b", { ...bookForGood("B"), pivot: true })

const plain = saga("plain", { input: At, version: 1 })
  .step("a", book("A"))
  .step("b", { ...book("B"), timeout: "10 seconds" })
  .awaitSignal("word", Name)
  .step("c", bookForGoodThen("C"))

function bookForGoodThen(name: string) {
  return { ...bookForGood(name), undo: "nothing" as const }
}

export const momentSagas = [brief, asking, stops, plain]

/** The signal, at a moment when the wait may be over and the saga may have ended. */
async function signalAtEnd(stage: Stage, key: string, n: number): Promise<"taken" | "refused"> {
  const at = `${key}-${n}`
  const ending = stage.ask(brief.start(at, { at }))
  await stage.until(() => timesAsked(at, "A") === 1)
  const since = await stage.now()
  await stage.until(async () => (await stage.now()) - since >= 5 * (n % 40))
  const answer = await stage.ask(brief.signal(at, "more", { name: "one more" }))
  const { outcome, result } = endOf(await ending)
  assert.equal(outcome, "completed")
  if (answer.type === "done") assert.deepEqual(result, { name: "one more" }, `${at}: taken, so it was there`)
  else {
    assert.ok(["ended", "completed"].includes(codeOf(answer)), codeOf(answer))
    assert.equal(result, null, `${at}: refused, so it was not there`)
  }
  return answer.type === "done" ? "taken" : "refused"
}

async function allAtOnce(stage: Stage, key: string, n: number): Promise<string> {
  const at = `${key}-${n}`
  const ending = stage.ask(asking.start(at, { at }))
  await stage.until(() => timesAsked(at, "A") === 1)
  const since = await stage.now()
  await stage.until(async () => (await stage.now()) - since >= (n * 7) % 70)
  const word = () => stage.ask(asking.signal(at, "word", { name: "go" }))
  const cancel = () => stage.ask(asking.cancel(at, author))
  const asked = n % 2 === 0 ? [word(), cancel()] : [cancel(), word()]
  const [first, second] = await Promise.all(asked)
  const [signalled, cancelled] = n % 2 === 0 ? [first, second] : [second, first]
  const { outcome, reason, result } = endOf(await ending)
  const codes = `${codeOf(signalled as Outcome)} ${codeOf(cancelled as Outcome)}` // cast: both were asked
  const log = await logOf(stage, at)
  if (outcome === "completed") {
    assert.deepEqual([codes.split(" ")[0], result, log], ["done", { name: "go" }, "+A +B"])
    assert.ok(["ended", "past-pivot"].includes(codes.split(" ")[1] ?? ""), codes)
  } else {
    assert.ok(reason === "cancelled" || reason === "WAIT_TIMEOUT", reason)
    assert.equal(reason === "cancelled", codes.split(" ")[1] === "done", `${reason}: ${codes}`)
    assert.equal(log, "+A -A")
  }
  return reason ?? outcome
}

export const moments: readonly Scenario[] = [
  {
    name: "27: a signal at the moment of completion is taken or refused loudly, in each of 200 races",
    async play(stage, key) {
      const seen = await Promise.all(Array.from({ length: 200 }, (_, n) => signalAtEnd(stage, key, n)))
      assert.ok(seen.includes("taken") && seen.includes("refused"), "both happen")
    },
  },
  {
    name: "28: a signal, a timeout and a cancel at once: one of them decides, and the books balance",
    async play(stage, key) {
      const seen = new Set(await Promise.all(Array.from({ length: 40 }, (_, n) => allAtOnce(stage, key, n))))
      assert.ok(seen.has("completed") && seen.has("cancelled"), [...seen].join())
    },
  },
  {
    name: "29: cancelled during a step: it is waited for, and taken back; asked again, the cancel is answered the same",
    async play(stage, key) {
      const slow = gate()
      script(key, "B", [slow.opened])
      const ending = stage.ask(plain.start(key, { at: key }))
      await stage.until(() => timesAsked(key, "B") === 1)
      assert.equal(codeOf(await stage.ask(plain.cancel(key, author), `cancel ${key}`)), "done")
      assert.equal(codeOf(await stage.ask(plain.cancel(key, author), `cancel ${key}`)), "done", "the same order")
      assert.equal(codeOf(await stage.ask(plain.cancel(key, author), `another ${key}`)), "compensating")
      assert.equal(await openRow(stage, "plain", key).then(({ orders }) => orders?.length), 1)
      slow.open()
      assert.partialDeepStrictEqual(endOf(await ending), { outcome: "compensated", reason: "cancelled" })
      assert.equal(await logOf(stage, key), "+A +B -B -A")
    },
  },
  {
    name: "29: cancelled during a timer: the timer is gone, and what was done is taken back",
    async play(stage, key) {
      const ending = stage.ask(stops.start(key, { at: key }))
      await untilRow(stage, "stops", key, ({ items }) => items["rest"] !== undefined)
      assert.equal(codeOf(await stage.ask(stops.cancel(key, author))), "done")
      assert.equal(endOf(await ending).outcome, "compensated")
      assert.equal(await logOf(stage, key), "+A -A")
    },
  },
  {
    name: "29: cancelled during an unwind: refused, and it goes on",
    async play(stage, key) {
      const slow = gate()
      script(key, "B", [{ refuse: "full" }])
      script(key, "-A", [slow.opened])
      const ending = stage.ask(plain.start(key, { at: key }))
      await stage.until(() => timesAsked(key, "-A") === 1)
      assert.equal(codeOf(await stage.ask(plain.cancel(key, author))), "compensating")
      slow.open()
      assert.partialDeepStrictEqual(endOf(await ending), { outcome: "compensated", reason: "full" })
      assert.equal(await logOf(stage, key), "+A -A")
    },
  },
  {
    name: "29: killed: nothing is taken back, and its end says what it leaves",
    async play(stage, key) {
      const ending = stage.ask(plain.start(key, { at: key }))
      await untilRow(stage, "plain", key, ({ items }) => items["word"] !== undefined)
      assert.equal(codeOf(await stage.ask(plain.kill(key, author))), "done")
      const end = endOf(await ending)
      assert.deepEqual([end.outcome, end.leaves], ["killed", [`desk.book/${key}`, `desk.book/${key}`]])
      assert.equal(await logOf(stage, key), "+A +B")
      assert.partialDeepStrictEqual(await rowOf(stage, "plain", key), { ended: end, orders: [{ order: "kill" }] })
      assert.equal(codeOf(await stage.ask(plain.signal(key, "word", { name: "x" }))), "ended")
    },
  },
]
