// Bounds of services that keep their data in PostgreSQL. They are part of `limits`.

export const postgresLimits = {
  /** Handlers whose work one transaction holds at most: each is a savepoint, of which the server keeps 64 at hand. */
  handlersPerTransactionMax: 32,
  /** Shared transactions with savepoints after one of which a part had to be taken back. */
  cautiousTransactions: 32,
  /** Connections of one process whose transactions are shared, unless the database says otherwise; a key has one of them. */
  sharedTransactionsDefault: 4,
  /** Handlers that were too slow for a shared transaction and have one of their own at the same time. */
  ownTransactionsMax: 4,
  /** How long a handler may hold up a shared transaction: then it is tried again in one of its own, as are others of its kind. */
  sharedHandlerMsMax: 1_000,
  /** For how long its kind is taken for slow. */
  slowKindMs: 60_000,
  slowKindsMax: 1_024,
  /** How often a transaction is tried again, at once, that lost a conflict or its connection, and the pauses between. */
  transactionTriesMax: 6,
  transactionPauseMsMin: 5,
  transactionPauseMsMax: 500,
  /** After so long the server ends a transaction whose process has stopped asking, and one that waits for a lock. */
  transactionIdleMsMax: 30_000,
  lockWaitMsMax: 10_000,
  /** Characters that an entry of the journal adds to each thing that a handler says: addresses, numbers, trace. */
  entryOverheadMax: 1_024,
  /** Results of one actor that its journal does not know yet: one more after each crash, until its message has come again. */
  inboxOwedMax: 32,
  /** Messages that wait in an outbox are published so many at a time, in so many parts that processes share. */
  outboxPartsMax: 64,
  outboxPartsDefault: 8,
  outboxBatchMax: 500,
  /** How often an idle relay looks for messages without being woken, and for parts that nobody has. */
  outboxPollMs: 1_000,
  outboxFailurePauseMsMin: 100,
  outboxFailurePauseMsMax: 5_000,
} as const
