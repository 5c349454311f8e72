// Posts OTLP requests to a collector over HTTP/1.1, on a connection that Node keeps; tries again on what passes, within a time.
import { readFileSync } from "node:fs"
import { type IncomingMessage, request as httpRequest } from "node:http"
import { request as httpsRequest, type RequestOptions } from "node:https"
import { setTimeout as pause } from "node:timers/promises"
import { gzip } from "node:zlib"
import { Fault } from "../kernel/fault.ts"
import { limits } from "../kernel/limits.ts"

export interface OtlpPostOptions {
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  /** One batch, tries included. */
  readonly timeoutMs: number
  readonly compression?: "gzip" | undefined
  /** Paths of PEM files, for https. */
  readonly tls?: { readonly ca?: string | undefined; readonly key?: string | undefined; readonly cert?: string | undefined }
}

/** Rejects with CollectorFault or BatchRefused. */
export type OtlpPost = (body: Uint8Array) => Promise<void>

/** The collector did not take a batch. Its address is not in the message: it may hold a password. */
class CollectorFault extends Fault {
  readonly _tag = "CollectorFault"
  readonly code = "COLLECTOR_FAILED"
  readonly retry = "later"
}

/** It does not want this one. */
class BatchRefused extends Fault {
  readonly _tag = "BatchRefused"
  readonly code = "BATCH_REFUSED"
  readonly retry = "never"
}

/** What passes, by the OTLP specification. */
const passing = new Set([429, 502, 503, 504])

export function otlpPost(options: OtlpPostOptions): OtlpPost {
  const url = new URL(options.url)
  const target: RequestOptions = {
    method: "POST",
    protocol: url.protocol,
    hostname: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: url.port,
    path: `${url.pathname}${url.search}`,
    ...tlsOf(options),
    ...(url.username === "" ? {} : { auth: `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}` }),
  }
  return async (bytes) => {
    const deadline = AbortSignal.timeout(options.timeoutMs)
    const body = options.compression === "gzip" ? await zipped(bytes) : bytes
    const headers = {
      ...options.headers,
      "content-type": "application/x-protobuf",
      "content-length": String(body.length),
      ...(options.compression === "gzip" ? { "content-encoding": "gzip" } : {}),
    }
    for (let retryMs = limits.traceRetryMs; ; retryMs *= 2) {
      const { status, error, afterMs } = await once({ ...target, headers, signal: deadline }, body)
      if (status !== undefined && status >= 200 && status < 300) return
      const what = status === undefined ? (error ?? "no answer") : `it answered ${status}`
      if (deadline.aborted) throw new CollectorFault(`no success within ${options.timeoutMs} ms: ${what}`)
      if (status !== undefined && !passing.has(status)) throw new BatchRefused(what)
      await pause(afterMs ?? retryMs, undefined, { signal: deadline, ref: false }).catch(() => {
        throw new CollectorFault(`no success within ${options.timeoutMs} ms: ${what}`)
      })
    }
  }
}

/** Read once: what cannot be read is an error of the start. */
function tlsOf({ tls = {} }: OtlpPostOptions): Pick<RequestOptions, "ca" | "key" | "cert"> {
  const named = Object.entries(tls).flatMap(([name, path]) => (path === undefined ? [] : [[name, readFileSync(path)] as const]))
  return Object.fromEntries(named)
}

interface Answer {
  readonly status?: number | undefined
  readonly error?: string
  readonly afterMs?: number
}

/** Never rejects. */
function once(options: RequestOptions, body: Uint8Array): Promise<Answer> {
  return new Promise((resolve) => {
    const send = options.protocol === "https:" ? httpsRequest : httpRequest
    const fail = ({ code, name }: NodeJS.ErrnoException) => resolve({ error: code ?? name })
    const request = send(options, (response: IncomingMessage) => {
      const after = Number(response.headers["retry-after"])
      const afterMs = Number.isFinite(after) ? { afterMs: after * 1000 } : {}
      response.once("end", () => resolve({ status: response.statusCode, ...afterMs }))
      response.once("error", fail)
      response.once("close", () => resolve({ status: response.statusCode, ...afterMs }))
      response.resume()
    })
    request.once("error", fail)
    request.end(body)
  })
}

function zipped(bytes: Uint8Array): Promise<Uint8Array> {
  return new Promise((resolve, reject) => gzip(bytes, (error, packed) => (error === null ? resolve(packed) : reject(error))))
}
