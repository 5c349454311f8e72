// Where a process may end while a message passes it. Between two neighbouring points nothing is written, said or called, so
// an end anywhere in between is the same as at the one before it.
import { decodeBlock, type Entry } from "../message/block.ts"
import { readFact } from "../message/fact.ts"
import { decodeInput } from "../message/input.ts"
import { addressText, type EventMessage, type Message } from "../message/message.ts"
import { decodeFrame, peerHeader } from "../message/peer.ts"
import { withId } from "../delivery/past-decision.ts"
import type { InputRecord, InputSource } from "../ports/inputs.ts"

/** In the order in which a message comes by them, with the verb of the delivery that each belongs to. */
export const crashPoints = [
  { name: "arrived", verb: "receive", says: "it has come, and nobody has looked at it" },
  { name: "decision begins", verb: "decide", says: "its actor was loaded, and it is about to be decided" },
  { name: "handler begins", verb: "decide", says: "its handler, which does I/O, is about to be called" },
  { name: "step done", verb: "decide", says: "its handler has done a durable step, which is not journaled" },
  { name: "handler done", verb: "decide", says: "its handler has returned, and nothing of that is stored" },
  { name: "decision made", verb: "decide", says: "it is decided, and waits for its block" },
  { name: "block made", verb: "commit", says: "its block is made, and not stored" },
  { name: "block stored", verb: "commit", says: "its block is stored, and its process never hears of that" },
  { name: "record leaves", verb: "dispatch", says: "it is about to be sent to its partition" },
  { name: "record left", verb: "dispatch", says: "it was sent to its partition" },
  { name: "event leaves", verb: "dispatch", says: "it is about to be published" },
  { name: "event stored", verb: "dispatch", says: "it is published, and its process never hears of that" },
  { name: "mark leaves", verb: "settle", says: "its sender is about to be told that it is decided" },
  { name: "mark left", verb: "settle", says: "its sender was told that it is decided" },
  { name: "answer leaves", verb: "settle", says: "whoever asked is about to be answered" },
  { name: "answer left", verb: "settle", says: "whoever asked was answered" },
] as const

export type CrashPoint = (typeof crashPoints)[number]["name"]

/** A message as a sweep tells it from others, in every run. */
export interface SweptMessage {
  readonly type: Message["type"] | "claim"
  readonly service: string
  readonly key: string
  /** Of the command, event or timer; else what it is. */
  readonly name: string
  /** Effect key of a command, or of the one that a reply answers; `source/id` of an event. */
  readonly id: string
}

export function sweptText({ service, key, name }: SweptMessage): string {
  return `${service}/${key} ${name}`
}

/** The same text for the same message, in every run. */
export function sweptId({ type, service, key, name, id }: SweptMessage): string {
  return JSON.stringify([type, service, key, name, id])
}

export function sweptOf(message: Message): SweptMessage {
  const { type, to: { service, key } } = message
  switch (message.type) {
    case "command":
      return { type, service, key, name: message.name, id: message.effect }
    case "event":
      return { type, service, key, name: message.name, id: `${message.source}/${message.id}` }
    case "timer":
      return { type, service, key, name: message.name, id: "" }
    case "reply":
      return { type, service, key, name: "reply", id: message.effect }
    default:
      return { type, service, key, name: "settled", id: message.scope }
  }
}

/** An event before it is addressed to whoever reacts to it. */
export function sweptFact({ name, source, subject, id }: EventMessage): SweptMessage {
  return { type: "event", service: source, key: subject, name, id: `${source}/${id}` }
}

/**
 * The messages that a block decides, or whose handler has done a step; `current` knows the one that an actor handles. A
 * block of another kind is a claim of its partition.
 */
export function sweptInBlock(bytes: Uint8Array, current: (row: string) => SweptMessage | undefined): readonly SweptMessage[] {
  const { kind, partition, decisions } = decodeBlock(bytes, "a block of the sweep")
  if (kind !== "decisions") return [{ type: "claim", service: "partition", key: String(partition), name: "claimed", id: "" }]
  return decisions.flatMap((entry) => sweptInEntry(entry, current) ?? [])
}

function sweptInEntry(entry: Entry, current: (row: string) => SweptMessage | undefined): SweptMessage | undefined {
  const { to, by, hold, step } = entry
  if (hold !== undefined) return sweptOf(hold[1].message)
  if (to === undefined) return undefined
  if (by === undefined) return step === undefined ? undefined : current(addressText(to))
  const { type, name = type, id = "" } = withId(by, entry)
  return { type, service: to.service, key: to.key, name, id }
}

/** What one record of an input holds; of what cannot be read nothing is known. */
export function sweptInRecord(source: InputSource, { bytes, headers }: InputRecord): readonly SweptMessage[] {
  try {
    if (source === "events") return [sweptFact(readFact(headers, bytes).event)]
    const peer = headers[peerHeader]
    const messages = peer === undefined ? decodeInput(bytes) : decodeFrame(peer, bytes).messages
    return messages.map(sweptOf)
  } catch {
    return []
  }
}

