// How many decisions a second one core makes, loading and storing included: JSON.parse of the row -> decide -> JSON.stringify.
// Ours, of a built saga and of a raw machine, against XState's public transition() with persisted snapshots of the same raw
// machine, on the same events, in the same process, round by round. `npm run bench:core`.
import { initialTransition, transition } from "xstate"
import type { Json } from "../runtime/message/json.ts"
import type { Outcome } from "../runtime/message/outcome.ts"
import { builtOrder, orderMachine, rawOrder } from "../test/unit/sagas/machine-order.ts"
import { order } from "../test/unit/sagas/shop.ts"

const rounds = 9
const sagasPerRound = 2_000

/** The answers of a saga that goes well, and of one that is turned back at its end. */
const lives: readonly (readonly Outcome[])[] = [
  [done({ reserved: 3 }), done({ id: "pay-1" }), done({ tracking: "T1" })],
  [done({ reserved: 3 }), done({ id: "pay-1" }), neverShipped(), done(null), done(null)],
]

function done(value: Json): Outcome {
  return { type: "done", value }
}

function neverShipped(): Outcome {
  return { type: "refused", code: "never-shipped", detail: null }
}

/** One whole life; gives the number of decisions. */
type Life = (key: string, outcomes: readonly Outcome[]) => number

function ours(saga: typeof builtOrder | typeof rawOrder): Life {
  const { decide } = saga.logic
  return (key, outcomes) => {
    const self = { service: "place-order", key }
    const asked = { type: "command", to: self, effect: `s${key}`, direction: "do", attempt: 1 } as const
    const start = { ...asked, name: "start", payload: order }
    let decision = decide(undefined, start, { self, nowMs: 1_000 })
    let row = JSON.stringify(decision.state)
    for (const outcome of outcomes) {
      const effect = decision.send?.[0]?.effect ?? ""
      // cast: the row that was written
      decision = decide(JSON.parse(row) as Json, { type: "reply", to: self, effect, outcome }, { self, nowMs: 1_000 })
      row = JSON.stringify(decision.state)
    }
    if (decision.ended === undefined) throw new Error("the saga has not ended")
    return outcomes.length + 1
  }
}

type Snapshot = Parameters<typeof orderMachine.restoreSnapshot>[0]

/** What a team would write that calls XState itself: the snapshot is stored, and the actions say what was invoked. */
const publicTransition: Life = (key, outcomes) => {
  const input = { sagaId: key, input: order }
  let [snapshot, actions] = initialTransition(orderMachine, input)
  let row = JSON.stringify(orderMachine.getPersistedSnapshot(snapshot))
  for (const outcome of outcomes) {
    const invoked = actions.find(({ type }) => type === "xstate.spawnChild")?.params
    const id = typeof invoked === "object" && invoked !== null && "id" in invoked ? String(invoked.id) : ""
    const stored = JSON.parse(row) as Snapshot // cast: the snapshot that was written
    // cast: it has a value and a context; its children are not asked for
    const before = orderMachine.resolveState(stored as never)
    const event =
      outcome.type === "done"
        ? { type: `xstate.done.actor.${id}`, output: outcome.value }
        : { type: `xstate.error.actor.${id}`, error: { kind: "refused", code: "never-shipped", detail: null } }
    ;[snapshot, actions] = transition(orderMachine, before, event as never) // cast: XState's own events
    row = JSON.stringify(orderMachine.getPersistedSnapshot(snapshot))
  }
  if (snapshot.status !== "done") throw new Error("the machine has not ended")
  return outcomes.length + 1
}

const contestants: Readonly<Record<string, Life>> = {
  "built saga": ours(builtOrder),
  "raw machine": ours(rawOrder),
  "transition()": publicTransition,
}

/** By the time that this process was on a core, so that others on the machine count little. */
function decisionsPerSecond(life: Life, sagas: number): number {
  let decisions = 0
  const before = process.cpuUsage()
  for (let n = 0; n < sagas; n += 1) decisions += life(`o-${n}`, lives[n % lives.length] ?? [])
  const { user, system } = process.cpuUsage(before)
  return decisions / ((user + system) / 1e6)
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}

const measured = new Map(Object.keys(contestants).map((name): [string, number[]] => [name, []]))
for (const life of Object.values(contestants)) decisionsPerSecond(life, sagasPerRound) // warms up
for (let round = 0; round < rounds; round += 1) {
  for (const [name, life] of Object.entries(contestants)) measured.get(name)?.push(decisionsPerSecond(life, sagasPerRound))
}
const bar = median(measured.get("transition()") ?? [])
console.log(`decisions per second on one core, load and store included; median of ${rounds} rounds, lowest and highest`)
for (const [name, values] of measured) {
  const of = (value: number) => Math.round(value).toLocaleString("en-US").padStart(8)
  const ratio = (median(values) / bar).toFixed(2)
  console.log(`${name.padEnd(14)}${of(median(values))}  (${of(Math.min(...values))} -${of(Math.max(...values))})  x ${ratio}`)
}
