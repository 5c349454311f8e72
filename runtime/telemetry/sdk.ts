// The OpenTelemetry SDK beside our own spans: NodeSDK for the process itself, so that spans and metrics of the user's own
// instrumentation go the same way, and context reaches them.
// Gotcha: what NodeSDK is not told it takes from the environment, logs to a collector included; those are off.
import { resourceFromAttributes } from "@opentelemetry/resources"
import { NodeSDK } from "@opentelemetry/sdk-node"
import { ParentBasedSampler, TraceIdRatioBasedSampler } from "@opentelemetry/sdk-trace"
import type { Timed } from "../delivery/stats.ts"
import { silent, type Telemetry } from "../ports/telemetry.ts"
import type { LogLine } from "./log.ts"
import { emitLine } from "./log-records.ts"
import type { Shown } from "./metric-points.ts"
import { whileProvided, withLogVariables, withMetricVariables } from "./metric-variables.ts"
import { durationMetrics, observeMetrics } from "./metrics.ts"
import { Sampling } from "./sampling.ts"
import type { SpanCounts } from "./span-queue.ts"
import type { AttributeList } from "./span-record.ts"
import { openTelemetry } from "./tracing.ts"
import { userSpans, whilePossible } from "./user-spans.ts"
import type { OtelVariables } from "./variables.ts"
import { WaysOut } from "./ways-out.ts"

export interface SdkOptions {
  readonly services: readonly string[]
  readonly namespace: string
  readonly instanceId: string
  readonly ratio: number
  readonly slowMs: number
  /** Absent: spans go to no collector. */
  readonly tracesUrl: string | undefined
  /** Absent: into no file. */
  readonly file: string | undefined
  /** Absent: no metrics. */
  readonly metricsUrl: string | undefined
  /** Absent: no logs. */
  readonly logsUrl: string | undefined
  readonly metricsEveryMs: number
  readonly exportTimeoutMs: number
  readonly variables: OtelVariables
  readonly warn: (message: string) => void
}

export interface Sdk {
  readonly telemetry: Telemetry
  counts(): SpanCounts
  observe(read: () => Shown): void
  /** What is to be told of durations; undefined where no metrics leave. */
  durations(app: string): Timed | undefined
  /** Sends a line of the log; undefined where no logs leave. */
  readonly log: ((line: LogLine) => void) | undefined
  /** Never rejects; may take as long as the collector does. */
  stop(): Promise<unknown>
}

export function startSdk(options: SdkOptions): Sdk {
  const { namespace, ratio, slowMs, metricsUrl, logsUrl } = options
  const own = ownResource(options)
  const sink = new WaysOut({ ...options, resourceOf: (service) => own(service === namespace ? undefined : service) })
  const configuration = {
    resource: resourceFromAttributes(Object.fromEntries(pairsOf(own()))),
    autoDetectResources: false,
    sampler: new ParentBasedSampler({ root: whilePossible(sink, new TraceIdRatioBasedSampler(ratio)) }),
    spanProcessors: [userSpans(sink, namespace)],
    instrumentations: [],
    ...(metricsUrl === undefined ? { metricReaders: [] } : {}),
    ...(logsUrl === undefined ? { logRecordProcessors: [] } : {}),
  }
  const make = () => new NodeSDK(configuration)
  const sdk = metricsUrl === undefined ? make() : withMetricVariables({ ...options, metricsUrl }, make)
  // Its exporter of logs is made when it starts.
  const start = () => (logsUrl === undefined ? sdk.start() : withLogVariables({ ...options, logsUrl }, () => sdk.start()))
  const forgetProviders = whileProvided(start)
  const sampling = new Sampling({ namespace, ratio, slowMs })
  return {
    telemetry: sink.isNowhere ? silent : openTelemetry({ services: new Set(options.services), sampling, sink }),
    counts: () => sink.counts,
    observe: (read) => {
      if (metricsUrl !== undefined) observeMetrics(read)
    },
    log: logsUrl === undefined ? undefined : emitLine,
    durations: (app) => (metricsUrl === undefined ? undefined : durationMetrics(app)),
    stop: async () => {
      await Promise.allSettled([sdk.shutdown(), sink.stop()])
      forgetProviders()
    },
  }
}

/** Resources by `service.name`: an actor type's, or that of the process, which is the namespace unless the user names it. */
function ownResource({ namespace, instanceId, variables }: SdkOptions): (service?: string) => AttributeList {
  const { "service.name": name = namespace, ...given } = variables.resource ?? {}
  const all = (service: string) => ({
    "telemetry.sdk.language": "nodejs",
    "telemetry.sdk.name": "opentelemetry",
    "service.namespace": namespace,
    "service.instance.id": instanceId,
    ...given,
    "service.name": service,
  })
  return (service = name) => Object.entries(all(service)).flat()
}

function pairsOf(list: AttributeList): [string, string][] {
  return list.flatMap((item, index): [string, string][] => (index % 2 === 0 ? [[String(item), String(list[index + 1])]] : []))
}
