// The standard variables of OpenTelemetry that Troupe follows, read from the environment that the host hands in. NodeSDK
// reads those of metrics, of propagators and of the limits of the user's own spans itself.
import { limits } from "../kernel/limits.ts"
import { InvalidInput } from "../kernel/fault.ts"

export interface OtelVariables {
  /** OTEL_SDK_DISABLED: no telemetry leaves at all. */
  readonly disabled?: boolean
  /** OTEL_TRACES_EXPORTER=none: no spans leave. */
  readonly tracesOff?: boolean
  /** OTEL_LOGS_EXPORTER=otlp: lines of the log leave too. */
  readonly logsOn?: boolean
  /** From OTEL_TRACES_SAMPLER and OTEL_TRACES_SAMPLER_ARG: the part of traces that is recorded. */
  readonly ratio?: number
  /** OTEL_RESOURCE_ATTRIBUTES, and OTEL_SERVICE_NAME as `service.name`. */
  readonly resource?: Readonly<Record<string, string>>
  /** OTEL_EXPORTER_OTLP_HEADERS, those for traces before them. */
  readonly headers?: Readonly<Record<string, string>>
  readonly timeoutMs?: number
  readonly compression?: "gzip"
  readonly tls?: { readonly ca?: string | undefined; readonly key?: string | undefined; readonly cert?: string | undefined }
  /** OTEL_BSP_SCHEDULE_DELAY, OTEL_BSP_MAX_QUEUE_SIZE, OTEL_BSP_MAX_EXPORT_BATCH_SIZE. */
  readonly delayMs?: number
  readonly spansMax?: number
  readonly batchSpansMax?: number
  /** What was asked for and is not done, in words. */
  readonly unheeded?: readonly string[]
}

type Value = (name: string) => string | undefined

/** Empty variables count as not set. Throws InvalidInput for a sampler's argument that is no ratio. */
export function readOtelVariables(variables: Readonly<Record<string, string | undefined>>): OtelVariables {
  const value: Value = (name) => (variables[name] === "" ? undefined : variables[name])
  const ofTraces: Value = (name) => value(`OTEL_EXPORTER_OTLP_TRACES_${name}`) ?? value(`OTEL_EXPORTER_OTLP_${name}`)
  const unheeded: string[] = []
  const protocol = ofTraces("PROTOCOL")
  if (protocol !== undefined && protocol !== "http/protobuf")
    unheeded.push(`OTEL_EXPORTER_OTLP_PROTOCOL is ${protocol}: traces are sent by http/protobuf, as a rule to port 4318`)
  const exporter = value("OTEL_TRACES_EXPORTER")
  if (exporter !== undefined && exporter !== "otlp" && exporter !== "none")
    unheeded.push(`OTEL_TRACES_EXPORTER is ${exporter}: only otlp and none are known, and otlp is taken`)
  return {
    ...optional("disabled", value("OTEL_SDK_DISABLED")?.toLowerCase() === "true" || undefined),
    ...optional("tracesOff", exporter === "none" || undefined),
    ...optional("logsOn", value("OTEL_LOGS_EXPORTER") === "otlp" || undefined),
    ...optional("ratio", ratioOf(value, unheeded)),
    ...optional("resource", resourceOf(value)),
    ...optional("headers", pairs(ofTraces("HEADERS"))),
    ...optional("timeoutMs", wholeNumber(ofTraces("TIMEOUT"))),
    ...optional("compression", ofTraces("COMPRESSION") === "gzip" ? "gzip" : undefined),
    ...optional("tls", tlsOf(ofTraces)),
    ...optional("delayMs", wholeNumber(value("OTEL_BSP_SCHEDULE_DELAY"))),
    ...optional("spansMax", atMost(limits.traceQueueSpansMax, value("OTEL_BSP_MAX_QUEUE_SIZE"))),
    ...optional("batchSpansMax", atMost(limits.traceBatchSpansMax, value("OTEL_BSP_MAX_EXPORT_BATCH_SIZE"))),
    ...optional("unheeded", unheeded.length > 0 ? unheeded : undefined),
  }
}

function optional<Name extends string, Given>(name: Name, given: Given | undefined): { readonly [K in Name]?: Given } {
  // cast: a record of this one name
  return (given === undefined ? {} : { [name]: given }) as { readonly [K in Name]?: Given }
}

function ratioOf(value: Value, unheeded: string[]): number | undefined {
  const sampler = value("OTEL_TRACES_SAMPLER")?.replace(/^parentbased_/, "")
  if (sampler === undefined) return undefined
  if (sampler === "always_on") return 1
  if (sampler === "always_off") return 0
  if (sampler !== "traceidratio") {
    unheeded.push(`OTEL_TRACES_SAMPLER is ${sampler}, which is not known: all traces are recorded`)
    return undefined
  }
  const ratio = Number(value("OTEL_TRACES_SAMPLER_ARG") ?? "1")
  if (ratio >= 0 && ratio <= 1) return ratio
  throw new InvalidInput("OTEL_TRACES_SAMPLER_ARG must be a number from 0 to 1: the part of traces to record")
}

function resourceOf(value: Value): Readonly<Record<string, string>> | undefined {
  const name = value("OTEL_SERVICE_NAME")
  const given = pairs(value("OTEL_RESOURCE_ATTRIBUTES"))
  return name === undefined ? given : { ...given, "service.name": name }
}

/** `a=b,c=d` with percent-encoded values. What does not fit is left out, as the specification says. */
function pairs(text: string | undefined): Readonly<Record<string, string>> | undefined {
  if (text === undefined) return undefined
  const found = text.split(",").flatMap((pair): [string, string][] => {
    const at = pair.indexOf("=")
    if (at <= 0) return []
    try {
      return [[pair.slice(0, at).trim(), decodeURIComponent(pair.slice(at + 1).trim())]]
    } catch {
      return []
    }
  })
  return found.length === 0 ? undefined : Object.fromEntries(found)
}

function tlsOf(ofTraces: Value): OtelVariables["tls"] {
  const [ca, key, cert] = [ofTraces("CERTIFICATE"), ofTraces("CLIENT_KEY"), ofTraces("CLIENT_CERTIFICATE")]
  return ca === undefined && key === undefined && cert === undefined ? undefined : { ca, key, cert }
}

function wholeNumber(text: string | undefined): number | undefined {
  const number = Number(text)
  return text !== undefined && Number.isInteger(number) && number > 0 ? number : undefined
}

function atMost(max: number, text: string | undefined): number | undefined {
  const number = wholeNumber(text)
  return number === undefined ? undefined : Math.min(max, number)
}
