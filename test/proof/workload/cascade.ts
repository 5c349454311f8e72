// A choreography of five hops: each event is handled by one actor, which passes the next one on. What is handed over is taken
// from one purse at the first hop and put into another at the last; the third hop calls the world outside.
import * as Schema from "effect/Schema"
import { done, effectful, event, service } from "../../../runtime/index.ts"
import type { Outside } from "../../../runtime/simulation/workload.ts"
import type { Luck } from "./luck.ts"
import { callPolicy } from "./outside-services.ts"

/** `keys`: whose turn it is at each hop. */
const Passing = Schema.Struct({ id: Schema.String, amount: Schema.Int, keys: Schema.Array(Schema.String) })
type Passing = typeof Passing.Type
const schema = Schema.toStandardSchemaV1(Passing)
const of = { key: ({ id }: Passing) => id }

export const Hop1 = event("Hop1", schema, of)
export const Hop2 = event("Hop2", schema, of)
export const Hop3 = event("Hop3", schema, of)
export const Hop4 = event("Hop4", schema, of)
export const Hop5 = event("Hop5", schema, of)

export type Purse = { readonly balance: number; readonly passes: number }

const turn = (hop: number) => ({ keys }: Passing) => keys[hop] ?? "nobody"

export function relayOf(luck: Luck) {
  return service("relay", { state: (): Purse => ({ balance: 0, passes: 0 }) })
    .command("begin", schema, (purse, passing) =>
      done({ ...purse, passes: purse.passes + 1 }, null, [Hop1(passing)]), { emits: [Hop1] })
    .on(Hop1, turn(1), (purse, passing) =>
      done({ balance: purse.balance - passing.amount, passes: purse.passes + 1 }, null, [Hop2(passing)]), { emits: [Hop2] })
    .on(Hop2, turn(2), (purse, passing) => {
      if (luck.of(passing.id) === "poison") throw new Error(`cascade ${passing.id} is poison at its second hop`)
      return done({ ...purse, passes: purse.passes + 1 }, null, [Hop3(passing)])
    }, { emits: [Hop3] })
    .on(Hop4, turn(4), (purse, passing) =>
      done({ ...purse, passes: purse.passes + 1 }, null, [Hop5(passing)]), { emits: [Hop5] })
    .on(Hop5, turn(5), (purse, passing) =>
      done({ balance: purse.balance + passing.amount, passes: purse.passes + 1 }, null), { emits: [] })
}

/** The hop that does I/O. A reaction cannot refuse: what the world decides against is passed on all the same. */
export function courierOf(outside: Outside) {
  return service("courier", { state: () => ({ carried: 0 }), concurrency: 32 }).on(
    Hop3,
    turn(3),
    effectful(async (state, passing, { key: item, attempt, signal }) => {
      const { id, amount } = passing
      const call = { participant: "courier", key: `carry ${id}`, saga: `cascade/${id}`, step: "carry", item, amount, attempt }
      await outside.call({ ...call, direction: "do" }, signal)
      return done({ carried: state.carried + 1 }, null, [Hop4(passing)])
    }, { ...callPolicy, retry: { ...callPolicy.retry, times: Infinity } }),
    { emits: [Hop4] },
  )
}

export type Relay = ReturnType<typeof relayOf>
