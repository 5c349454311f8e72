// Random ids of spans and traces, from a pool of random bytes: two calls into the system for a thousand spans.
import { randomFillSync } from "node:crypto"
import { notZero } from "./saga-trace.ts"

const pool = Buffer.allocUnsafe(8192)
let at = pool.length

function digits(bytes: number): string {
  if (at + bytes > pool.length) {
    randomFillSync(pool)
    at = 0
  }
  at += bytes
  return pool.toString("hex", at - bytes, at)
}

export function newSpanId(): string {
  return notZero(digits(8))
}

export function newTraceId(): string {
  return notZero(digits(16))
}
