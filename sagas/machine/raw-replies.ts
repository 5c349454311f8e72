// What became of an open command of a raw machine, as the machine is told of it: `xstate.done.actor.<id>` with its answer,
// or `xstate.error.actor.<id>` with a `CommandFailure`.
import type { Json } from "../../runtime/message/json.ts"
import type { EffectKey } from "../../runtime/message/message.ts"
import { tell } from "./raw-advance.ts"
import type { CommandFailure } from "./raw-activity.ts"
import type { RawDefinition } from "./raw-definition.ts"
import { callOf, type RawRow } from "./raw-row.ts"
import { type Moment, quiet, type Step } from "./stop.ts"

export type Settlement = { readonly kind: "done"; readonly value: Json } | CommandFailure

export function settle(definition: RawDefinition, row: RawRow, effect: EffectKey, how: Settlement, at: Moment): Step {
  const call = callOf(row, effect)
  const open = row.open[effect]
  if (call === undefined || open === undefined) return quiet(row)
  const { invoke } = call
  const noted = note(row, call.undoes ?? open.step, open.direction, how)
  if (how.kind === "done")
    return tell(definition, noted, effect, { type: `xstate.done.actor.${invoke}`, output: how.value, actorId: invoke }, at)
  const { kind, code, detail } = how
  const error: CommandFailure = { kind, code, detail }
  const told = { type: `xstate.error.actor.${invoke}`, error, actorId: invoke }
  return tell(definition, row.reason === undefined ? { ...noted, reason: code } : noted, effect, told, at)
}

/** What is known of the command, or of the command that was undone. */
function note(row: RawRow, instance: string, direction: string, { kind }: Settlement): RawRow {
  if (direction === "undo") return kind === "done" ? { ...row, items: { ...row.items, [instance]: ["undone"] } } : row
  return { ...row, items: { ...row.items, [instance]: [kind] } }
}
