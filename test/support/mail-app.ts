// A service that calls the outside, beside a pure one, in memory and on a virtual clock: every call is noted with its time.
import assert from "node:assert/strict"
import * as Schema from "effect/Schema"
import { app, done, effectful, type FlowControlOptions, type Observer, refused, service } from "../../runtime/index.ts"
import { askInMemory, newWorld, startInMemory, virtualClock } from "../../runtime/testing/index.ts"

const Text = Schema.toStandardSchemaV1(Schema.Struct({ text: Schema.String }))

export interface Call {
  readonly key: string
  readonly text: string
  readonly atMs: number
}

type Fails = (call: Call, count: number) => boolean

/** A service that calls the outside, beside a pure one; `fails` says of which calls the outside has none. */
export async function mailApp(flow: FlowControlOptions, fails: Fails = () => false, partitions = 4) {
  const { clock, pass } = await virtualClock()
  const calls: Call[] = []
  const mail = service("mail", { state: () => ({ sent: 0 }), ...flow }).command(
    "send",
    Text,
    effectful(
      (state, { text }, { key }) => {
        const call = { key, text, atMs: clock.currentTimeMillisUnsafe() }
        calls.push(call)
        if (text === "unwanted") return refused("unwanted")
        if (fails(call, calls.length)) throw new Error("the outside is away")
        return done({ sent: state.sent + 1 }, text)
      },
      { retry: { times: 20, from: "100 millis", max: "1 second" } },
    ),
  )
  const order = service("order", { state: () => ({ orders: 0 }) }).command("place", Text, (state) =>
    done({ orders: state.orders + 1 }, state.orders + 1),
  )
  const shape = app("post", { namespace: "test", partitions, services: [mail, order] })
  const world = newWorld()
  const answered: string[] = []
  return {
    shape, world, calls, clock, pass, mail, order, answered,
    start: (observer: Partial<Observer> = {}) => startInMemory(shape, world, { clock, observer }),
    send(count: number, keyOf: (n: number) => string = (n) => `k${n}`, from = 0) {
      for (let n = from; n < from + count; n += 1) {
        void askInMemory(shape, world, mail.send(keyOf(n), { text: `t${n}` })).then(() => answered.push(`t${n}`))
      }
    },
  }
}

/** The most calls that begin in any window of this length, its end not among it. */
export function mostWithin(calls: readonly Call[], perMs: number): number {
  const times = calls.map(({ atMs }) => atMs).toSorted((a, b) => a - b)
  return times.reduce((most, first, n) => Math.max(most, times.slice(n).filter((atMs) => atMs < first + perMs).length), 0)
}

/** The texts of each key in the order of their calls, without repetitions. */
export function textsOf(calls: readonly Call[]): Map<string, string[]> {
  const texts = new Map<string, string[]>()
  for (const { key, text } of calls) texts.set(key, [...new Set([...(texts.get(key) ?? []), text])])
  return texts
}

export const inOrder = (texts: readonly string[]) =>
  assert.deepEqual(texts, texts.toSorted((a, b) => Number(a.slice(1)) - Number(b.slice(1))))
