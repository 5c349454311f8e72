// The bounds of calls to the outside: rates, breakers, long handlers, attachments. Part of `limits`.

export const flowLimits = {
  /** The shortest time for which a rate of calls can be stated. */
  ratePerMsMin: 100,
  /** Messages that stand for the permits of one rate: of a faster one each stands for several calls. */
  permitMessagesMax: 1024,
  /** A permit is for a call that begins within a tenth of the rate's time, but not less and not more than this. */
  permitMsMin: 50,
  permitMsMax: 500,
  /** How long a permit is waited for, and the shortest and longest pause before the next is asked for. */
  permitAnswerMs: 2_000,
  permitPauseMsMin: 20,
  permitPauseMsMax: 250,
  /** Outcomes of calls that one breaker looks back on. */
  breakerOutcomesMax: 1024,
  /** Undecided records of one partition in memory above which those that wait for a rate or a breaker become durable (R6). */
  flowMemoryMax: 256,
  /** Keys of one partition whose last calls are remembered for a rate per key; with more, the oldest wait again. */
  rateKeysMax: 65_536,
  /**
   * Bytes of one attachment, and of a piece of it as it is kept; pieces of all attachments of an app, 16 GiB if all are full;
   * and how long they are kept.
   */
  attachmentBytesMax: 256 * 1024 * 1024,
  attachmentPieceBytes: 512 * 1024,
  attachmentPiecesMax: 32_768,
  attachmentsKeptDays: 30,
  /** A handler's progress, as JSON; how often it is journaled; how long a handler that is cancelled may take to tidy up. */
  progressBytesMax: 4_096,
  progressJournalMs: 1_000,
  cancelGraceMs: 5_000,
} as const
