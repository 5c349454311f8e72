// Every bound of the runtime, in one place. A queue, loop, cache or payload without a line here is a defect.
import { consoleLimits } from "./console-limits.ts"
import { flowLimits } from "./flow-limits.ts"
import { postgresLimits } from "./postgres-limits.ts"
import { sagaLimits } from "./saga-limits.ts"
import { sweepLimits } from "./sweep-limits.ts"
import { telemetryLimits } from "./telemetry-limits.ts"

export const limits = {
  ...consoleLimits,
  ...flowLimits,
  ...postgresLimits,
  ...sagaLimits,
  ...sweepLimits,
  ...telemetryLimits,
  /** One journal block on the wire: below the server's default max_payload of 1 MiB, with room for headers. */
  blockBytesMax: 768 * 1024,
  /** One decision inside a block (R13): larger parks its record and never the block. */
  decisionBytesMax: 256 * 1024,
  /** One block of records that a client publishes. */
  inputBytesMax: 512 * 1024,
  /** Characters of an error's text that are kept. */
  errorTextMax: 2_000,
  /** Records in one published input block; also the factor that numbers records inside a stream message. */
  inputRecordsMax: 1024,
  /** Records of the external lane that a partition holds undecided or has not yet had confirmed downstream. */
  externalInFlightMax: 2048,
  /** Outgoing records that wait for their destination's mark; at this bound the external lane pauses (R1). */
  outboxRecordsMax: 65_536,
  /** Records in one internal lane that wait to be decided; more is dropped and sent again by the source (R4). */
  laneRecordsMax: 65_536,
  /** Decided numbers above a channel's low mark (R5). */
  decidedAboveLowMax: 65_536,
  /** UTF-8 bytes of a key before it is encoded into a subject token. */
  keyBytesMax: 192,
  /** Length of a service, command, event, app or namespace name. */
  nameLengthMax: 64,
  /** Outside requests whose answers one actor remembers: the stated retention of their idempotency keys. */
  askedPerActorMax: 1024,
  /** Events that one actor holds aside until it is ready for them, and bytes of them that one decision sends on. */
  heldPerActorMax: 1024,
  heldReleasedBytesMax: 64 * 1024,
  /** For how long an event is held aside unless its reaction says otherwise: then it is parked. */
  heldDefaultMs: 3_600_000,
  /** Timers of one actor. */
  timersPerActorMax: 4096,
  /** Cycles of a flow graph that a check tells of. */
  flowCyclesMax: 100,
  /** Names of channels and destinations, in the whole process, that are remembered taken apart. */
  parsedNamesMax: 16_384,
  /** Rows of one partition that are kept as objects at most, those used last; all others are packed (R18). */
  hotRowsMax: 512,
  /** Entries of one map of an unpacked row that are searched as a text; with more, it becomes a Map. */
  textMapMax: 128,
  /** Partitions of an app. */
  partitionsMax: 1024,
  partitionsDefault: 8,
  /** How often a manifest that others change, or that nobody acknowledges, is tried to be read or stored. */
  manifestAttemptsMax: 5,
  /** Undecided or unconfirmed records, by their source or destination, that a refused change of the partitions tells of. */
  owedToldMax: 20,
  /** Inbox marks in one block of a journal that is written anew. */
  movedMarksMax: 1024,
  /** Effectful handlers of one service under way in one process, unless the service says otherwise. */
  handlersPerServiceDefault: 64,
  /** Records that wait in memory behind one actor's handling; with more, all of them go into its durable mailbox (R6). */
  mailboxMemoryMax: 64,
  /** Decided numbers above a channel's low mark at which the record that keeps the mark goes into its mailbox (R6). */
  windowRecordsMax: 512,
  /** Records in one actor's durable mailbox; what comes then is parked. */
  mailboxRecordsMax: 16_384,
  /** Records in the durable mailboxes of one partition; at this bound the external lane pauses. */
  mailboxPartitionMax: 65_536,
  /** Durable steps of one handling. */
  stepsPerRecordMax: 256,
  /** Parked records of one partition; at this bound the external lane pauses until an operator has made room. */
  parkedPartitionMax: 65_536,
  /** Parked records that one operation looks at, sends again or gives up, and bytes of those that it sends again. */
  parkedPageMax: 100,
  operationBytesMax: 128 * 1024,
  /** Actors in one page of a list, and actors that are looked at for it. */
  rowsPageMax: 100,
  rowsLookedAtMax: 1_000,
  /** Operations that a partition remembers. */
  operationsKept: 100,
  /** Characters of a stack trace that are parked with a record. */
  stackTextMax: 4_000,
  /** Records of high priority that are taken before another one gets its turn. */
  urgentInARowMax: 16,
  /** After an unclean take-over so many records are taken one by one, for at most so long, and so much for a slow handler. */
  cautiousRecords: 64,
  cautionMaxMs: 5_000,
  cautiousHandlingMs: 250,
  /** Owners that may end with one record under way before it is parked (R13). */
  deathsMax: 3,
  /** Turns of the event loop for which a block is held open while another partition's block is on its way. */
  gatheringTurnsMax: 4,
  /** Decisions that a partition takes before it yields to the others of the process. */
  decisionsPerTurnMax: 512,
  /** One try of a journal append. */
  appendTimeoutMs: 5_000,
  /** Pause between two tries of an append whose outcome is unknown. */
  appendRetryMs: 250,
  /** How long an append whose outcome is unknown is tried again before the partition is given up (R9). */
  appendUnknownMaxMs: 60_000,
  /** Events of one event partition that are published and not yet acknowledged. */
  factsInFlightMax: 256,
  /** Frames of records to one partition of another app that are sent and not yet acknowledged. */
  peerFramesInFlightMax: 4,
  /** Pause after an event, or a frame, could not be published. */
  publishRetryMs: 500,
  /** How often due timers are looked for. */
  timerTickMs: 50,
  /** A process that stood still for longer reads its inputs before any timer fires (R20). */
  stallMs: 1_000,
  /**
   * Messages that a reader asks the server for ahead of what it has passed on. Few, because they may be large blocks and a
   * server cuts a connection off that has more than 64 MiB on its way.
   */
  readAheadMessages: 6,
  /** A reader that twice in a row hears nothing from the server for so long asks it again. */
  readerHeartbeatMs: 1_000,
  /** How long the server may take to make a reader, or to say something of a stream. */
  readerOpenMs: 5_000,
  /** One try of the first ones to make a reader again that fell silent, and the pause between two. */
  readerReopenTryMs: 1_000,
  readerReopenMs: 250,
  /** How long a reader waits for its stream to have a leader before its partition is given up. */
  inputUnledMaxMs: 30_000,
  /** The longest pause before it is looked again whether a partition's input, which could not be read, is there. */
  inputRetryMaxMs: 5_000,
  /**
   * Journals that a process reads at the same time, over one connection of their own, and how many messages each asks the
   * server for ahead: together below the 64 MiB on their way at which a server cuts a connection off, however large they are.
   */
  recoveriesMax: 2,
  recoveryAheadMessages: 32,
  /** That connection is closed when nobody has read for so long. */
  recoveryLinkIdleMs: 5_000,
  /** After so much work on journals that are read, everything else of the process has its turn, and for so long. */
  recoverySliceMs: 2,
  recoveryRestMs: 5,
  /** Age at which events leave their stream, unless its maker says otherwise, and the least that can be said. */
  eventsKeptMsMin: 100,
  eventsKeptDays: 7,
  /** How often a partition says how far it has come with events that are kept until they are handled. */
  eventsHandledEveryMs: 2_000,
  /** How long a client waits for an outcome unless its caller says otherwise. */
  askTimeoutMs: 60_000,
  /** A client that hears nothing asks again after this, then after twice as long, up to the maximum. */
  askAgainMs: 5_000,
  askAgainMaxMs: 60_000,
  /** A request that the input did not accept is submitted again after this: its stream may have no leader for seconds. */
  submitAgainMs: 250,
  /** What an overloaded client tells its caller to wait: so long at least, and so long at most, whatever the rate. */
  overloadedRetryAfterMs: 100,
  overloadedRetryMaxMs: 5_000,
  /** Over how long a client measures the rate at which the app works its records off. */
  drainWindowMs: 1_000,
  /** A member that has not beaten for this long is gone (R24). */
  memberTtlMs: 2_000,
  memberBeatMs: 500,
  bucketRead: { withinMs: 5_000, keysMax: 500 }, // a whole bucket of the server; keys that are asked for at once
  /** A heartbeat without an answer is given up after this, and the next one is sent. */
  heartbeatMaxMs: 5_000,
  /** Heartbeats that have not come to an end for so long never will: the process should be started anew. */
  heartbeatStuckMs: 30_000,
  /** The code of a partition that crashes so often in this time is not tried again. */
  partitionCrashesMax: 3,
  partitionCrashWindowMs: 60_000,
  /** A block that waits longer for its acknowledgement is shown as a stalled partition. */
  partitionStalledMs: 5_000,
  /** How long a process that is told to end may finish what it has begun, and how often it looks whether it has. */
  drainMaxMs: 10_000,
  drainLookMs: 10,
  /** How often the subscriptions to events are looked after when nothing wakes their keeper. */
  subscriptionsTendMs: 250,
  /** How often a partition without new events notes that it has read to the end; the first time soon after the start. */
  quietEventsNoteMs: 3_600_000,
  quietEventsFirstMs: 60_000,
  /** How often the client of a rebuild asks whether all that was under way is decided, and for how long. */
  rebuildLookMs: 50,
  rebuildDrainMaxMs: 60_000,
  /** How often a partition looks how much input is stored for it. */
  unreadLookMs: 5_000,
  /** The last answers of a process that ends may take so long to leave it. */
  lastFlushMs: 1_000,
  /** After a take-over with other members about: how long their replies may take to arrive before timers fire (R20). */
  takeOverGraceMs: 1_000,
  /** One lane frame on the wire: below the server's default max_payload. */
  frameBytesMax: 512 * 1024,
  /** A journal is compacted when this much was written since the last round, and twice what is alive (R15). */
  compactionBytesMin: 16 * 1024 * 1024,
  /**
   * How long, and up to how many bytes of each partition, blocks are kept that no recovery needs any more: so far back an
   * actor's history can be read. As long as events; 512 MiB of disk at most for an app of eight partitions.
   */
  historyKeptDays: 7,
  historyBytesMax: 64 * 1024 * 1024,
  /** The longest run of blocks that is deleted at once, in bytes and in time, and how many runs a partition keeps count of. */
  historyRunBytes: 1024 * 1024,
  historyRunMs: 10 * 60_000,
  historyRunsMax: 256,
  /** How often blocks are looked for that have become too old. */
  historyLookMs: 10_000,
  /** Decisions in one page of an actor's history, and bytes of journal that are searched for it. */
  historyPageMax: 100,
  historySearchBytesMax: 128 * 1024 * 1024,
  /** What is read of a journal at a time while it is searched backwards: so many places first, then about so many bytes. */
  historySlicePlaces: 128,
  historySliceBytes: 2 * 1024 * 1024,
  /** What a round of compaction adds to one block. */
  compactionStepBytes: 64 * 1024,
  /** Remembered effects, or timers, of one row in one entry of a round. */
  compactionPortionMax: 256,
  /** How often decided input is deleted from its stream. */
  purgeEveryMs: 1_000,
  /** Pause before go-back-N sends unconfirmed records again (R4). */
  resendAfterMs: 2_000,
  /**
   * Records that wait for the app, as one client knows: its own that are accepted or on their way and not decided, and
   * those in durable mailboxes. With more it refuses. Fifty seconds of work for an app that handles 200 a second.
   */
  inputRecordsPendingMax: 10_000,
  /**
   * Blocks of one partition in the input stream (R15): the server refuses more, so that an app that is gone cannot fill the
   * inputs of the others. Above the bound of one client whose records all went to one partition in blocks of their own, with
   * as many again, nearly, for other clients and for decided blocks that are not deleted yet.
   */
  inputBlocksPerPartitionMax: 16_384,
  /** How soon the owner of a partition tells clients that it has got on, and how often it repeats itself when it has not. */
  progressEveryMs: 100,
  progressIdleMs: 1_000,
  /** The shortest interval of a schedule, and how long one of its runs may take if it does not say. */
  scheduleEveryMs: 1_000,
  scheduleTimeoutMs: 3_600_000,
  /** A tick that comes later than this was missed: longer than a take-over takes. */
  scheduleLateMs: 60_000,
  /** Ticks that a schedule catches up, or that one backfill asks for; and those that wait or run at once. */
  scheduleCatchUpMax: 100,
  scheduleWaitingMax: 1_000,
  scheduleRunningMax: 100,
  /** Versions of one contract, or of one service's state. */
  contractVersionMax: 9_999,
  /** Stored events of one type that a check of the stream reads, and those of them that it names if they cannot be read. */
  streamCheckEventsMax: 10_000,
  streamCheckExamplesMax: 5,
  /** Starts, other requests, or events that are not acknowledged, that one client has under way. */
  clientInFlightMax: 4096,
  /** How long connecting to a NATS server is tried at start-up. */
  serverConnectMs: 5_000,
  /** How long making the streams is tried at start-up, and the pause between two tries. */
  provisionMs: 10_000,
  provisionRetryMs: 250,
  /** One question to a server's monitoring, at start-up. */
  monitoringRequestMs: 1_000,
  /** A clock that differs so much from the server's is a fault: timers of two processes would be that far apart. */
  clockOffBadMs: 5_000,
  /** How long the embedded server may take to recover its store and listen. */
  serverStartMs: 60_000,
  /** How long the embedded server may take to end after SIGTERM, before SIGKILL. */
  serverStopMs: 5_000,
  /** How long a start waits for the process that owns the store directory to go (R19). */
  storeLockWaitMs: 5_000,
  /** What the embedded server may store, and keep in memory for memory streams. */
  serverFileBytesMax: 64 * 1024 ** 3,
  serverMemoryBytesMax: 256 * 1024 ** 2,
  /** The embedded server's log: it is rotated at this size, and so many old ones are kept. */
  serverLogBytesMax: 8 * 1024 ** 2,
  serverLogsKept: 2,
  /** One try to provision a nats-server: building it with Go, or downloading it. */
  serverBuildMs: 120_000,
  serverDownloadMs: 60_000,
} as const
