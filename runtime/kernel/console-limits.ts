// The bounds of what is served over HTTP: health, and the console with its read model and API. Part of `limits`.

export const consoleLimits = {
  /** One request for health, and how many may be under way. */
  healthRequestMs: 5_000,
  healthConnectionsMax: 64,
  /** What is projected in one transaction, and how long it may stay open while there is more to read. */
  projectionBlocksMax: 500,
  projectionOpenMs: 100,
  /** In a process that also runs the app: after so much work on the read model everything else has its turn, and for so long. */
  projectionSliceMs: 2,
  projectionRestMs: 5,
  /** In a process of its own: how long a request may have to wait for it. */
  projectionAloneSliceMs: 20,
  /** Pause after the journals could not be read. */
  projectionRetryMs: 1_000,
  /** How often places in the journals are forgotten that are not kept there any more, and sagas looked at in one turn. */
  projectionPruneMs: 10 * 60_000,
  projectionPruneSagas: 5_000,
  /** How long rates and orders are kept. */
  ratesKeptMs: 7 * 86_400_000,
  ordersKeptMs: 365 * 86_400_000,
  /** Sagas, parked records or orders in one page; conditions on attributes in one search. */
  searchPageMax: 200,
  searchConditionsMax: 8,
  /** Causes that a grouped list of parked records tells. */
  parkedGroupsMax: 200,
  /** Journal blocks that are kept decoded for those who look at one saga after the other. */
  consoleBlocksCached: 64,
  consoleBlockBytesCached: 32 * 1024 * 1024,
  /** The body of one request. */
  consoleBodyBytesMax: 512 * 1024,
  /** One request without its answer; connections; listeners to what changes. */
  consoleRequestMs: 10_000,
  consoleConnectionsMax: 256,
  consoleListenersMax: 64,
  /** How long a session lasts. */
  consoleSessionMs: 12 * 3_600_000,
  /** Characters of a token: too many to be guessed. */
  consoleTokenLengthMin: 16,
  /** How long an order's answer waits until the read model shows it. */
  consoleShownMs: 2_000,
  /** How long an order to the app may take. */
  consoleOrderMs: 15_000,
  /** How often listeners are told what has changed, and that the connection lives; changed sagas in one message. */
  consoleLiveMs: 1_000,
  consoleLiveBeatMs: 15_000,
  consoleLiveSagasMax: 100,
  /** How often somebody who awaits a saga's end asks its owner although nothing has changed. */
  consoleAwaitLookMs: 5_000,
  /** Parked records that one order names, and that one order by a filter touches. */
  parkedOrderItemsMax: 500,
} as const
