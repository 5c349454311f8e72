// Sagas that start sagas: in another partition, failing, cancelled with their parents or left alone, and restarted.
import assert from "node:assert/strict"
import * as Schema from "effect/Schema"
import { saga } from "../../../../sagas/index.ts"
import { partitionOf } from "../../../../runtime/message/key.ts"
import { book, gate, logOf, Name, script, timesAsked } from "./desks.ts"
import { codeOf, endOf, rowOf, type Scenario, untilRow } from "./stage.ts"
import { At } from "./unwinding.ts"

export const partitions = 4
const author = { by: "ann", why: "the customer called" }
const Trip = Schema.toStandardSchemaV1(Schema.Struct({ at: Schema.String, child: Schema.String }))

const child = saga("child", { input: At, version: 1 })
  .step("x", book("X"))
  .awaitSignal("word", Name)
  .step("y", book("Y"))
  .returns(({ x, y }) => ({ x, y }))

const parent = saga("parent", { input: Trip, version: 1 })
  .step("a", book("A"))
  .child("inner", child, {
    key: ({ input }) => input.child,
    input: ({ input }) => ({ at: `${input.at}-child` }),
    onUndo: "revert",
  })
  .step("b", book("B"))
  .returns(({ inner }) => inner.y)

const lenient = saga("lenient", { input: Trip, version: 1 })
  .step("a", book("A"))
  .child("inner", child, {
    key: ({ input }) => input.child,
    input: ({ input }) => ({ at: `${input.at}-child` }),
    onUndo: "leave",
  })
  .step("b", book("B"))

export const childSagas = [child, parent, lenient]

/** A key for the child that is in another partition than its parent's. */
export function elsewhere(key: string): string {
  for (let n = 0; ; n += 1) {
    const other = `${key}-c${n}`
    if (partitionOf(other, partitions) !== partitionOf(key, partitions)) return other
  }
}

const tripOf = (key: string) => ({ at: key, child: elsewhere(key) })

export const children: readonly Scenario[] = [
  {
    name: "30: a child in another partition completes once, and its result is there for its parent",
    async play(stage, key) {
      const ending = stage.ask(parent.start(key, tripOf(key)))
      await untilRow(stage, "child", elsewhere(key), ({ items }) => items["word"] !== undefined)
      assert.equal(codeOf(await stage.ask(child.signal(elsewhere(key), "word", { name: "go" }))), "done")
      const end = endOf(await ending)
      assert.partialDeepStrictEqual(end, { outcome: "completed", result: `Y at ${key}-child` })
      assert.deepEqual([await logOf(stage, `${key}-child`), await logOf(stage, key)], ["+X +Y", "+A +B"])
      await stage.until(async () => !("revertible" in (await rowOf(stage, "child", elsewhere(key)))))
    },
  },
  {
    name: "30: what a child failed with reaches its parent as a refusal with the same code",
    async play(stage, key) {
      script(`${key}-child`, "X", [{ refuse: "no-visa" }])
      const end = endOf(await stage.ask(parent.start(key, tripOf(key))))
      assert.partialDeepStrictEqual(end, { outcome: "compensated", reason: "no-visa" })
      assert.partialDeepStrictEqual(await rowOf(stage, "child", elsewhere(key)), { ended: { reason: "no-visa" } })
      assert.equal(await logOf(stage, key), "+A -A")
    },
  },
  {
    name: "29, 30: a parent that is cancelled while its child waits turns the child back first, and then itself",
    async play(stage, key) {
      const ending = stage.ask(parent.start(key, tripOf(key)))
      await untilRow(stage, "child", elsewhere(key), ({ items }) => items["word"] !== undefined)
      assert.equal(codeOf(await stage.ask(parent.cancel(key, author))), "done")
      assert.partialDeepStrictEqual(endOf(await ending), { outcome: "compensated", reason: "cancelled" })
      assert.partialDeepStrictEqual(await rowOf(stage, "child", elsewhere(key)), { ended: { outcome: "compensated" } })
      assert.deepEqual([await logOf(stage, `${key}-child`), await logOf(stage, key)], ["+X -X", "+A -A"])
    },
  },
  {
    name: "30: a child that has completed is undone when its parent fails later",
    async play(stage, key) {
      script(key, "B", [{ refuse: "full" }])
      const ending = stage.ask(parent.start(key, tripOf(key)))
      await untilRow(stage, "child", elsewhere(key), () => true)
      await stage.ask(child.signal(elsewhere(key), "word", { name: "go" }))
      assert.partialDeepStrictEqual(endOf(await ending), { outcome: "compensated", reason: "full" })
      assert.deepEqual([await logOf(stage, `${key}-child`), await logOf(stage, key)], ["+X +Y -Y -X", "+A -A"])
    },
  },
  {
    name: "30: a child that is to be left alone goes on when its parent is cancelled, and is waited for",
    async play(stage, key) {
      const ending = stage.ask(lenient.start(key, tripOf(key)))
      await untilRow(stage, "child", elsewhere(key), ({ items }) => items["word"] !== undefined)
      assert.equal(codeOf(await stage.ask(lenient.cancel(key, author))), "done")
      assert.equal(codeOf(await stage.ask(child.signal(elsewhere(key), "word", { name: "go" }))), "done")
      assert.partialDeepStrictEqual(endOf(await ending), { outcome: "compensated", reason: "cancelled" })
      assert.deepEqual([await logOf(stage, `${key}-child`), await logOf(stage, key)], ["+X +Y", "+A -A"])
    },
  },
  {
    name: "30: a child that is killed turns its parent back",
    async play(stage, key) {
      const ending = stage.ask(parent.start(key, tripOf(key)))
      await untilRow(stage, "child", elsewhere(key), ({ items }) => items["word"] !== undefined)
      await stage.ask(child.kill(elsewhere(key), author))
      assert.partialDeepStrictEqual(endOf(await ending), { outcome: "compensated", reason: "killed" })
      assert.deepEqual([await logOf(stage, `${key}-child`), await logOf(stage, key)], ["+X", "+A -A"])
    },
  },
  {
    name: "a child that is parked and resumed still tells its parent; its parent waits meanwhile",
    async play(stage, key) {
      script(`${key}-child`, "Y", [{ refuse: "full" }])
      script(`${key}-child`, "-X", ["fault", "fault", "fault"])
      const ending = stage.ask(parent.start(key, tripOf(key)))
      await untilRow(stage, "child", elsewhere(key), () => true)
      await stage.ask(child.signal(elsewhere(key), "word", { name: "go" }))
      await untilRow(stage, "child", elsewhere(key), ({ parked }) => parked?.code === "UNDO_FAILED")
      await stage.ask(child.resume(elsewhere(key), author))
      assert.partialDeepStrictEqual(endOf(await ending), { outcome: "compensated", reason: "full" })
    },
  },
  {
    name: "a child whose start is sent again, because its process ended, is one child, and its parent hears of it",
    async play(stage, key) {
      const slow = gate()
      script(`${key}-child`, "X", [slow.opened, slow.opened])
      const ending = stage.ask(parent.start(key, tripOf(key)))
      await stage.until(() => timesAsked(`${key}-child`, "X") === 1)
      await stage.restart()
      await stage.ask(parent.pause(key, author))
      await stage.ask(parent.resume(key, author))
      slow.open()
      await untilRow(stage, "child", elsewhere(key), ({ items }) => items["word"] !== undefined)
      await stage.ask(child.signal(elsewhere(key), "word", { name: "go" }))
      assert.equal(endOf(await ending).outcome, "completed")
      assert.equal(await logOf(stage, `${key}-child`), "+X +Y")
    },
  },
]
