// Spans as OTLP's protobuf: opentelemetry/proto/trace/v1/trace.proto, whose field numbers these are. A span is written when
// it ends, after its block was committed and handed on, straight into the bytes that will be sent: nothing is kept of it.
import { limits } from "../kernel/limits.ts"
import { names } from "./names.ts"
import { ProtobufWriter } from "./protobuf.ts"
import type { AttributeList, AttributeValue, SpanForm, SpanRecord } from "./span-record.ts"
import type { ResourceOf, SpanEncoder } from "./span-queue.ts"

export class ProtobufSpans implements SpanEncoder {
  readonly #resourceOf: ResourceOf
  /** Finished spans by `service.name`, as fields of a ScopeSpans. */
  readonly #services = new Map<string, ProtobufWriter>()
  readonly #resources = new Map<string, Uint8Array>()

  constructor(resourceOf: ResourceOf) {
    this.#resourceOf = resourceOf
  }

  add(span: SpanRecord): void {
    const { service } = span.form
    let writer = this.#services.get(service)
    if (writer === undefined) this.#services.set(service, (writer = new ProtobufWriter()))
    writeSpan(writer, span)
  }

  take(): Uint8Array {
    const request = new ProtobufWriter()
    for (const [service, spans] of this.#services) {
      if (spans.length === 0) continue
      const resourceSpans = request.begin(1)
      request.raw(this.#resource(service))
      const scopeSpans = request.begin(2)
      request.raw(scope)
      request.raw(spans.written)
      request.end(scopeSpans)
      request.end(resourceSpans)
      spans.clear()
    }
    return request.written
  }

  #resource(service: string): Uint8Array {
    const known = this.#resources.get(service)
    if (known !== undefined) return known
    const made = fields((writer) => {
      const resource = writer.begin(1)
      writeAttributes(writer, 1, this.#resourceOf(service))
      writer.end(resource)
    })
    this.#resources.set(service, made)
    return made
  }
}

const scope = fields((writer) => {
  const start = writer.begin(1)
  writer.text(1, names.scope)
  writer.end(start)
})

function fields(write: (writer: ProtobufWriter) => void): Uint8Array {
  const writer = new ProtobufWriter()
  write(writer)
  return Uint8Array.from(writer.written)
}

/** Name, kind and attributes of a form. */
const forms = new WeakMap<SpanForm, Uint8Array>()

function formFields(form: SpanForm): Uint8Array {
  let made = forms.get(form)
  if (made === undefined) {
    made = fields((writer) => {
      writer.text(5, form.name)
      writer.varint(6, form.kind)
      writeAttributes(writer, 9, form.attributes)
    })
    forms.set(form, made)
  }
  return made
}

function writeSpan(writer: ProtobufWriter, span: SpanRecord): void {
  const { parentSpanId, status } = span
  const start = writer.begin(2)
  writer.hex(1, span.traceId)
  writer.hex(2, span.spanId)
  if (parentSpanId !== undefined) writer.hex(4, parentSpanId)
  writer.raw(formFields(span.form))
  writer.nanos(7, span.startMs)
  writer.nanos(8, Math.max(span.startMs, span.endMs))
  writeAttributes(writer, 9, span.attributes)
  for (const event of span.events) {
    const at = writer.begin(11)
    writer.nanos(1, event.timeMs)
    writer.text(2, event.name)
    writeAttributes(writer, 3, event.attributes)
    writer.end(at)
  }
  for (const link of span.links) {
    const at = writer.begin(13)
    writer.hex(1, link.traceId)
    writer.hex(2, link.spanId)
    writer.fixed32(6, link.sampled ? 1 : 0)
    writer.end(at)
  }
  if (status !== undefined) {
    const at = writer.begin(15)
    if (status.message !== undefined) writer.text(2, status.message)
    writer.varint(3, status.code)
    writer.end(at)
  }
  writer.fixed32(16, 1)
  writer.end(start)
}

export function writeAttributes(writer: ProtobufWriter, field: number, attributes: AttributeList): void {
  for (let n = 0; n < attributes.length; n += 2) {
    const value = attributes[n + 1]
    if (value === undefined) continue
    const start = writer.begin(field)
    writer.raw(keyField(String(attributes[n])))
    const at = writer.begin(2)
    writeValue(writer, value)
    writer.end(at)
    writer.end(start)
  }
}

const keys = new Map<string, Uint8Array>()

/** The names of attributes are few; a user's own may be many. */
function keyField(name: string): Uint8Array {
  const known = keys.get(name)
  if (known !== undefined) return known
  const made = fields((writer) => writer.text(1, name))
  if (keys.size < limits.traceNamesKept) keys.set(name, made)
  return made
}

function writeValue(writer: ProtobufWriter, value: AttributeValue): void {
  if (typeof value === "string") return writer.text(1, cut(value))
  if (typeof value === "boolean") return writer.varint(2, value ? 1 : 0)
  if (typeof value === "number") return Number.isSafeInteger(value) ? writer.int64(3, value) : writer.double(4, value)
  const start = writer.begin(5)
  for (const each of value) {
    const at = writer.begin(1)
    writeValue(writer, each)
    writer.end(at)
  }
  writer.end(start)
}

export function cut(text: string): string {
  return text.length > limits.traceAttributeLengthMax ? text.slice(0, limits.traceAttributeLengthMax) : text
}
