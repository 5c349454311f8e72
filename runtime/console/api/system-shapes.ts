// What the API says of everything but sagas: the app, its partitions and services, what is parked, and who did what.
import {
  anything, dictionary, flag, integer, list, maybe, number, object, oneOf, ref, type Shape, text, time,
} from "./shape.ts"

const why = text("the reason; kept with the order", 500)
const by = text("who gives the order; kept with it", 200)
export const author = { by: { ...by, minLength: 1 }, why: { ...why, minLength: 1 } }

const parkedPlace = object({ partition: integer(), id: text() })

export const systemShapes: Readonly<Record<string, Shape>> = {
  Problem: object({
    type: text(), title: text(), status: integer(), code: text("stable"), detail: text("what happened and what to do"),
    retryAfterMs: maybe(integer()), outcome: maybe(anything("what the app answered, if it refused")),
  }, "RFC 9457"),
  Session: object({
    isSignedIn: flag(), role: maybe(oneOf(["viewer", "operator"])), expiresMs: maybe(time("end of the session")),
    payloads: flag("this caller may see payloads"),
  }),
  AppList: object({
    apps: list(object({ app: text(), namespace: text(), partitions: integer(), readModel: ref("ReadModel") })),
  }),
  ReadModel: object({
    state: oneOf(["reading", "live", "stopped"], "`reading`: it catches up; what is shown is older than the app"),
    blocksBehind: integer("journal blocks that are stored and not shown yet"),
    behindMs: integer("how old the newest shown block was when it was last known not to be the newest; 0 if nothing is missing"),
    sequence: integer("of the journal's last block that is shown"),
    blocks: integer("read since the start of this process"),
    rebuilds: integer("since the start of this process"),
    reason: maybe(text("why it stopped, or was built anew")),
    bytes: maybe(integer("of the store")),
  }),
  Overview: object({
    app: text(), namespace: text(), atMs: time("of this answer"), readModel: ref("ReadModel"),
    health: maybe(ref("Health")),
    sagas: list(object({ saga: text(), phases: dictionary(integer()) })),
    parked: object({ records: integer(), actors: integer(), groups: list(ref("ParkedGroup"), "the largest five") }),
    rates: object({
      windowMs: integer(), perSecond: dictionary(number(), "decisions, started, ended, compensated, parked, sent, ..."),
    }),
    partitions: integer(), unowned: list(integer(), "partitions that nobody runs"), members: list(text()),
  }),
  Health: object({
    ready: flag(), live: flag(), reasons: list(text()),
    partitions: list(object({
      partition: integer(), state: text(), lag: integer(), code: maybe(text()), message: maybe(text()),
    })),
    breakers: list(object({ service: text(), state: text(), waiting: integer() })),
  }, "Of the process that serves this, if it runs the app"),
  HealthReport: object({ process: maybe(ref("Health")), members: list(text()), readModel: ref("ReadModel") }),
  Services: object({ services: list(ref("Service")) }),
  Service: object({
    service: text(), kind: oneOf(["service", "saga", "observer"]),
    commands: list(text()), reactsTo: list(text()), emits: list(text(), "as far as it is declared"),
    isEffectful: flag("its handlers do I/O: it can be paused"),
    parked: integer(), flow: maybe(object({
      running: integer(), waiting: integer(), breaker: maybe(text()),
    }, "of this process")),
    perSecond: dictionary(number(), "decisions over the last minute"),
  }),
  Partitions: object({
    partitions: list(object({
      partition: integer(),
      owner: maybe(text("member that should run it, by what the members say of themselves")),
      isHere: maybe(flag("this process runs it")),
      state: maybe(text("in this process")),
      epoch: integer("times that it was claimed"),
      block: integer("number of its last block that is shown"),
      atMs: time("of that block"),
      perSecond: number("decisions over the last minute"),
      parked: integer(),
      gauges: maybe(dictionary(number(), "lag, inFlight, mailbox, outbox, rows, timers, ... in this process")),
      fault: maybe(object({ code: text(), message: text() })),
    })),
    members: list(text()),
  }),
  Handlings: object({
    handlings: list(object({
      service: text(), key: text(), type: text(), name: maybe(text()), effect: maybe(text()), attempt: integer(),
      beganMs: maybe(time("since when it is under way")), waitsFor: maybe(text()), behind: integer(),
    })),
  }),
  Subscriptions: object({
    subscriptions: list(object({
      partition: integer(), service: text(), generation: integer(), state: text(), position: integer(), lag: integer(),
      why: maybe(text()), rebuildTo: maybe(integer()),
    })),
  }),
  Rates: object({ stepMs: integer(), rates: list(ref("Rate")) }),
  Order: object({
    atMs: time("when"), action: text(), by: text(), why: text(), partition: integer(),
    service: maybe(text()), key: maybe(text()), ids: list(text(), "the first of what it was about"), count: integer(),
    isEdited: maybe(flag("a payload was changed")),
  }),
  Orders: object({ orders: list(ref("Order"), "newest first"), next: maybe(text()) }),
  ParkedItem: object({
    partition: integer(), id: text(), kind: oneOf(["record", "actor", "event", "bytes"], "`actor`: a saga that stands still"),
    code: text(), cause: text("the message without what differs from record to record"), message: text(), atMs: time("when"),
    attempts: maybe(integer()), service: maybe(text()), key: maybe(text()), type: maybe(text()), name: maybe(text()),
    waits: flag("its actor takes nothing until an operator has spoken"),
  }),
  ParkedGroup: object({
    code: text(), cause: text(), kind: text(), service: maybe(text()), type: maybe(text()), name: maybe(text()),
    count: integer(), oldestMs: time("the oldest"), newestMs: time("the newest"), example: parkedPlace,
  }),
  ParkedGroups: object({ groups: list(ref("ParkedGroup"), "largest first"), total: integer() }),
  ParkedPage: object({ parked: list(ref("ParkedItem"), "newest first"), next: maybe(text()), total: integer() }),
  ParkedDetail: object({
    item: ref("ParkedItem"), stack: maybe(text()), effect: maybe(text()), direction: maybe(text()), undoes: maybe(text()),
    correlation: maybe(text()),
    payload: maybe(anything("of the record; secrets are redacted; only for who may see payloads")),
    isRedacted: flag("something in the payload is redacted: an edited one must give that member anew"),
    bytes: maybe(text("base64 of what could not be read")), canEdit: flag(), actions: list(text()),
  }),
  ParkedOrder: object({
    ...author,
    items: maybe({ ...list(parkedPlace), maxItems: 500 }),
    filter: maybe(object({
      code: maybe(text()), service: maybe(text()), cause: maybe(text()), name: maybe(text()), kind: maybe(text()),
    }, "everything that fits, when the order is given")),
  }, "Either `items` or `filter`"),
  ParkedResult: object({
    count: integer("what was tried again, or given up"),
    failed: list(object({ partition: integer(), id: text(), code: text(), detail: text() })),
    more: flag("more fitted than one order may touch: give it again"),
  }),
  Flow: object({
    actors: list(object({
      id: text(), app: text(), kind: oneOf(["service", "saga", "observer"]),
      handlers: list(object({
        trigger: object({ type: oneOf(["command", "event", "timer"]), name: text() }), emits: maybe(list(text())),
      })),
    })),
    events: list(object({
      name: text(), emittedBy: list(text()), handledBy: list(text()), isOutside: flag(), isLeaf: flag(),
    })),
  }),
  Outcome: object({
    type: oneOf(["done", "refused", "faulted"]), value: maybe(anything("of done")), code: maybe(text()),
    detail: maybe(anything("of refused")), message: maybe(text("of faulted")),
  }),
  Done: object({
    outcome: ref("Outcome"), isShown: flag("the read model knows it: what is asked next shows it"),
  }),
  Accepted: object({ effect: text("its idempotency key"), outcome: maybe(ref("Outcome")) }),
  SagaOutcome: object({
    isEnded: flag(), outcome: maybe(oneOf(["completed", "compensated", "killed"])), reason: maybe(text()),
    result: maybe(anything("what a completed saga gives")), startedMs: maybe(time("its start")),
    endedMs: maybe(time("its end")), parked: maybe(ref("Stop")),
  }),
  Published: object({ id: text() }),
  ActorState: object({
    service: text(), key: text(), isThere: flag(), state: maybe(anything("redacted; only for who may see payloads")),
    parked: list(ref("ParkedItem")),
  }),
}
