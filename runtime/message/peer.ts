// Records between apps. An app that sends to another one knows the partitions of that app, and writes frames of records
// into its streams: commands into the external lane, replies and undos into a lane of their own (R1, R2). Frames carry the
// source's dense numbers, so that what is stored twice is decided once.
import { Fault, describeError } from "../kernel/fault.ts"
import { limits } from "../kernel/limits.ts"
import { checkKey, checkName } from "./key.ts"
import type { Address, EffectKey, Message } from "./message.ts"

export type PeerLane = "commands" | "replies"

/** Another app, as a sender knows it. */
export interface Peer {
  readonly app: string
  readonly partitions: number
}

/** Where a reply goes that crosses apps: its addressee, and where that lives. */
export interface PeerAddress extends Address, Peer {}

/** Records `first`, `first + 1`, ... of one journal towards one partition of another app. */
export interface PeerMark {
  readonly incarnation: string
  readonly source: number
  readonly lane: PeerLane
  readonly first: number
}

export interface PeerFrame extends PeerMark {
  readonly app: string
  readonly partition: number
  readonly messages: readonly Message[]
}

/** Bytes that say they come from another app and cannot be read. They are parked as they came. */
export class MalformedFrame extends Fault {
  readonly _tag = "MalformedFrame"
  readonly code = "MALFORMED_FRAME"
  readonly retry = "never"
}

export const peerHeader = "troupe-peer"

export function peerMarkText({ incarnation, source, lane, first }: PeerMark): string {
  return `${incarnation} ${source} ${lane} ${first}`
}

export function encodeFrame(messages: readonly Message[]): Uint8Array {
  return Buffer.from(JSON.stringify({ v: 1, messages }), "utf8")
}

/** Reads one frame. Throws MalformedFrame. */
export function decodeFrame(mark: string, bytes: Uint8Array): PeerMark & { readonly messages: readonly Message[] } {
  try {
    const [incarnation = "", source, lane, first] = mark.split(" ")
    const numbers = { source: Number(source), first: Number(first) }
    if (incarnation === "" || incarnation.includes(":") || (lane !== "commands" && lane !== "replies"))
      throw new MalformedFrame(`the mark "${mark.slice(0, 80)}" names no lane`)
    if (!Number.isSafeInteger(numbers.source) || !Number.isSafeInteger(numbers.first) || numbers.first < 1)
      throw new MalformedFrame(`the mark "${mark.slice(0, 80)}" has no numbers`)
    const frame: unknown = JSON.parse(Buffer.from(bytes).toString("utf8"))
    if (!isObject(frame) || frame["v"] !== 1 || !Array.isArray(frame["messages"]))
      throw new MalformedFrame("not {v: 1, messages: [...]}")
    if (frame["messages"].length > limits.inputRecordsMax)
      throw new MalformedFrame(`more than ${limits.inputRecordsMax} records`)
    const messages = frame["messages"].map((message, index) => checkMessage(message, lane, index))
    return { incarnation, lane, ...numbers, messages }
  } catch (error) {
    throw new MalformedFrame(`a frame of another app could not be read (${describeError(error)}); its bytes are parked`)
  }
}

/** What an engine writes is trusted in its fields, not in where it claims to belong. */
function checkMessage(message: unknown, lane: PeerLane, index: number): Message {
  if (!isObject(message) || !isObject(message["to"])) throw new MalformedFrame(`record ${index} has no addressee`)
  const { type, direction, replyTo } = message
  const { service, key } = message["to"]
  if (typeof service !== "string" || typeof key !== "string") throw new MalformedFrame(`record ${index} has no addressee`)
  checkKey(key)
  const isReply = type === "reply" || (type === "command" && direction === "undo")
  const isCommand = type === "settled" || (type === "command" && direction === "do")
  if (lane === "replies" ? !isReply : !isCommand) throw new MalformedFrame(`record ${index} is no record of lane ${lane}`)
  if (isObject(replyTo)) checkReplyTo(replyTo, index)
  return message as unknown as Message // cast: the fields that decide where it goes were looked at
}

function checkReplyTo({ app, partitions }: Record<string, unknown>, index: number): void {
  const count = typeof partitions === "number" && Number.isInteger(partitions) ? partitions : 0
  if (typeof app !== "string" || count < 1 || count > limits.partitionsMax)
    throw new MalformedFrame(`record ${index} does not say which app to answer`)
  checkName("app", app)
}

/** An effect key, or a scope, as another app knows it: apps may have sagas of the same name. */
export function foreignName(app: string, name: string): string {
  return `${app}!${name}`
}

/** The effect key that `foreignName` made the text from, for the app that it came from. */
export function ownEffect(app: string, effect: EffectKey): EffectKey {
  return effect.startsWith(`${app}!`) ? effect.slice(app.length + 1) : effect
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}
