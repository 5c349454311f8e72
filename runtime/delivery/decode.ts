// decode: bytes to typed records. What cannot be read is parked with its bytes; it is never dropped and never a crash.
import { describeError, Fault } from "../kernel/fault.ts"
import { limits } from "../kernel/limits.ts"
import type { Entry, ParkedEntry } from "../message/block.ts"
import { readFact } from "../message/fact.ts"
import { decodeInput } from "../message/input.ts"
import type { Message } from "../message/message.ts"
import { decodeFrame, peerHeader } from "../message/peer.ts"
import type { InputPosition, InputRecord, InputSource } from "../ports/inputs.ts"
import type { Channel } from "./channel.ts"
import { factChannel, groupChannel, peerChannel } from "./channel-id.ts"
import type { Group, Work } from "./inbound.ts"

export interface DecodedWork {
  readonly number: number
  /** Marks that this record moves besides its stream position. */
  readonly marks: Entry["from"]
  readonly work: Work
}

/** The commands of one input block, numbered by the block's stream position and their place in it. */
export function decodeExternal(record: InputRecord): readonly DecodedWork[] {
  if (record.headers[peerHeader] !== undefined) return decodePeer(record, "external")
  const base = record.number * limits.inputRecordsMax
  try {
    return decodeInput(record.bytes).map((message, index) => ({
      number: base + index,
      marks: [],
      work: { type: "message", message },
    }))
  } catch (error) {
    return [{ number: base, marks: [], work: { type: "park", parked: parkedBytes("external", record, error) } }]
  }
}

/** The records of one frame of another app: besides its stream position each moves the mark of its source. */
export function decodePeer(record: InputRecord, source: "external" | "replies"): readonly DecodedWork[] {
  const base = record.number * limits.inputRecordsMax
  try {
    const frame = decodeFrame(record.headers[peerHeader] ?? "", record.bytes)
    const channel = peerChannel(frame.incarnation, frame.source, frame.lane)
    return frame.messages.map((message, index) => ({
      number: base + index,
      marks: [[channel, frame.first + index]],
      work: { type: "message", message },
    }))
  } catch (error) {
    return [{ number: base, marks: [], work: { type: "park", parked: parkedBytes(source, record, error) } }]
  }
}

/** The stream position (as `InputReader` counts) below which everything is decided, from a channel's low mark. */
export function positionOf(low: number): number {
  return Math.max(0, streamPosition(low) - 1)
}

/** Where the next owner begins to read a stream, and what must be true of it. */
export function inputPosition({ low, decided, last }: Pick<Channel, "low" | "decided" | "last">, stream: string): InputPosition {
  const seen = streamPosition(Math.max(low, ...decided))
  return { stream, after: positionOf(low), seen, ...(last?.[0] === seen ? { digest: last[1] } : {}) }
}

/** The stream position of the record that a number was made from. */
export function streamPosition(number: number): number {
  return Math.floor(number / limits.inputRecordsMax)
}

/** One fact. Who gets it is decided in its turn: by then a service may have been reset. `group`: read for one alone. */
export function decodeEvent(record: InputRecord, group?: Group): readonly DecodedWork[] {
  const number = record.number * limits.inputRecordsMax
  const { bytes, headers, number: position } = record
  const of = group === undefined ? {} : { group }
  try {
    const { event, mark } = readFact(headers, bytes)
    const work: Work = { type: "event", event, position, bytes, headers, ...of }
    if (mark === undefined) return [{ number, marks: [], work }]
    const channel = factChannel(mark.incarnation, mark.source, mark.eventPartition)
    const own = group === undefined ? channel : groupChannel(channel, group.service, group.generation)
    return [{ number, marks: [[own, mark.number]], work }]
  } catch (error) {
    const parked = { ...parkedBytes("events", record, error), position }
    return [{ number, marks: [], work: { type: "park", parked: group === undefined ? parked : parkedFor(parked, group) } }]
  }
}

/** What is set aside for one service alone. */
export function parkedFor<Parked extends { readonly id: string }>(parked: Parked, { service, generation }: Group) {
  const id = `${parked.id} ${service}${generation > 1 ? `.${generation}` : ""}`
  return { ...parked, id, service, ...(generation > 1 ? { generation } : {}) }
}

/** What parked bytes of other apps or clients say, now that it can perhaps be read. Throws like the first time if not. */
export function decodeAgain({ bytes = "", headers = {} }: ParkedEntry): readonly Message[] {
  const body = Buffer.from(bytes, "base64")
  const mark = headers[peerHeader]
  return mark === undefined ? decodeInput(body) : decodeFrame(mark, body).messages
}

export function parkedBytes(source: InputSource, record: InputRecord, error: unknown): Omit<ParkedEntry, "atMs"> {
  return {
    id: `${source}#${record.number}`,
    source,
    headers: record.headers,
    code: error instanceof Fault ? error.code : "UNREADABLE",
    message: describeError(error),
    bytes: Buffer.from(record.bytes.subarray(0, limits.decisionBytesMax / 2)).toString("base64"),
  }
}
