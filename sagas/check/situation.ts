// One saga and what is known around it. A command that was sent may be carried out at any later moment, as long as nobody
// has said how it went: whether it is on its way, was carried out and its answer lost, or was lost itself, the saga cannot
// tell, so the checker does not either, and takes the worse one. What a participant has answered it answers for ever (R11).
import { digest } from "../../runtime/message/hash.ts"
import type { Json } from "../../runtime/message/json.ts"
import type { Address, EffectKey } from "../../runtime/message/message.ts"
import type { EndedRow, SagaRow } from "../machine/row.ts"
import { openByEffect } from "../machine/slots.ts"

/** A value: an action gives another one. */
export interface Situation {
  readonly row: SagaRow | EndedRow
  /** Commands in the order in which they were first sent. */
  readonly effects: Readonly<Record<EffectKey, Effect>>
  /** It was cancelled already: once is enough. */
  readonly isCancelled: boolean
}

/** A type alias, because interfaces are not assignable to Json. */
export type Effect = {
  /** As people say it: `reserve/0`, `undo reserve/0`, in a loop `reserve#2/0`. */
  readonly name: string
  /** Instance of the step; "" if the saga ended with the decision that sent it. */
  readonly step: string
  readonly direction: "do" | "undo"
  /** `inventory.reserve/P11` */
  readonly target: string
  /** Digest of what is sent. */
  readonly payload: string
  readonly attempt: number
  readonly undoes?: EffectKey
  /** Of an undo that was sent while the saga was not turned back: the races that its step had lost by then. */
  readonly lost?: readonly string[]
  /** What its participant has said, and will say again. */
  readonly answer?: Answer
}

export type Answer = "done" | "refused"

/** The situation without what makes no difference to anything that may follow: two with the same text are one. */
export function situationKey({ row, effects, isCancelled }: Situation, self: Address): string {
  if ("ended" in row) {
    const { outcome, reason, result } = row.ended
    return digest(JSON.stringify(["ended", outcome, reason, result]))
  }
  if (row.parked !== undefined) return digest(JSON.stringify(["parked", row.parked.code, row.parked.step, row.parked.item]))
  // Effect keys count transitions, so they tell apart what came to the same by another order: names do not.
  const known = Object.values(effects).map(({ name, answer, lost, undoes }) => [
    name,
    answer ?? null,
    lost ?? null,
    undoes === undefined ? null : (effects[undoes]?.name ?? undoes),
  ])
  return digest(JSON.stringify([...rowParts(row, self, effects), known, isCancelled]))
}

function rowParts(row: SagaRow, self: Address, effects: Situation["effects"]): readonly Json[] {
  const { seq: _, sent, open: _____, failure, definition: __, input: ___, startedMs: ____, deadlineMs, updates, ...rest } = row
  const openParts = openByEffect(row, self).map(([effect, { step, item, direction, attempt, dueMs, fault }]) => [
    effects[effect]?.name ?? null,
    step,
    item,
    direction,
    attempt,
    dueMs !== undefined,
    fault?.code ?? null,
  ])
  const others = named(rest, row, self, effects)
  const targets = Object.entries(sent).map(([instance, step]) => [instance, step.targets])
  const told = updates?.map(({ name, payload }) => [name, payload]) ?? []
  return [others, openParts, targets, failure?.code ?? null, deadlineMs !== undefined, told]
}

/** A core may keep more by effect keys than the checker knows of. */
function named(rest: Json, row: SagaRow, self: Address, effects: Situation["effects"]): Json {
  const text = JSON.stringify(rest)
  if (!text.includes(`"${row.definition.name}/`)) return text
  const names = [
    ...Object.entries(effects).map(([key, { name }]) => [key, name] as const),
    ...openByEffect(row, self).map(([key, { step }]) => [key, step] as const),
  ]
  return names.reduce((known, [key, name]) => known.replaceAll(JSON.stringify(key), JSON.stringify(name)), text)
}

export function isOver({ row }: Situation): boolean {
  return "ended" in row || row.parked !== undefined
}

/** How it ended: `completed`, `compensated`, or the code under which it is parked. */
export function endOf({ row }: Situation): string {
  return "ended" in row ? row.ended.outcome : (row.parked?.code ?? "under way")
}

/** The undo of an effect, if one was sent. */
export function undoOf({ effects }: Pick<Situation, "effects">, effect: EffectKey): EffectKey | undefined {
  return Object.keys(effects).find((other) => effects[other]?.undoes === effect)
}
