// Moves an app to another number of partitions, journal by journal (R16). Whoever does it owns all of them: it claims each
// like any owner, so whoever wrote before is fenced, and it notices whoever claims one after it. One partition at a time is
// held in memory with its actors.
import * as Effect from "effect/Effect"
import type { CorruptJournal, NewerFormat } from "../message/block.ts"
import { encodeSeal } from "../message/manifest.ts"
import type { InputBehind, InputRecord, Inputs, InputSource, InputUnavailable } from "../ports/inputs.ts"
import { type AppendUnknown, Fenced, type Journal, type JournalUnavailable } from "../ports/journal.ts"
import { Channel } from "./channel.ts"
import { latestStreamChannel } from "./channel-id.ts"
import { appendUntilKnown } from "./commit.ts"
import { type DecodedWork, decodeEvent, decodeExternal, decodePeer, inputPosition } from "./decode.ts"
import type { AppShape } from "./delivery.ts"
import { NewJournal } from "./new-journal.ts"
import { emptyPartition } from "./partition.ts"
import {
  keptMarks, movedActors, movedLanes, movedParked, movedSubscriptions, nameOf, type Survey, surveyOf,
  unconfirmed, unsettledSubscriptions,
} from "./re-key.ts"
import { claim } from "./recover.ts"

export interface Move {
  readonly app: AppShape
  /** Partitions before and after: not fewer. */
  readonly from: number
  readonly to: number
  /** The journals before. */
  readonly journal: Journal
  /** The journals after: nothing is in them. */
  readonly newJournal: Journal
  readonly inputs: Inputs
  readonly nowMs: number
  readonly newIncarnation: () => string
}

type MoveFault = CorruptJournal | NewerFormat | Fenced | AppendUnknown | JournalUnavailable | InputUnavailable

const sources = ["external", "replies", "events"] as const satisfies readonly InputSource[]

/** Claims every partition, and says what it holds besides its actors. */
export const surveyAll = Effect.fnUntraced(function* (move: Move): Effect.fn.Return<readonly Survey[], MoveFault> {
  const surveys: Survey[] = []
  for (let index = 0; index < move.from; index += 1) surveys.push(surveyOf(yield* claimOne(move, index)))
  return surveys
})

/** What has to be decided, or confirmed outside the app, before it can be moved: in words; empty if nothing. */
export const owedOutside = Effect.fnUntraced(function* (
  move: Move,
  surveys: readonly Survey[],
): Effect.fn.Return<readonly string[], InputUnavailable | InputBehind> {
  const owed: string[] = []
  for (const survey of surveys) {
    owed.push(...unconfirmed(survey), ...unsettledSubscriptions(survey))
    for (const source of sources) {
      const found = yield* undecided(move, survey, source)
      if (found !== undefined) owed.push(`partition ${survey.index} has ${found}`)
    }
  }
  return owed
})

/** Reads what a source holds behind the mark, as its next owner would, up to the first record that is not decided. */
const undecided = Effect.fnUntraced(function* (
  { inputs }: Move,
  { index, channels }: Survey,
  source: InputSource,
): Effect.fn.Return<string | undefined, InputUnavailable | InputBehind> {
  const stream = yield* inputs.stream(source)
  const channel = channels.get(latestStreamChannel(channels, source, stream, index))
  const low = channel?.low ?? 0
  const from = inputPosition(channel ?? new Channel(false), stream)
  return yield* Effect.scoped(
    Effect.gen(function* () {
      const reader = yield* inputs.open(source, index, from)
      for (let left = reader.backlog; left > 0; left -= 1) {
        const record = yield* reader.next
        const open = decode(source, record).find(({ number }) => number > low && channel?.decided.has(number) !== true)
        if (open === undefined) continue
        return `undecided input: ${left} messages of ${sourceText[source]} from ${record.number} on; first ${workText(open)}`
      }
      return undefined
    }),
  )
})

const sourceText = {
  external: "clients and other apps",
  replies: "other apps' replies",
  events: "the event stream",
} as const satisfies Record<InputSource, string>

function decode(source: InputSource, record: InputRecord): readonly DecodedWork[] {
  if (source === "events") return decodeEvent(record)
  return source === "external" ? decodeExternal(record) : decodePeer(record, source)
}

