// Bounds of what is told of an app while it runs: traces, metrics, and who they are sent to. They are part of `limits`.

export const telemetryLimits = {
  /** Finished spans that wait to be exported; at half of it no new trace is begun, at all of it spans are dropped. */
  traceQueueSpansMax: 16_384,
  /** Spans in one request to the collector, and the longest that a span waits for its batch to fill. */
  traceBatchSpansMax: 2048,
  traceFlushDelayMs: 500,
  /** The pause before a batch is sent again; doubled with each try. */
  traceRetryMs: 250,
  /** Names of spans and attributes whose encoding is kept. */
  traceNamesKept: 2_000,
  /** Sagas of one name whose trace a process remembers, so that it need not compute it again. */
  traceSagasKept: 4_096,
  /** A saga that is older than this is slow: what happens to it from then on is traced, chosen or not. */
  traceSlowSagaMs: 60_000,
  /** A file of traces; a full one is kept beside it, the one before that is deleted. */
  traceFileBytesMax: 64 * 1024 ** 2,
  /** One batch, tries included; then it is dropped. Below the bound of the shutdown, which sends the last ones. */
  traceExportTimeoutMs: 4_000,
  traceShutdownMaxMs: 5_000,
  /** Pause between two exports of metrics. */
  metricsEveryMs: 10_000,
  /** Upper bounds of the ranges in which durations are counted, in seconds: of calls and blocks, and of whole sagas. */
  durationBoundsS: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
  sagaDurationBoundsS: [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60, 300, 3_600, 86_400, 604_800],
  /** Characters of one attribute of a span. */
  traceAttributeLengthMax: 512,
  /** How long a start looks for a collector on this machine. */
  collectorProbeMs: 200,
} as const
