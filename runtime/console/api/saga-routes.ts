// The routes about sagas and actors: search, one of them, and what may be ordered.
import type { Route } from "./route.ts"
import { phases } from "./saga-shapes.ts"
import { anything, flag, integer, list, maybe, object, oneOf, ref, text, time } from "./shape.ts"
import { author } from "./system-shapes.ts"

const page = {
  limit: maybe(integer("how many at most", { minimum: 1, maximum: 200, default: 50 })),
  cursor: maybe(text("`next` of the page before", 500)),
}
const ofTimeline = object({
  limit: maybe(integer("how many at most", { minimum: 1, maximum: 100, default: 50 })),
  before: maybe(text("`before` of the page before", 100)),
  payloads: maybe(flag("with payloads and states; for who may see them")),
})
const one = "/api/apps/{app}/sagas/{saga}/{key}"
const actions = `${one}/actions`

export const sagaRoutes = {
  findSagas: {
    method: "GET",
    path: "/api/apps/{app}/sagas",
    summary: "Sagas that fit, a page at a time",
    needs: "viewer",
    query: object({
      saga: maybe(text("name", 64)),
      phase: maybe(text(`${phases.join(", ")}, \`live\` or \`ended\`; or several of them with commas between`, 100)),
      state: maybe(text("exactly", 500)),
      key: maybe(text("exactly, or the beginning of it with a * behind", 200)),
      version: maybe(integer("of the definition")),
      reason: maybe(text("code of what turned it back", 100)),
      parked: maybe(text("code with which it stands still, or * for any", 100)),
      where: maybe(list(
        text("name, one of = != > >= < <= ^= (begins with), and a value, such as `customer=c-17` or `totalCents>=10000`", 300),
        "may be given several times: all must hold",
      )),
      startedAfter: maybe(time("started then or later")),
      startedBefore: maybe(time("started before")),
      endedAfter: maybe(time("ended then or later")),
      endedBefore: maybe(time("ended before")),
      stuckSince: maybe(time("not ended, and not changed since then")),
      waitsFor: maybe(text("service that has a command of it, or name of a wait", 100)),
      order: maybe(oneOf(["started", "changed", "ended", "due", "key"], "newest first; `due` and `key`: smallest first")),
      count: maybe(flag("also count all that fit")),
      ...page,
    }),
    answer: ref("SagaPage"),
  },
  countSagas: {
    method: "GET",
    path: "/api/apps/{app}/saga-counts",
    summary: "How many sagas are in which phase and state, with which reasons, and the names of their attributes",
    needs: "viewer",
    answer: ref("SagaCounts"),
  },
  showSaga: {
    method: "GET", path: one, summary: "One saga: how it stands, what it waits for, and what was ordered", needs: "viewer",
    answer: ref("SagaDetail"),
  },
  sagaTimeline: {
    method: "GET", path: `${one}/timeline`, summary: "What was decided on a saga, newest first", needs: "viewer",
    query: ofTimeline, answer: ref("Timeline"),
  },
  sagaGraph: {
    method: "GET", path: `${one}/graph`, summary: "Its definition as data, with this run's marks", needs: "viewer",
    answer: ref("SagaGraph"),
  },
  sagaDrawing: {
    method: "GET", path: `${one}/drawing.svg`, summary: "Its definition drawn, with this run on it", needs: "viewer",
    answerType: "image/svg+xml",
  },
  showDefinition: {
    method: "GET", path: "/api/apps/{app}/definitions/{saga}", summary: "A saga's definition as data", needs: "viewer",
    answer: ref("Definition"),
  },
  drawDefinition: {
    method: "GET", path: "/api/apps/{app}/definitions/{saga}/drawing.svg", summary: "A saga's definition drawn", needs: "viewer",
    answerType: "image/svg+xml",
  },
  startSaga: {
    method: "POST", path: one, summary: "Starts a saga; one that is there already is not started again", needs: "operator",
    body: object({
      input: anything("what the saga's schema asks for"),
      effect: maybe(text("idempotency key. Default: a new one", 300)),
      correlation: maybe(text("first cause of all, for traces", 300)),
      waitMs: maybe(integer("wait for its end, at most so long", { minimum: 0, maximum: 60_000, default: 0 })),
    }),
    answer: ref("Accepted"),
  },
  awaitSaga: {
    method: "GET", path: `${one}/outcome`, summary: "Waits until a saga has ended, or stands still", needs: "viewer",
    query: object({ waitMs: maybe(integer("at most", { minimum: 0, maximum: 60_000, default: 30_000 })) }),
    answer: ref("SagaOutcome"),
  },
  signalSaga: {
    method: "POST", path: `${actions}/signal`, summary: "Sends a saga a signal", needs: "operator",
    body: object({ ...author, name: text("of the signal", 64), payload: maybe(anything("of the signal")) }), answer: ref("Done"),
  },
  updateSaga: {
    method: "POST", path: `${actions}/update`, summary: "Asks a saga for a change that it accepts or refuses", needs: "operator",
    body: object({ ...author, name: text("of the update", 64), payload: maybe(anything("of the update")) }), answer: ref("Done"),
  },
  skipStep: {
    method: "POST", path: `${actions}/skip`, summary: "Counts a step that is under way or has failed as done", needs: "operator",
    body: object({ ...author, step: text("its name", 100), value: maybe(anything("its answer")) }), answer: ref("Done"),
  },
  retryNow: {
    method: "POST", path: `${actions}/retry-now`, summary: "Ends the pauses before further tries", needs: "operator",
    body: object(author), answer: ref("Done"),
  },
  pauseSaga: {
    method: "POST", path: `${actions}/pause`, summary: "Lets a saga stand still", needs: "operator",
    body: object(author), answer: ref("Done"),
  },
  resumeSaga: {
    method: "POST", path: `${actions}/resume`, summary: "Lets a paused or parked saga go on: what is open is sent again",
    needs: "operator", body: object(author), answer: ref("Done"),
  },
  cancelSaga: {
    method: "POST", path: `${actions}/cancel`, summary: "Turns a saga back, if its pivot was not sent", needs: "operator",
    body: object(author), answer: ref("Done"),
  },
  compensateSaga: {
    method: "POST", path: `${actions}/compensate`, summary: "Undoes what can be undone, also from the pivot on",
    needs: "operator", body: object(author), answer: ref("Done"),
  },
  abandonUndo: {
    method: "POST", path: `${actions}/abandon-undo`, summary: "Gives up the undo that is under way or has failed",
    needs: "operator", body: object(author), answer: ref("Done"),
  },
  killSaga: {
    method: "POST", path: `${actions}/kill`, summary: "Ends a saga where it stands; nothing is undone", needs: "operator",
    body: object(author), answer: ref("Done"),
  },
  showActor: {
    method: "GET", path: "/api/apps/{app}/actors/{service}/{key}", summary: "The state of any actor, asked of its owner",
    needs: "viewer", answer: ref("ActorState"),
  },
  actorTimeline: {
    method: "GET", path: "/api/apps/{app}/actors/{service}/{key}/timeline",
    summary: "What was decided on any actor, newest first; searched in the journal, so slower than a saga's",
    needs: "viewer", query: ofTimeline, answer: ref("Timeline"),
  },
} as const satisfies Record<string, Route>
