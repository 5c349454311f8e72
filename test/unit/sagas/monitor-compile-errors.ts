// What the compiler accepts and refuses in a monitor. Nothing here runs: `tsc` is the test, and an expected error that
// does not come is one.
import type { Decision } from "../../../runtime/actor/logic.ts"
import { monitor, type MonitorChart } from "../../../sagas/index.ts"
import type { Observation } from "../../../sagas/orchestrator/monitor-actor.ts"
import { OrderCancelled, OrderConfirmed } from "./shop.ts"

const on = { OrderConfirmed: "b" }
const chart = { initial: "a", states: { a: { on }, b: { type: "final" } } } as const satisfies MonitorChart

const events = [OrderConfirmed, OrderCancelled]
const watch = monitor("watch", { machine: chart, events, key: ({ orderId }) => orderId, keep: "1 day" })
watch satisfies { name: string }
// @ts-expect-error a monitor has no way to command or to emit
monitor("watch", { machine: chart, events, emits: [OrderConfirmed] })
// @ts-expect-error and takes no commands
watch.start satisfies unknown
// @ts-expect-error a field that not every event has
monitor("watch", { machine: chart, events, key: ({ tracking }) => tracking })

// A chart has no word for an action
// @ts-expect-error on the way in
const entering: MonitorChart = { states: { a: { on, entry: () => undefined } } }
// @ts-expect-error for other machines
const invoking: MonitorChart = { states: { a: { on, invoke: { src: "work" } } } }
// @ts-expect-error on a transition
const acting: MonitorChart = { states: { a: { on: { OrderConfirmed: { target: "a", actions: "shout" } } } } }
export { acting, entering, invoking }

// Nor has its decision for a command or an answer
const quiet: Observation = { state: null, timers: [], emit: [] }
quiet satisfies Decision
// @ts-expect-error no command is sent
const commanding: Observation = { state: null, send: [] }
// @ts-expect-error nobody is answered
const answering: Observation = { state: null, answer: [] }
export { answering, commanding }
