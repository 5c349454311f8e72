// Answers about sagas and actors.
import type { ActorLogic } from "../actor/logic.ts"
import type { Phase } from "../actor/inspection.ts"
import { attributeNames, countCodes, countStates, findParked } from "../read-model/reader.ts"
import { findSagas, type SagaQuery } from "../read-model/saga-search.ts"
import type { Asked, Handlers } from "./handler.ts"
import { json } from "./handler.ts"
import { present } from "./present.ts"
import { notFound } from "./problem.ts"
import { redact } from "./redaction.ts"
import { drawnRun, nothingAccepted, sagaEntry, sagaPage } from "./saga-page.ts"
import type { ShownApp } from "./shown-app.ts"
import { summed } from "./summed.ts"
import { actorTimeline, sagaTimeline } from "./timeline.ts"

type Names =
  | "findSagas" | "countSagas" | "showSaga" | "sagaTimeline" | "sagaGraph" | "sagaDrawing" | "showDefinition"
  | "drawDefinition" | "showActor" | "actorTimeline"

export const sagaHandlers: Handlers<Names> = {
  findSagas: (asked) => json(findSagas(asked.shown.store, queryOf(asked))),
  countSagas: (asked) => json({ sagas: countsOf(asked.shown) }),
  showSaga: async (asked) => json(await sagaPage(asked)),
  async sagaTimeline(asked) {
    const entry = sagaEntry(asked)
    const actor = { service: entry.item.saga, key: entry.item.key }
    return json((await sagaTimeline(asked.shown, actor, timelineOptions(asked))) ?? { entries: [] })
  },
  async actorTimeline(asked) {
    const { service } = asked.shown.logic(asked.segment("service"))
    return json(await actorTimeline(asked.shown, { service, key: asked.segment("key") }, timelineOptions(asked)))
  },
  sagaGraph: async (asked) => json(await graphOf(asked)),
  async sagaDrawing(asked) {
    const entry = sagaEntry(asked)
    const run = await drawnRun(asked.shown, entry, asked.context.nowMs())
    return { svg: drawn(asked.context.pictures?.svg(asked.shown.saga(entry.item.saga), run), entry.item.saga) }
  },
  showDefinition(asked) {
    const logic = asked.shown.saga(asked.segment("saga"))
    const versions = Object.entries(logic.describe?.().definitions ?? {})
    return json(present({
      saga: logic.service,
      versions: versions.map(([version, hash]) => ({ version: Number(version), hash })),
      graph: asked.context.pictures?.graph(logic),
      accepts: logic.accepted?.() ?? nothingAccepted,
    }))
  },
  drawDefinition(asked) {
    const logic = asked.shown.saga(asked.segment("saga"))
    return { svg: drawn(asked.context.pictures?.svg(logic), logic.service) }
  },
  showActor: async (asked) => json(await actorOf(asked)),
}

function drawn(svg: string | undefined, saga: string): string {
  if (svg === undefined) throw notFound(`drawing of ${saga}: it has no steps, or this console was started without drawings`)
  return svg
}

async function graphOf(asked: Asked): Promise<object> {
  const entry = sagaEntry(asked)
  const logic: ActorLogic = asked.shown.saga(entry.item.saga)
  const run = await drawnRun(asked.shown, entry, asked.context.nowMs())
  const graph = asked.context.pictures?.graph(logic, run)
  if (typeof graph !== "object" || graph === null) throw notFound(`graph of ${entry.item.saga}`)
  return graph
}

async function actorOf(asked: Asked): Promise<object> {
  const { service } = asked.shown.logic(asked.segment("service"))
  const key = asked.segment("key")
  const { state } = await asked.shown.source.client.query(service, key, { timeoutMs: 10_000 })
  const shownState = asked.seesPayloads && state !== null ? redact(state, asked.context.isSecret).value : undefined
  const { parked } = findParked(asked.shown.store, { service, key, limit: 100 })
  return present({ service, key, isThere: state !== null, state: shownState, parked })
}

function timelineOptions(asked: Asked) {
  const withPayloads = asked.query.flag("payloads") === true
  if (withPayloads) asked.needPayloads()
  const before = asked.query.text("before")
  return {
    limit: asked.query.number("limit") ?? 50,
    ...(before === undefined ? {} : { before }),
    ...(withPayloads ? { payloads: asked.context.isSecret } : {}),
  }
}

function queryOf(asked: Asked): SagaQuery {
  const text = asked.query.text.bind(asked.query)
  const number = asked.query.number.bind(asked.query)
  // cast: a phase that is none finds nothing
  const phases = text("phase")?.split(",").map((phase) => phase.trim() as Phase)
  return present({
    saga: text("saga"), state: text("state"), key: text("key"), reason: text("reason"), parked: text("parked"),
    waitsFor: text("waitsFor"), cursor: text("cursor"), phases, version: number("version"), limit: number("limit"),
    startedAfterMs: number("startedAfter"), startedBeforeMs: number("startedBefore"),
    endedAfterMs: number("endedAfter"), endedBeforeMs: number("endedBefore"), stuckSinceMs: number("stuckSince"),
    where: asked.query.texts("where"), count: asked.query.flag("count"),
    order: asked.query.text("order") as SagaQuery["order"], // cast: the route has no others
  })
}

function countsOf({ store, app }: ShownApp): readonly object[] {
  const sagas = [...app.shape.logics.values()].filter(({ kind }) => kind === "saga").map(({ service }) => service)
  const states = countStates(store)
  const reasons = countCodes(store, "reason")
  const parked = countCodes(store, "parked")
  const attributes = attributeNames(store)
  const ends = new Set(["completed", "compensated", "killed"])
  return sagas.map((saga) => {
    const own = states.filter((counted) => counted.saga === saga)
    return {
      saga,
      phases: summed(own.map(({ phase, count }) => [phase, count])),
      states: summed(own.flatMap(({ phase, state, count }) => (ends.has(phase) ? [] : [[state, count] as const]))),
      reasons: summed(reasons.flatMap(({ saga: of, code, count }) => (of === saga ? [[code, count] as const] : []))),
      parked: summed(parked.flatMap(({ saga: of, code, count }) => (of === saga ? [[code, count] as const] : []))),
      attributes,
    }
  })
}
