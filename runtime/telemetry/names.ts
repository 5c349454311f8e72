// Every name that telemetry uses, in one table: spans, attributes, metrics. Ids may stand in an attribute; a payload, a
// fault's message or anything else that a user's data can flow into may not.
// The messaging names are those of the OpenTelemetry semantic conventions 1.45, copied: they are experimental there, and
// `messaging.system`, which the newest release replaced by `messaging.system.name`, is what most tools still read.

export const names = {
  /** The instrumentation scope of all spans. */
  scope: "troupe",

  /** Spans are called `<operation> <what>`, with few different values of both. `tracing.ts` puts the parts together. */
  span: {
    process: "process",
    send: "send",
    reply: "reply",
    timer: "timer",
    on: "on",
    started: "started",
  },

  /** What a failed call of a handler left: an event on its span. */
  exception: {
    event: "exception",
    /** The stable code of the fault. */
    type: "exception.type",
    /** The lines of the stack, without the message of the error, which a user's data can be in. */
    stack: "exception.stacktrace",
  },

  attribute: {
    system: "messaging.system",
    systemName: "messaging.system.name",
    operationName: "messaging.operation.name",
    operationType: "messaging.operation.type",
    /** The service, or the type of an event: where a message goes, without the key. */
    destination: "messaging.destination.name",
    /** The id of an event. A command's id is its effect key. */
    messageId: "messaging.message.id",
    /** `<saga>/<key>` of the saga on whose behalf the message was sent. */
    conversation: "messaging.message.conversation_id",
    /** The stable code of a fault: spans that have it are marked as errors. */
    errorType: "error.type",

    sagaName: "troupe.saga.name",
    sagaId: "troupe.saga.id",
    /** `completed` or `compensated`, once a saga has ended. */
    sagaOutcome: "troupe.saga.outcome",
    /** Why a saga was compensated: the code of the refusal or fault. */
    sagaReason: "troupe.saga.reason",
    actorKey: "troupe.actor.key",
    effectKey: "troupe.effect.key",
    /** Which try of a command this is, from 1. */
    attempt: "troupe.attempt",
    /** Which call of the handler this is for the same record, from 1: the engine calls it again when it fails. */
    handlerAttempt: "troupe.handler.attempt",
    /** `do` or `undo`. */
    direction: "troupe.direction",
    /** What became of a command: `done`, `refused` or `faulted`. */
    outcome: "troupe.outcome",
    /** The code of a refusal or fault. */
    outcomeCode: "troupe.outcome.code",
    /** True where the message, or the saga, was put aside for an operator. */
    parked: "troupe.parked",
    /** True on the first two spans of a saga of which only the end was kept, because it turned out to be worth it. */
    keptLate: "troupe.trace.kept_late",
  },

  /** Gauges are of now, counters since the process started. Those of a partition carry `app` and `partition`. */
  metric: {
    lag: "troupe.partition.lag",
    inFlight: "troupe.partition.in_flight",
    mailbox: "troupe.partition.mailbox",
    parked: "troupe.partition.parked",
    outbox: "troupe.partition.outbox",
    rows: "troupe.partition.rows",
    timers: "troupe.partition.timers",
    timersDue: "troupe.partition.timers.due",
    timerLateS: "troupe.partition.timer.lateness",
    journalBytes: "troupe.partition.journal.growth",
    storedBytes: "troupe.partition.journal.size",
    sagasActive: "troupe.sagas.active",
    subscriptionLag: "troupe.subscription.lag",
    subscriptions: "troupe.subscriptions",
    blocks: "troupe.blocks",
    blockBytes: "troupe.block.size",
    decisions: "troupe.decisions",
    recordsParked: "troupe.records.parked",
    recordsDropped: "troupe.records.dropped",
    fenced: "troupe.appends.fenced",
    recordsResent: "troupe.records.resent",
    sagasEnded: "troupe.sagas.ended",
    sagaDuration: "troupe.saga.duration",
    commands: "troupe.commands",
    handlerDuration: "troupe.handler.duration",
    appendDuration: "troupe.append.duration",
    spansExported: "troupe.spans.exported",
    spansDropped: "troupe.spans.dropped",
    inputRefused: "troupe.client.overloaded",
    alarmsRaised: "troupe.monitor.alarms",
    partitions: "troupe.partitions",
    heartbeatAgeS: "troupe.heartbeat.age",
    handlersRunning: "troupe.handlers.running",
    handlersWaiting: "troupe.handlers.waiting",
    breakerOpen: "troupe.breaker.open",
    breakerOpened: "troupe.breaker.opened",
  },

  /** What tells the points of one metric apart. */
  dimension: {
    app: "troupe.app",
    partition: "troupe.partition",
    /** `claiming`, `running`, `stalled`, `broken` or `refused`. */
    partitionState: "troupe.partition.state",
    service: "troupe.service",
    /** `live`, `catching up`, `rebuilding` or `stopped`. */
    subscriptionState: "troupe.subscription.state",
    saga: "troupe.saga.name",
    sagaOutcome: "troupe.saga.outcome",
    /** `running`, `compensating` or `parked`. */
    sagaState: "troupe.saga.state",
    /** `done`, `refused` or `faulted`. */
    outcome: "troupe.outcome",
    monitor: "troupe.monitor.name",
    /** `late` or `out-of-contract`. */
    alarmKind: "troupe.monitor.alarm.kind",
  },

  /** What we write as the messaging system; the conventions have no page for NATS. */
  system: "nats",
} as const
