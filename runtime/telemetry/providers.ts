// One tracer provider per actor type, so that each has its own `service.name` and Jaeger draws one box per actor type.
// They share the way out, the sampling decision and the source of ids.
import type { Tracer } from "@opentelemetry/api"
import { ROOT_CONTEXT, SpanKind } from "@opentelemetry/api"
import { defaultResource, resourceFromAttributes, type Resource } from "@opentelemetry/resources"
import { ParentBasedSampler, SamplingDecision, TracerProvider, type Sampler, type SpanProcessor } from "@opentelemetry/sdk-trace"
import { limits } from "../kernel/limits.ts"
import { names } from "./names.ts"
import { SagaIds } from "./saga-ids.ts"

export interface Providers {
  /** Service name -> the tracer that speaks for it. */
  readonly tracers: ReadonlyMap<string, Tracer>
  readonly ids: SagaIds
  /** Whether a trace of this id is recorded: by ratio of the id, so that all processes decide alike. */
  sampled(traceId: string): boolean
}

export interface ProvidersOptions {
  readonly services: readonly string[]
  readonly namespace: string
  readonly instanceId: string
  readonly processor: SpanProcessor
  /** Decides for traces that begin here; all others follow the span that sent the message. */
  readonly sampler: Sampler
}

export function providersFor(options: ProvidersOptions): Providers {
  const ids = new SagaIds()
  const sampler = new ParentBasedSampler({ root: options.sampler })
  const tracers = new Map<string, Tracer>()
  for (const service of options.services) {
    const provider = new TracerProvider({
      resource: resourceOf(service, options),
      sampler,
      idGenerator: ids,
      spanProcessors: [options.processor],
      spanLimits: { attributeValueLengthLimit: limits.traceAttributeLengthMax },
    })
    tracers.set(service, provider.getTracer(names.scope))
  }
  return {
    tracers,
    ids,
    sampled: (traceId) =>
      options.sampler.shouldSample(ROOT_CONTEXT, traceId, "", SpanKind.CONSUMER, {}, []).decision ===
      SamplingDecision.RECORD_AND_SAMPLED,
  }
}

export function resourceOf(service: string, of: { readonly namespace: string; readonly instanceId: string }): Resource {
  return defaultResource().merge(
    resourceFromAttributes({
      "service.name": service,
      "service.namespace": of.namespace,
      "service.instance.id": of.instanceId,
    }),
  )
}
