// Answers about the app as a whole: services, partitions, handlers, subscriptions, rates, orders, the flow of events; and who
// is signed in.
import type { ActorLogic } from "../actor/logic.ts"
import { assignPartitions } from "../delivery/assignment.ts"
import { flowGraph } from "../flow/graph.ts"
import { flowSvg } from "../flow/svg.ts"
import { limits } from "../kernel/limits.ts"
import { findOrders, perSecond, readRates } from "../read-model/past.ts"
import { countParked } from "../read-model/reader.ts"
import { type Asked, type Answer, type Handlers, json } from "./handler.ts"
import { present } from "./present.ts"
import { healthShape, overviewOf, windowMs } from "./overview.ts"
import type { ShownApp } from "./shown-app.ts"

type Names =
  | "session" | "signIn" | "signOut" | "apps" | "overview" | "health" | "services" | "partitions" | "handlings"
  | "subscriptions" | "rates" | "orders" | "flow" | "flowDrawing" | "live" | "rebuildReadModel" | "pauseService" | "resumeService"

export const systemHandlers: Handlers<Names> = {
  session: (asked) => json(sessionOf(asked)),
  signIn,
  signOut: (asked) => ({ value: { isSignedIn: false, payloads: false }, cookie: asked.context.callers.noCookie }),
  apps: ({ context }) =>
    json({
      apps: [...context.apps.values()].map(({ name, app, projector }) => ({
        app: name, namespace: app.namespace, partitions: app.shape.partitions, readModel: projector.status(),
      })),
    }),
  overview: async ({ shown }) => json(await overviewOf(shown)),
  async health({ shown: { source, projector } }) {
    const process = source.engine?.health()
    const members = (await source.members()).map(({ name }) => name)
    return json(present({ process: process && healthShape(process), members, readModel: projector.status() }))
  },
  services: ({ shown }) => json({ services: servicesOf(shown) }),
  partitions: async ({ shown }) => json(await partitionsOf(shown)),
  async handlings(asked) {
    const service = asked.query.text("service")
    const found = await asked.shown.source.operator.handlings(service === undefined ? {} : { service })
    // What a handler tells of its progress may be anything.
    return json({ handlings: found.map(({ progress: _, ...handling }) => present({ ...handling })) })
  },
  async subscriptions({ shown }) {
    const found = await shown.source.operator.subscriptions()
    return json({ subscriptions: found.map((one) => present({ ...one })) })
  },
  rates(asked) {
    const stepMs = asked.query.number("stepMs") ?? 60_000
    const sinceMs = asked.query.number("since") ?? asked.context.nowMs() - 3_600_000
    return json({ stepMs: stepMs - (stepMs % 10_000), rates: readRates(asked.shown.store, sinceMs, stepMs) })
  },
  orders: (asked) =>
    json(findOrders(asked.shown.store, present({
      by: asked.query.text("by"), action: asked.query.text("action"), limit: asked.query.number("limit"),
      cursor: asked.query.text("cursor"),
    }))),
  flow: ({ shown }) => json(flowOf(shown)),
  flowDrawing: ({ shown }) => ({ svg: flowSvg(flowGraph([shown.app])) }),
  live: (asked) => {
    const live = asked.context.live.get(asked.shown.name)
    return live === undefined ? {} : { live }
  },
  rebuildReadModel({ shown: { projector }, author: { by, why } }) {
    projector.rebuild(`${by} wants it: ${why}`)
    return json(projector.status())
  },
  pauseService: (asked) => orderService(asked, "pause"),
  resumeService: (asked) => orderService(asked, "resume"),
}

function sessionOf({ caller, seesPayloads }: Asked): object {
  return present({ isSignedIn: caller !== undefined, role: caller?.role, expiresMs: caller?.expiresMs, payloads: seesPayloads })
}

