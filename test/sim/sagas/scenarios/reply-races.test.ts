// 18: a reply and a timeout at the same instant, ten thousand times: one of them wins, and the ledgers agree with it.
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { app, done, effectful, service } from "../../../../runtime/index.ts"
import { askInMemory, newWorld, startInMemory, virtualClock } from "../../../../runtime/testing/index.ts"
import { saga } from "../../../../sagas/index.ts"
import { seeded } from "../../../support/seeded.ts"
import { endOf } from "../../../unit/sagas/scenarios/stage.ts"

const timeoutMs = 50
const Delay = Schema.toStandardSchemaV1(Schema.Struct({ ms: Schema.Int }))
interface Ledger {
  readonly taken: number
  readonly givenBack: number
}

const ledger = service("ledger", { state: (): Ledger => ({ taken: 0, givenBack: 0 }), concurrency: 10_000 })
  .command(
    "take",
    Delay,
    effectful((state, { ms }) =>
      Effect.as(Effect.sleep(ms), done({ ...state, taken: state.taken + 1 }, state.taken + 1)),
    ),
  )
  .undo("giveBack", "take", (state) => done({ ...state, givenBack: state.givenBack + 1 }, null))

const race = saga("race", { input: Delay, version: 1 }).step("take", {
  run: ({ input, sagaId }) => ledger.take(sagaId, { ms: input.ms }),
  undo: ({ sagaId }) => ledger.giveBack(sagaId),
  timeout: timeoutMs,
  retry: { times: 0 },
})
const races = app("races", { namespace: "races", partitions: 4, services: [ledger, race] })

test("18: of 10,000 replies within 2 ms of their timeout each wins or loses, nothing is both or neither", async (t) => {
  const world = newWorld()
  const { clock, pass } = await virtualClock()
  const process = await startInMemory(races, world, { clock })
  t.after(() => process.kill())
  const random = seeded(20_260_101)
  const counts = { completed: 0, compensated: 0, killed: 0 }
  let left = 0
  for (let batch = 0; batch < 10; batch += 1) {
    const keys = Array.from({ length: 1_000 }, (_, n) => `${batch}-${n}`)
    const asked = keys.map((key) =>
      askInMemory(races, world, race.start(key, { ms: timeoutMs - 2 + Math.floor(random() * 5) })),
    )
    const all = Promise.all(asked)
    const state = { isSettled: false }
    void all.then(() => (state.isSettled = true))
    while (!state.isSettled) await pass(1, 1)
    await process.until(() => process.engine.isIdle())
    for (const [index, outcome] of (await all).entries()) {
      const key = keys[index] ?? ""
      const end = endOf(outcome)
      counts[end.outcome] += 1
      const books = process.engine.row({ service: "ledger", key })?.state
      const { taken, givenBack } = books as unknown as Ledger // cast: its state
      assert.deepEqual([taken, givenBack], end.outcome === "completed" ? [1, 0] : [1, 1], key)
      assert.equal(end.reason, end.outcome === "completed" ? undefined : "STEP_TIMEOUT")
      assert.equal(process.engine.row({ service: "race", key })?.timers.size, 0, "no timer is left")
      left += taken - givenBack
    }
  }
  assert.equal(counts.completed + counts.compensated, 10_000)
  assert.equal(left, counts.completed)
  assert.ok(counts.completed > 100 && counts.compensated > 100, JSON.stringify(counts))
  t.diagnostic(JSON.stringify(counts))
})
