// The bounds of sagas, of monitors and of what checks them. Part of `limits`.

export const sagaLimits = {
  /** Days for which an ended saga answers those who start it again, unless its definition says otherwise. */
  endedSagaKeptDays: 30,
  /** Days for which a monitor keeps what has come to its end, unless its definition says otherwise. */
  endedMonitorKeptDays: 30,
  /** The latest alarms that a monitor keeps of each key. */
  monitorAlarmsKeptMax: 16,
  /** Requesters that one saga answers when it ends. */
  waitersPerSagaMax: 16,
  /** Signals, events or completed tokens that one wait of a saga keeps before it has begun. */
  earlyArrivalsMax: 64,
  /** Orders of operators and callers that one saga remembers. */
  ordersPerSagaKept: 32,
  /** What one saga is found by, and characters of one of it. */
  attributesPerSagaMax: 32,
  attributeTextMax: 256,
  /** Updates that one saga takes. */
  updatesPerSagaMax: 64,
  /** Rounds of one loop of a saga. */
  loopRoundsMax: 1000,
  /** Commands that one saga with a raw machine sends in its life, and what it has open at once: commands and delays. */
  machineCommandsMax: 1000,
  machineOpenMax: 512,
  /** Items of one fan-out step: their commands fit one decision. */
  fanOutItemsMax: 512,
  /** Steps of one saga definition. */
  sagaStepsMax: 64,
  /** Sagas that a migration tells to change their version at the same time, and in a second, unless it is told otherwise. */
  migrationsUnderWayMax: 32,
  migrationsPerSecond: 500,
  /** Keys that a plan of a migration names of each group of sagas. */
  migrationKeysTold: 10,
  /** Tries after the first that a saga's step may ask for. */
  retriesPerCommandMax: 1000,
  /** What the checker of sagas looks at unless it is told otherwise: tries after the first, rounds of a loop. */
  checkRetriesMax: 1,
  checkRoundsMax: 2,
  /** Situations that it goes through one by one, and random walks beyond them, each of so many decisions at the most. */
  checkSituationsMax: 100_000,
  checkWalks: 100,
  checkWalkStepsMax: 2_000,
} as const
