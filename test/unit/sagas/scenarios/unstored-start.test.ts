// 19: nothing leaves before the start is stored, so no reply can come before it; and what stands still is seen from outside.
import assert from "node:assert/strict"
import { test } from "node:test"
import { app } from "../../../../runtime/index.ts"
import { askInMemory, newWorld, startInMemory } from "../../../../runtime/testing/index.ts"
import { saga } from "../../../../sagas/index.ts"
import { book, type Desk, desk, gate, script, timesAsked } from "./desks.ts"
import { endOf } from "./stage.ts"
import { At } from "./unwinding.ts"

const short = saga("short", { input: At, version: 1 }).step("a", book("A")).step("b", book("B"))
const office = app("office", { namespace: "office", partitions: 1, services: [desk, short] })

for (const fault of ["lost", "stored"] as const) {
  test(`19: while the block of its start is not acknowledged (${fault}), no participant hears of a saga`, async (t) => {
    const key = `unstored-${fault}`
    let left = 0
    const heardEarly: number[] = []
    const world = newWorld({
      append: () => {
        if (left === 0) return "none"
        left -= 1
        heardEarly.push(timesAsked(key, "A"))
        return fault
      },
    })
    const process = await startInMemory(office, world)
    t.after(() => process.kill())
    left = 3
    const end = endOf(await askInMemory(office, world, short.start(key, { at: key })))
    assert.equal(end.outcome, "completed")
    if (fault === "lost") assert.deepEqual(heardEarly, [0, 0, 0], "three times it was not stored")
    else assert.equal(heardEarly[0], 0)
    const books = process.engine.row({ service: "desk", key })?.state as Desk | undefined // cast: the state of a desk
    assert.deepEqual(books?.log, ["+A", "+B"])
  })
}

test("a saga that stands still is counted among what is parked, until it goes on", async (t) => {
  const world = newWorld()
  const process = await startInMemory(office, world)
  t.after(() => process.kill())
  const ask = (command: Parameters<typeof askInMemory>[2]) => askInMemory(office, world, command)
  const author = { by: "ann", why: "to look at it" }
  const parked = () => process.engine.metrics().gauges.reduce((sum, gauge) => sum + gauge.parked, 0)
  const slow = gate()
  script("still", "A", [slow.opened])
  const ending = ask(short.start("still", { at: "still" }))
  await process.until(() => process.engine.row({ service: "short", key: "still" })?.state !== undefined)
  await ask(short.pause("still", author))
  assert.deepEqual([parked(), process.engine.parked().map(({ id, code }) => `${id} ${code}`)], [1, ["short/still PAUSED"]])
  await ask(short.resume("still", author))
  slow.open()
  assert.equal(endOf(await ending).outcome, "completed")
  assert.equal(parked(), 0)
  assert.deepEqual(process.engine.metrics().sagas, [{ saga: "short", outcome: "completed", ended: 1 }])
})
