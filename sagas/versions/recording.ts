// What happened to one saga, as data that can be kept in a repository: every message with its time, and what was decided.
// Made where tests run, by a saga that records; the journal's history does not keep what messages said.
import { Fault } from "../../runtime/kernel/fault.ts"
import type { ActorLogic, Decision } from "../../runtime/actor/logic.ts"
import { digest } from "../../runtime/message/hash.ts"
import type { Json } from "../../runtime/message/json.ts"
import type { Message } from "../../runtime/message/message.ts"

const format = 1

export interface Recording {
  readonly format: typeof format
  readonly saga: string
  readonly key: string
  readonly entries: readonly RecordedDecision[]
}

export interface RecordedDecision {
  readonly atMs: number
  readonly message: Message
  /** What followed, but for the state: commands, events, timers, answers, the end. */
  readonly did: Json
  /** Of this entry and all before it. */
  readonly digest: string
}

/** A text is no recording, or one that was changed after it was made. */
export class BadRecording extends Fault {
  readonly _tag = "BadRecording"
  readonly code = "BAD_RECORDING"
  readonly retry = "never"
}

export interface Recorder {
  /** For an app's `services`, in the place of what it records. */
  readonly logic: ActorLogic
  /** What was recorded, by key: of sagas that began while it did. */
  recordings(): ReadonlyMap<string, Recording>
}

/** Decides like the saga, and remembers. For tests: it keeps everything in memory. */
export function recorder({ logic }: { readonly logic: ActorLogic }): Recorder {
  const entries = new Map<string, RecordedDecision[]>()
  return {
    logic: {
      ...logic,
      decide(state, message, context) {
        const decision = logic.decide(state, message, context)
        const { key } = context.self
        if (state === undefined && !entries.has(key)) entries.set(key, [])
        const known = entries.get(key)
        if (known !== undefined) {
          const entry = { atMs: context.nowMs, message: asJson(message), did: followed(decision) }
          known.push({ ...entry, digest: chained(known.at(-1)?.digest ?? headDigest(logic.service, key), entry) })
        }
        return decision
      },
    },
    recordings: () =>
      new Map([...entries].map(([key, all]) => [key, { format, saga: logic.service, key, entries: [...all] }])),
  }
}

/** Of what was parked only the code is compared: its words may change. */
export function followed({ state: _, parked, ...rest }: Decision): Json {
  return asJson({ ...rest, ...(parked === undefined ? {} : { parked: parked.code }) }) as Json // cast: it went through JSON
}

function asJson<Value>(value: Value): Value {
  return JSON.parse(JSON.stringify(value)) as Value // cast: the same, without what JSON leaves out
}

/** Throws BadRecording on what is none, or was changed, or tells of answers and timers that nothing in it asked for. */
export function readRecording(given: unknown): Recording {
  try {
    return checked(given)
  } catch (error) {
    if (error instanceof BadRecording) throw error
    throw new BadRecording("the recording is malformed; record it again", { cause: error })
  }
}

function checked(given: unknown): Recording {
  if (!isRecording(given)) throw new BadRecording(`the text is no recording of format ${format}; record it again`)
  let last = headDigest(given.saga, given.key)
  let beforeMs = 0
  const effects = new Set<string>()
  const timers = new Set<string>()
  for (const [index, entry] of given.entries.entries()) {
    const where = `recording of ${given.saga}/${given.key}, entry ${index}`
    if (!isEntry(entry)) throw new BadRecording(`${where} is no entry; record it again`)
    const { atMs, message, did } = entry
    if (entry.digest !== chained(last, { atMs, message, did })) throw new BadRecording(`${where} was changed after it was made`)
    last = entry.digest
    if (atMs < beforeMs) throw new BadRecording(`${where} is earlier than the one before`)
    beforeMs = atMs
    if (message.to.service !== given.saga || message.to.key !== given.key) throw new BadRecording(`${where} is of another actor`)
    if (message.type === "reply" && !effects.has(message.effect))
      throw new BadRecording(`${where} answers ${message.effect}, which was never sent`)
    if (message.type === "timer" && !timers.has(`${message.name} ${message.dueMs}`))
      throw new BadRecording(`${where} is a timer that was never set: ${message.name}`)
    for (const { effect } of did.send ?? []) effects.add(effect)
    for (const { name, dueMs } of did.timers ?? []) timers.add(`${name} ${dueMs}`)
  }
  return given
}

function chained(before: string, { atMs, message, did }: Omit<RecordedDecision, "digest">): string {
  return digest(JSON.stringify([before, atMs, message, did]))
}

function headDigest(saga: string, key: string): string {
  return digest(JSON.stringify([format, saga, key]))
}

function isRecording(given: unknown): given is Recording {
  if (typeof given !== "object" || given === null) return false
  const { format: found, saga, key, entries }: Partial<Record<keyof Recording, unknown>> = given
  return found === format && typeof saga === "string" && typeof key === "string" && Array.isArray(entries)
}

interface ReadEntry extends RecordedDecision {
  readonly did: Json & {
    readonly send?: readonly { effect: string }[]
    readonly timers?: readonly { name: string; dueMs?: number }[]
  }
}

function isEntry(entry: RecordedDecision | null | undefined): entry is ReadEntry {
  if (typeof entry !== "object" || entry === null) return false
  const { atMs, message, did, digest: made }: Partial<Record<keyof RecordedDecision, unknown>> = entry
  return (
    Number.isSafeInteger(atMs) && typeof made === "string" && typeof did === "object" && did !== null &&
    typeof message === "object" && message !== null && "to" in message && "type" in message
  )
}
