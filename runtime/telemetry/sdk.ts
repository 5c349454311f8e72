// The OpenTelemetry SDK, put together: one exporter and one queue for the process, a tracer per actor type on it, and
// NodeSDK for the process itself, so that spans and metrics of the user's own instrumentation go the same way.
// Gotcha: what NodeSDK is not told it takes from the environment, logs to a collector included; those are off.
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto"
import { NodeSDK } from "@opentelemetry/sdk-node"
import { ParentBasedSampler, TraceIdRatioBasedSampler } from "@opentelemetry/sdk-trace"
import type { Metrics } from "../delivery/stats.ts"
import type { Telemetry } from "../ports/telemetry.ts"
import { observeMetrics, whileProvided, withMetricVariables } from "./metrics.ts"
import { providersFor, resourceOf } from "./providers.ts"
import { SpanOutlet, whilePossible, type SpanCounts } from "./span-outlet.ts"
import { openTelemetry } from "./tracing.ts"

export interface SdkOptions {
  readonly services: readonly string[]
  readonly namespace: string
  readonly instanceId: string
  readonly ratio: number
  readonly tracesUrl: string
  /** Absent: no metrics. */
  readonly metricsUrl: string | undefined
  readonly metricsEveryMs: number
  readonly exportTimeoutMs: number
  readonly warn: (message: string) => void
}

export interface Sdk {
  readonly telemetry: Telemetry
  counts(): SpanCounts
  observe(read: () => Metrics): void
  /** Never rejects; may take as long as the collector does. */
  stop(): Promise<unknown>
}

export function startSdk(options: SdkOptions): Sdk {
  const exporter = new OTLPTraceExporter({ url: options.tracesUrl, timeoutMillis: options.exportTimeoutMs })
  const outlet = new SpanOutlet(exporter, options.warn)
  const sampler = whilePossible(outlet, new TraceIdRatioBasedSampler(options.ratio))
  const { metricsUrl } = options
  const configuration = {
    resource: resourceOf(options.namespace, options),
    autoDetectResources: false,
    sampler: new ParentBasedSampler({ root: sampler }),
    spanProcessors: [outlet],
    logRecordProcessors: [],
    instrumentations: [],
  }
  const sdk =
    metricsUrl === undefined
      ? new NodeSDK({ ...configuration, metricReaders: [] })
      : withMetricVariables({ ...options, metricsUrl }, () => new NodeSDK(configuration))
  const forgetMeters = whileProvided(() => sdk.start())
  return {
    telemetry: openTelemetry(providersFor({ ...options, processor: outlet, sampler })),
    counts: () => outlet.counts,
    observe: (read) => {
      if (metricsUrl !== undefined) observeMetrics(read)
    },
    // Both: a NodeSDK that OTEL_SDK_DISABLED has switched off does not stop the outlet.
    stop: async () => {
      await Promise.allSettled([sdk.shutdown(), outlet.shutdown()])
      forgetMeters()
    },
  }
}
