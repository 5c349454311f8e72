// Every bound of the runtime, in one place. A queue, loop, cache or payload without a line here is a defect.

export const limits = {
  /** One journal block on the wire: below the server's default max_payload of 1 MiB, with room for headers. */
  blockBytesMax: 768 * 1024,
  /** One decision inside a block (R13): larger parks its record and never the block. */
  decisionBytesMax: 256 * 1024,
  /** One block of records that a client publishes. */
  inputBytesMax: 512 * 1024,
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
  /** Effects that one actor key remembers until their sagas end (R11). */
  effectsPerActorMax: 65_536,
  /** Timers of one actor. */
  timersPerActorMax: 4096,
  /** Requesters that one saga answers when it ends. */
  waitersPerSagaMax: 16,
  /** Items of one fan-out step. */
  fanOutItemsMax: 1024,
  /** Partitions of an app. */
  partitionsMax: 1024,
  partitionsDefault: 8,
  /** Decisions that a partition takes before it yields to the others of the process. */
  decisionsPerTurnMax: 512,
  /** One try of a journal append. */
  appendTimeoutMs: 5_000,
  /** How long an append whose outcome is unknown is tried again before the partition is given up (R9). */
  appendUnknownMaxMs: 60_000,
  /** Pause before go-back-N sends unconfirmed records again (R4). */
  resendAfterMs: 2_000,
  /** Starts, or other requests, that one client has under way. */
  clientInFlightMax: 4096,
} as const