function signIn(asked: Asked): Answer {
  const { callers, payloadsFor } = asked.context
  const nowMs = asked.context.nowMs()
  const role = callers.roleOf(asked.body.text("token") ?? "")
  const { header, expiresMs } = callers.cookieFor(role, nowMs)
  const payloads = payloadsFor === "viewer" || (payloadsFor === "operator" && role === "operator")
  return { value: { isSignedIn: true, role, expiresMs, payloads }, cookie: header }
}

function servicesOf({ app, store, source }: ShownApp): readonly object[] {
  const rates = perSecond(store, Date.now(), windowMs)
  const parked = countParked(store)
  const flows = source.engine?.metrics().flows ?? []
  return [...app.shape.logics.values()].map((logic) => {
    const { service, reactions } = logic
    const flow = flows.find((one) => one.service === service)
    const described = logic.describe?.()
    const emits = new Set(logic.flow?.handlers.flatMap((handler) => handler.emits ?? []))
    return present({
      service,
      kind: kindOf(logic),
      commands: Object.keys(described?.commands ?? {}),
      reactsTo: [...reactions.keys()],
      emits: [...emits],
      isEffectful: logic.io !== undefined,
      parked: parked.reduce((sum, one) => sum + (one.service === service ? one.count : 0), 0),
      flow: flow && present({ running: flow.running, waiting: flow.waiting, breaker: flow.breaker }),
      perSecond: { decisions: rates[`service ${service}`] ?? 0 },
    })
  })
}

function kindOf({ kind, flow }: ActorLogic): string {
  return flow?.observes === true ? "observer" : kind
}

async function partitionsOf({ app, store, source, projector }: ShownApp): Promise<object> {
  const members = await source.members()
  const owners = assignPartitions(app.shape.partitions, members)
  const rates = perSecond(store, Date.now(), windowMs)
  const parked = countParked(store)
  const health = source.engine?.health().partitions
  const gauges = source.engine?.metrics().gauges
  const here = source.engine === undefined ? undefined : new Set(source.engine.owned())
  const partitions = owners.map((owner, partition) => {
    const applied = projector.applied.get(partition)
    const known = health?.find((one) => one.partition === partition)
    const own = gauges?.find((one) => one.partition === partition)
    const numbers = Object.entries(own ?? {}).filter(([name, value]) => typeof value === "number" && name !== "partition")
    const { code, message } = known ?? {}
    return present({
      partition,
      owner,
      isHere: here?.has(partition),
      state: known?.state,
      epoch: applied?.epoch ?? 0,
      block: applied?.number ?? -1,
      atMs: applied?.atMs ?? 0,
      perSecond: rates[`partition ${partition}`] ?? 0,
      parked: parked.reduce((sum, one) => sum + (one.partition === partition ? one.count : 0), 0),
      gauges: own === undefined ? undefined : Object.fromEntries(numbers),
      fault: code === undefined || message === undefined ? undefined : { code, message },
    })
  })
  return { partitions, members: members.map(({ name }) => name) }
}

function flowOf({ app }: ShownApp): object {
  const { actors, events } = flowGraph([app])
  return {
    actors: actors.map(({ id, app: of, kind, handlers }) => ({
      id, app: of, kind, handlers: handlers.map(({ trigger, emits }) => present({ trigger: { ...trigger }, emits })),
    })),
    events,
  }
}

/** An owner's clock may be behind ours by so much. */
const clockSlackMs = 1_000

async function orderService(asked: Asked, action: "pause" | "resume"): Promise<Answer> {
  const { shown, author } = asked
  const { service } = shown.logic(asked.segment("service"))
  const { operator } = shown.source
  const sinceMs = Date.now()
  await (action === "pause" ? operator.pause(service, author) : operator.resume(service, author))
  const newest = () => findOrders(shown.store, { by: author.by, action, service, limit: 1 }).orders[0]
  const isNoted = () => (newest()?.atMs ?? 0) >= sinceMs - clockSlackMs
  const isShown = await shown.projector.until(isNoted, limits.consoleShownMs)
  return json({ outcome: { type: "done", value: null }, isShown })
}
