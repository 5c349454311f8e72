// Looks at an app from within its handlers, without changing what they do: when calls to the outside begin and end, and when
// timers come to their actors.
import * as Effect from "effect/Effect"
import type { ActorLogic, IoLogic } from "../actor/logic.ts"
import type { Engine } from "../host/engine.ts"
import type { App } from "../host/app.ts"
import { partitionOf } from "../message/key.ts"
import { addressText, type Message, parseAddress, recordId } from "../message/message.ts"
import type { AppFacts, GaugeHappening, HandlingHappening, RowHappening, TimerHappening } from "./history.ts"

/** What a probe saw; who records it adds when. */
export type Probed = Omit<HandlingHappening, "atMs"> | Omit<TimerHappening, "atMs">

/** The same app, for one life of one process: a process that is started anew is another one. */
export function probedApp(app: App, process: string, told: (probed: Probed) => void): App {
  const { shape } = app
  const at = (message: Message) => {
    const partition = partitionOf(message.to.key, shape.partitions)
    return { process, app: shape.name, partition, actor: addressText(message.to) }
  }
  const noteTimer = (message: Message, nowMs: number) => {
    if (message.type !== "timer") return
    told({ type: "timer", ...at(message), name: message.name, dueMs: message.dueMs, nowMs })
  }
  const probedIo = (io: IoLogic): IoLogic => ({
    ...io,
    perform(state, message, context) {
      noteTimer(message, context.nowMs)
      const name = "name" in message ? message.name : message.type
      const handling = { type: "handling" as const, ...at(message), record: recordId(message), name }
      return Effect.suspend(() => {
        told({ ...handling, phase: "began" })
        return Effect.onExit(io.perform(state, message, context), () =>
          Effect.sync(() => told({ ...handling, phase: "ended" })),
        )
      })
    },
  })
  const probedLogic = (logic: ActorLogic): ActorLogic => ({
    ...logic,
    decide(state, message, context) {
      noteTimer(message, context.nowMs)
      return logic.decide(state, message, context)
    },
    ...(logic.io === undefined ? {} : { io: probedIo(logic.io) }),
  })
  const logics = new Map([...shape.logics].map(([name, logic]) => [name, probedLogic(logic)]))
  return { ...app, shape: { ...shape, logics } }
}

/** All rows that a process holds of an app. They are durable if the engine is idle. */
export function rowsOf({ shape }: App, engine: Pick<Engine, "rows" | "row">, process: string): readonly RowOf[] {
  const { name: app, partitions } = shape
  return [...shape.logics.keys()].flatMap((service) =>
    [...engine.rows(service)].map(([key]) => {
      const row = engine.row({ service, key })
      const effects = [...(row?.effects.keys() ?? []), ...(row?.asked.keys() ?? [])]
      const timers = [...(row?.timers ?? [])].map(([timer, { dueMs }]) => [timer, dueMs] as const)
      const where = { app, partition: partitionOf(key, partitions), row: addressText({ service, key }) }
      return { type: "row" as const, process, ...where, state: row?.state ?? null, effects, timers }
    }),
  )
}

type RowOf = Omit<RowHappening, "atMs">

/** What waits in a process now, of all its partitions: records by where they wait. */
export function gaugesOf(engine: Pick<Engine, "metrics">, process: string): readonly Omit<GaugeHappening, "atMs">[] {
  const sums = { outbox: 0, mailbox: 0, inFlight: 0 }
  for (const { outbox, mailbox, inFlight } of engine.metrics().gauges) {
    sums.outbox += outbox
    sums.mailbox += mailbox
    sums.inFlight += inFlight
  }
  return Object.entries(sums).map(([name, value]) => ({ type: "gauge", process, name, value }))
}

/** What is not read, not decided or not confirmed: nothing, when all is at rest. */
export function backlogOf(engine: Pick<Engine, "metrics">, process: string): Omit<GaugeHappening, "atMs"> {
  const { gauges } = engine.metrics()
  const value = gauges.reduce((sum, { lag, inFlight, outbox }) => sum + lag + inFlight + outbox, 0)
  return { type: "gauge", process, name: "backlog", value }
}

export function appFacts({ shape }: App): AppFacts {
  const named = (kind: ActorLogic["kind"]) => [...shape.logics].filter(([, logic]) => logic.kind === kind).map(([name]) => name)
  return { app: shape.name, partitions: shape.partitions, services: named("service"), sagas: named("saga") }
}

/** Whether the row belongs to a saga. */
export function isSagaRow({ sagas }: AppFacts, row: string): boolean {
  return sagas.includes(parseAddress(row).service)
}
