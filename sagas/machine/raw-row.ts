// What the journal keeps of a saga with a raw machine: the row of any saga, with the machine's context and what is to be
// said to it later. Type aliases, because interfaces are not assignable to Json.
import type { Json } from "../../runtime/message/json.ts"
import type { EffectKey } from "../../runtime/message/message.ts"
import type { OpenCommand, SagaRow } from "./row.ts"
import type { History } from "./raw-machine.ts"

/**
 * `value`, `context` and `history` are what XState persists of the machine. `items` and `sent` hold the commands of each
 * invoke that were not undos; the `step` of an open command is the id of its invoke.
 */
export type RawRow = SagaRow & {
  readonly context: Json
  readonly history?: History
  /** By effect key, of everything in `open`. */
  readonly calls: { readonly [effect: string]: Call | Delayed }
  /** The code of the first failure that the machine was told. */
  readonly reason?: string
}

export type Call = {
  /** The id of the invoke. */
  readonly invoke: string
  readonly src: string
  readonly input: Json
  /** Of an undo: the instance in `sent` that it takes back. */
  readonly undoes?: string
}

/** An event that the machine sends itself: the end of an `after`, or a `raise` with a delay. */
export type Delayed = { readonly event: { readonly type: string; readonly [field: string]: Json | undefined } }

/** Takes something out of what is open. */
export function withoutOpen<Row extends RawRow>(row: Row, isMeant: (effect: string, open: OpenCommand) => boolean): Row {
  const open: Record<EffectKey, OpenCommand> = {}
  const calls: Record<EffectKey, Call | Delayed> = {}
  let isSame = true
  for (const effect in row.open) {
    const [opened, call] = [row.open[effect], row.calls[effect]]
    if (opened === undefined || call === undefined || isMeant(effect, opened)) {
      isSame = false
    } else {
      open[effect] = opened
      calls[effect] = call
    }
  }
  return isSame ? row : { ...row, open, calls }
}

export function callOf(row: RawRow, effect: string): Call | undefined {
  const call = row.calls[effect]
  return call !== undefined && "src" in call ? call : undefined
}
