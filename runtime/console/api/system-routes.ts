// The routes about the app as a whole, what is parked, and for programs that have no NATS client.
import type { Route } from "./route.ts"
import { anything, flag, integer, maybe, object, oneOf, ref, text, time } from "./shape.ts"
import { author } from "./system-shapes.ts"

const page = {
  limit: maybe(integer("how many at most", { minimum: 1, maximum: 200, default: 50 })),
  cursor: maybe(text("`next` of the page before", 500)),
}
const parkedFilter = {
  code: maybe(text("", 100)),
  cause: maybe(text("as a group says it", 500)),
  service: maybe(text("", 64)),
  name: maybe(text("of the command, event or timer", 64)),
  kind: maybe(oneOf(["record", "actor", "event", "bytes"])),
}
const one = "/api/apps/{app}/parked/{partition}/{id}"
const effect = maybe(text("idempotency key. Default: a new one", 300))

export const systemRoutes = {
  session: { method: "GET", path: "/api/session", summary: "Who is asking", needs: "nothing", answer: ref("Session") },
  signIn: {
    method: "POST", path: "/api/session", summary: "Gives a cookie for a token", needs: "nothing",
    body: object({ token: text("", 500) }), answer: ref("Session"),
  },
  signOut: { method: "DELETE", path: "/api/session", summary: "Takes the cookie back", needs: "nothing", answer: ref("Session") },
  apps: { method: "GET", path: "/api/apps", summary: "The apps that are shown here", needs: "viewer", answer: ref("AppList") },
  overview: {
    method: "GET", path: "/api/apps/{app}/overview", summary: "The app at a glance", needs: "viewer", answer: ref("Overview"),
  },
  health: {
    method: "GET", path: "/api/apps/{app}/health", summary: "Of the process, its app's members and the read model",
    needs: "viewer", answer: ref("HealthReport"),
  },
  services: {
    method: "GET", path: "/api/apps/{app}/services", summary: "Services and sagas", needs: "viewer", answer: ref("Services"),
  },
  partitions: {
    method: "GET", path: "/api/apps/{app}/partitions", summary: "Partitions and who runs them", needs: "viewer",
    answer: ref("Partitions"),
  },
  handlings: {
    method: "GET", path: "/api/apps/{app}/handlings", summary: "What is being handled now, asked of the owners",
    needs: "viewer", query: object({ service: maybe(text("", 64)) }), answer: ref("Handlings"),
  },
  subscriptions: {
    method: "GET", path: "/api/apps/{app}/subscriptions", summary: "How far services have come with events, asked of the owners",
    needs: "viewer", answer: ref("Subscriptions"),
  },
  rates: {
    method: "GET", path: "/api/apps/{app}/rates", summary: "What was decided, per interval", needs: "viewer",
    query: object({
      since: maybe(time("from then on. Default: an hour ago")),
      stepMs: maybe(integer("length of an interval", { minimum: 10_000, maximum: 86_400_000, default: 60_000 })),
    }),
    answer: ref("Rates"),
  },
  orders: {
    method: "GET", path: "/api/apps/{app}/orders", summary: "What operators ordered: who, when, what, why", needs: "viewer",
    query: object({ by: maybe(text("", 200)), action: maybe(text("", 100)), ...page }), answer: ref("Orders"),
  },
  flow: {
    method: "GET", path: "/api/apps/{app}/flow", summary: "Who emits and who reacts to which event", needs: "viewer",
    answer: ref("Flow"),
  },
  flowDrawing: {
    method: "GET", path: "/api/apps/{app}/flow.svg", summary: "The same, drawn", needs: "viewer", answerType: "image/svg+xml",
  },
  live: {
    method: "GET", path: "/api/apps/{app}/live", needs: "viewer", answerType: "text/event-stream",
    summary: "Server-sent events: `overview` and `changed`, at most once in a second",
  },
  rebuildReadModel: {
    method: "POST", path: "/api/apps/{app}/read-model/rebuild", needs: "operator", body: object(author),
    summary: "Makes the read model anew from the journals; the app does not notice", answer: ref("ReadModel"),
  },
  pauseService: {
    method: "POST", path: "/api/apps/{app}/services/{service}/pause", needs: "operator", body: object(author),
    summary: "Calls nothing of a service that does I/O any more, until it is resumed", answer: ref("Done"),
  },
  resumeService: {
    method: "POST", path: "/api/apps/{app}/services/{service}/resume", summary: "Calls a paused service again", needs: "operator",
    body: object(author), answer: ref("Done"),
  },
  parkedGroups: {
    method: "GET", path: "/api/apps/{app}/parked-groups", summary: "What is parked, by cause", needs: "viewer",
    query: object(parkedFilter), answer: ref("ParkedGroups"),
  },
  parked: {
    method: "GET", path: "/api/apps/{app}/parked", summary: "What is parked, newest first", needs: "viewer",
    query: object({ ...parkedFilter, key: maybe(text("of the actor", 200)), ...page }), answer: ref("ParkedPage"),
  },
  showParked: { method: "GET", path: one, summary: "One of it, with its payload", needs: "viewer", answer: ref("ParkedDetail") },
  redriveParked: {
    method: "POST", path: `${one}/redrive`, needs: "operator",
    summary: "Tries it again, under its original effect key; with another payload if one is given. A saga is resumed",
    body: object({ ...author, payload: maybe(anything("instead of the one that it has")) }), answer: ref("ParkedResult"),
  },
  discardParked: {
    method: "POST", path: `${one}/discard`, summary: "Gives it up for good", needs: "operator", body: object(author),
    answer: ref("ParkedResult"),
  },
  redriveAll: {
    method: "POST", path: "/api/apps/{app}/parked/redrive", summary: "Tries many again", needs: "operator",
    body: ref("ParkedOrder"), answer: ref("ParkedResult"),
  },
  discardAll: {
    method: "POST", path: "/api/apps/{app}/parked/discard", summary: "Gives many up for good", needs: "operator",
    body: ref("ParkedOrder"), answer: ref("ParkedResult"),
  },
  completeToken: {
    method: "POST", path: "/api/apps/{app}/tokens", needs: "operator",
    summary: "Ends a saga's wait for a token. Who has the token needs no account of the saga",
    body: object({ token: text("", 1000), payload: maybe(anything("what the wait's schema asks for")), effect }),
    answer: ref("Done"),
  },
  sendCommand: {
    method: "POST", path: "/api/apps/{app}/commands", summary: "Sends a command to an actor, and perhaps waits for its outcome",
    needs: "operator",
    body: object({
      service: text("", 64), key: text("", 192), name: text("", 64), payload: maybe(anything("what its schema asks for")),
      version: maybe(integer("of its contract", { minimum: 1 })), effect,
      dueMs: maybe(time("not before")), expiresMs: maybe(time("not from then on")), isUrgent: maybe(flag()),
      waitMs: maybe(integer("wait for the outcome, at most so long", { minimum: 0, maximum: 60_000, default: 0 })),
    }),
    answer: ref("Accepted"),
  },
  publishEvent: {
    method: "POST", path: "/api/apps/{app}/events", summary: "Publishes an event to whoever reacts to it", needs: "operator",
    body: object({
      name: text("", 64), payload: maybe(anything("what its schema asks for")), key: text("what it is about", 192),
      version: maybe(integer("of its contract", { minimum: 1 })), id: maybe(text("the same id is the same event", 200)),
    }),
    answer: ref("Published"),
  },
} as const satisfies Record<string, Route>
