// The promises of runtime/ports/permits.ts, one test each, for every adapter. `other` is another process's view of the same.
import assert from "node:assert/strict"
import { describe } from "node:test"
import { setTimeout as pause } from "node:timers/promises"
import * as Effect from "effect/Effect"
import type { PermitLimit, Permits } from "../../runtime/ports/permits.ts"
import { promiseOn } from "./promise.ts"

export interface PermitsUnderTest {
  readonly permits: Permits
  readonly other: Permits
  end(): Promise<void>
}

/** One permit, and between which moments it was counted. */
interface Granted {
  readonly fromMs: number
  readonly untilMs: number
}

const limit: PermitLimit = { service: "mail", calls: 5, perMs: 400 }

export function permitsContract(name: string, make: () => Promise<PermitsUnderTest>): void {
  const promise = promiseOn(make)

  describe(`the permits in ${name}`, () => {
    promise("in any time of the limit's length at most so many are granted, whoever asks", async ({ permits, other }) => {
      const granted: Granted[] = []
      const untilMs = performance.now() + 2_500
      const asking = async (from: Permits, wanted: number) => {
        while (performance.now() < untilMs) {
          const fromMs = performance.now()
          const count = await take(from, limit, wanted)
          granted.push(...Array.from({ length: count }, () => ({ fromMs, untilMs: performance.now() })))
          await pause(15)
        }
      }
      await Promise.all([asking(permits, 3), asking(other, 1), asking(other, 5)])
      for (const { fromMs: first } of granted) {
        const inside = granted.filter((one) => one.fromMs >= first && one.untilMs < first + limit.perMs).length
        assert.ok(inside <= limit.calls, `${inside} within ${limit.perMs} ms`)
      }
      assert.ok(granted.length >= 15, `${granted.length} in 2.5 s: what is allowed is granted`)
    })

    promise("what is older than the limit's time counts no more, at the latest a second later", async ({ permits, other }) => {
      assert.equal(await take(permits, limit, 5), 5)
      assert.deepEqual([await take(permits, limit, 1), await take(other, limit, 2)], [0, 0])
      const fullMs = performance.now()
      while ((await take(other, limit, 1)) === 0) await pause(20)
      assert.ok(performance.now() - fullMs < limit.perMs + 1_000)
    })

    promise("services know nothing of each other's limits", async ({ permits }) => {
      assert.equal(await take(permits, limit, 9), 5)
      assert.equal(await take(permits, { ...limit, service: "fax" }, 9), 5)
    })

    promise("where a limit is changed, what was granted before counts", async ({ permits, other }) => {
      const slow = { ...limit, perMs: 60_000 }
      assert.equal(await take(permits, slow, 5), 5)
      const faster = { ...slow, calls: 7 }
      assert.equal(await take(other, faster, 9), 2)
      assert.equal(await take(permits, faster, 9), 0)
    })

    promise("a limit of very many calls holds as well, though they are not granted one by one", async ({ permits, other }) => {
      const many = { service: "bulk", calls: 10_000, perMs: 60_000 }
      assert.equal(await take(permits, many, 0), 0)
      const first = await take(permits, many, 900)
      assert.ok(first >= 900 && first < 1_000, `${first}`)
      let total = first
      for (let more = 1; more > 0; total += more) more = await take(other, many, 4_000)
      assert.ok(total > 9_900 && total <= 10_000, `${total}`)
    })
  })
}

export function take(permits: Permits, of: PermitLimit, wanted: number): Promise<number> {
  return Effect.runPromise(permits.take(of, wanted))
}
