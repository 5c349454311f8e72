// What lanes carry between processes, as text: frames of records, confirmations, and that a partition is ready. Whoever may
// publish below the namespace can send anything to a lane's subject, and a callback that throws ends the reading of the
// whole connection, so nothing is handed on that does not have the shape of what was sent.
import { limits } from "../kernel/limits.ts"
import type { Message } from "../message/message.ts"
import type { Confirmation, LaneFrame } from "../ports/lanes.ts"

export type Wire =
  | { readonly type: "frame"; readonly frame: LaneFrame }
  | { readonly type: "confirmation"; readonly confirmation: Confirmation }
  | { readonly type: "ready"; readonly partition: number; readonly process: string }

/** The frame in pieces below the server's payload limit, in order; a record too large for one was refused when decided. */
export function encodeFrame(frame: LaneFrame): readonly string[] {
  const { messages: _, first: __, ...rest } = frame
  const head = JSON.stringify(rest).slice(0, -1)
  const pieces: string[] = []
  let texts: string[] = []
  let bytes = 0
  const cut = (next: number) => {
    const first = next - texts.length
    if (texts.length > 0) pieces.push(`{"type":"frame","frame":${head},"first":${first},"messages":[${texts.join(",")}]}}`)
    texts = []
    bytes = 0
  }
  for (const [index, message] of frame.messages.entries()) {
    const text = JSON.stringify(message)
    const size = Buffer.byteLength(text, "utf8")
    if (bytes + size > limits.frameBytesMax) cut(frame.first + index)
    texts.push(text)
    bytes += size
  }
  cut(frame.first + frame.messages.length)
  return pieces
}

export function encodeWire(wire: Exclude<Wire, { readonly type: "frame" }>): string {
  return JSON.stringify(wire)
}

/** What `encodeFrame` or `encodeWire` wrote; undefined for anything else. */
export function readWire(text: string): Wire | undefined {
  const value = parse(text)
  if (!isObject(value)) return undefined
  const { type, frame, confirmation, partition, process } = value
  if (type === "frame" && isFrame(frame)) return { type, frame }
  if (type === "confirmation" && isConfirmation(confirmation)) return { type, confirmation }
  if (type === "ready" && isPartition(partition) && typeof process === "string") return { type, partition, process }
  return undefined
}

function isFrame(value: unknown): value is LaneFrame {
  if (!isObject(value) || !isChannel(value)) return false
  const { first, messages, confirmed, claims, repliesTo } = value
  if (confirmed !== undefined && !isCount(confirmed)) return false
  if (repliesTo !== undefined && !isCount(repliesTo)) return false
  if (claims !== undefined && !(Array.isArray(claims) && claims.every(isClaimRun))) return false
  return isCount(first) && first > 0 && Array.isArray(messages) && messages.every(isMessage)
}

function isConfirmation(value: unknown): value is Confirmation {
  if (!isObject(value) || !isChannel(value)) return false
  const { low, resend, claim } = value
  return isCount(low) && (claim === undefined || typeof claim === "string") && (resend === undefined || resend === true)
}

function isClaimRun(value: unknown): boolean {
  return Array.isArray(value) && isCount(value[0]) && typeof value[1] === "string"
}

function isChannel({ incarnation, source, destination, lane }: Readonly<Record<string, unknown>>): boolean {
  const isLane = lane === "commands" || lane === "replies"
  return isLane && typeof incarnation === "string" && isPartition(source) && isPartition(destination)
}

/** One line for each type there is, so that a new one cannot be forgotten here and then be lost for ever. */
const shapes: Readonly<Record<Message["type"], (message: Readonly<Record<string, unknown>>) => boolean>> = {
  command: ({ name, effect }) => typeof name === "string" && typeof effect === "string",
  reply: ({ effect, outcome }) => typeof effect === "string" && isObject(outcome),
  event: ({ name, id, source }) => typeof name === "string" && typeof id === "string" && typeof source === "string",
  settled: ({ scope }) => typeof scope === "string",
  // Stays in its partition.
  timer: () => false,
}

function isMessage(value: unknown): value is Message {
  if (!isObject(value) || !isObject(value["to"])) return false
  const { type, to } = value
  if (typeof to["service"] !== "string" || typeof to["key"] !== "string") return false
  // cast: looked up only if it is a key
  return typeof type === "string" && Object.hasOwn(shapes, type) && shapes[type as Message["type"]](value)
}

function isPartition(value: unknown): value is number {
  return isCount(value) && value < limits.partitionsMax
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