function workText({ work }: DecodedWork): string {
  if (work.type === "message") return nameOf(work.message)
  if (work.type === "event") return nameOf(work.event)
  const [first] = work.type === "forward" ? work.messages : []
  if (first !== undefined) return nameOf(first)
  return work.type === "park" ? `what cannot be read (${work.parked.code})` : "an event that nobody here reacts to"
}

/** Where a journal before ended, for the one who owned it then. */
export interface Tail {
  readonly index: number
  readonly sequence: number
}

export interface Written {
  readonly tails: readonly Tail[]
  readonly actors: number
  readonly parked: number
  /** Deletes the journals after. Only for a move that cannot be made any more. */
  readonly discard: Effect.Effect<void>
}

/** Writes the journals after, whole or not at all. `surveys` is what `surveyAll` gave: nobody has claimed anything since. */
export const writeJournals = Effect.fnUntraced(function* (
  move: Move,
  surveys: readonly Survey[],
): Effect.fn.Return<Written, MoveFault> {
  const { app, to, newJournal, newIncarnation } = move
  const atMs = Math.max(move.nowMs, ...surveys.map((survey) => survey.atMs))
  const journals = Array.from(
    { length: to },
    (_, index) => new NewJournal(newJournal, { app: app.name, index, incarnation: newIncarnation() }, atMs),
  )
  const discard = Effect.forEach(journals, (journal) => journal.discard, { discard: true })
  const filled = yield* Effect.onError(fillJournals(move, surveys, journals), () => discard)
  return { ...filled, discard }
})

const fillJournals = Effect.fnUntraced(function* (
  move: Move,
  surveys: readonly Survey[],
  journals: readonly NewJournal[],
): Effect.fn.Return<Omit<Written, "discard">, MoveFault> {
  const { to, app, inputs } = move
  const tails: Tail[] = []
  let actors = 0
  for (const { index, epoch } of surveys) {
    const partition = yield* claimOne(move, index)
    tails.push({ index, sequence: partition.sequence })
    if (partition.epoch !== epoch + 1)
      return yield* Effect.fail(new Fenced(`another process claimed partition ${index} meanwhile: stop it, and try again`))
    for (const moved of movedActors(partition, to)) {
      actors += 1
      for (const entry of moved.entries) yield* journals[moved.to]?.write(entry) ?? Effect.void
    }
  }
  const parked = movedParked(surveys, to)
  for (const moved of parked) yield* journals[moved.to]?.write({ from: [], parked: moved.parked }) ?? Effect.void
  const stream = yield* inputs.stream("events")
  const services = [...app.logics.values()].flatMap(({ service, reactions }) => (reactions.size > 0 ? [service] : []))
  for (const [index, journal] of journals.entries()) {
    const moved = movedSubscriptions(surveys[index], surveys, { services, stream })
    if (moved !== undefined) yield* journal.write(moved)
  }
  for (const moved of movedLanes(surveys, to)) yield* journals[moved.to]?.write(moved.entry) ?? Effect.void
  // What was under way when an owner crashed is taken with care by the next one, whoever that is now (R13).
  const isClosed = surveys.every((survey) => survey.closed || survey.blockNumber === 0)
  for (const [index, journal] of journals.entries()) {
    const survey = surveys[index]
    yield* journal.finish(survey === undefined ? { low: [], decided: [], last: [] } : keptMarks(survey), isClosed)
  }
  return { tails, actors, parked: parked.length }
})

/** Closes the journals before for good. Fenced: somebody has written to one of them since it was read. */
export const sealJournals = Effect.fnUntraced(function* (
  { app, journal }: Pick<Move, "app" | "journal">,
  tails: readonly Tail[],
  id: string,
): Effect.fn.Return<void, Fenced | AppendUnknown | JournalUnavailable> {
  const seal = encodeSeal(id)
  for (const { index, sequence } of tails)
    yield* appendUntilKnown(journal, { ...emptyPartition(app.name, index), sequence }, seal)
})

function claimOne({ app, journal, newIncarnation, nowMs }: Move, index: number) {
  return claim({ journal }, { app: app.name, index, incarnation: newIncarnation(), nowMs })
}
