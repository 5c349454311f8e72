// Scenario 22: a process that ends between two things that belong together. What is kept of the first brings the second about.
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Schema from "effect/Schema"
import { app, done, effectful, service } from "../../../runtime/index.ts"
import { type CrashPoint, sweep, type SweepPlan, type SweepReport } from "../../../runtime/testing/index.ts"
import { account, bank, transfer } from "../../support/bank.ts"

/** Two transfers between accounts of different partitions, one of which is refused, and what is said about deposits. */
const transfers: SweepPlan = {
  async scenario({ ask }) {
    await ask(account.deposit("ann", { amount: 100 }))
    await ask(transfer.start("t1", { from: "ann", to: "bob", amount: 60 }))
    await ask(transfer.start("t2", { from: "ann", to: "cid", amount: 70 }))
  },
}

const sweepBank = (...points: CrashPoint[]) => sweep(bank, { ...transfers, points })

function assertSwept(report: SweepReport, points: readonly CrashPoint[]): void {
  report.assertClean()
  for (const point of points) assert.ok(report.cells.filter((cell) => cell.point === point).length >= 2, `${point} is passed`)
}

test("scenario 22: a crash between commit and dispatch: what is stored is sent by the next owner, once in effect", async () => {
  const points = ["block stored", "record leaves", "event leaves"] as const
  assertSwept(await sweepBank(...points), points)
})

test("scenario 22: a crash between dispatch and settle: what is sent again is not done again", async () => {
  const points = ["record left", "event stored", "mark leaves", "answer leaves"] as const
  assertSwept(await sweepBank(...points), points)
})

test("scenario 22: a crash between effect and commit: the handler is called again with the same key", async () => {
  const calls: string[] = []
  const Amount = Schema.toStandardSchemaV1(Schema.Struct({ cents: Schema.Int }))
  const till = service("till", { state: () => ({ taken: 0 }) }).command(
    "take",
    Amount,
    effectful(async ({ taken }, { cents }, { idempotencyKey, run }) => {
      calls.push(idempotencyKey)
      await run("print", () => null)
      return done({ taken: taken + cents }, taken + cents)
    }),
  )
  const timesCalled: number[] = []
  const points = ["step done", "handler done", "block made"] as const
  const report = await sweep(app("tills", { namespace: "test", partitions: 2, services: [till] }), {
    points,
    reset: () => void timesCalled.push(calls.splice(0).length),
    async scenario({ ask }) {
      await ask(till.take("t", { cents: 5 }), "first")
      await ask(till.take("t", { cents: 7 }), "second")
    },
    observe: () => [...new Set(calls)],
  })
  assertSwept(report, points)
  assert.ok(timesCalled.includes(2) && timesCalled.includes(3), "called again under the same key where it has to be")
})
