// Child sagas that are under way when their parent is turned back: they are told at once, so that the parent waits for
// their way back and not for their work, which may take days.
import type { OutgoingCommand } from "../../runtime/actor/logic.ts"
import type { EffectKey } from "../../runtime/message/message.ts"
import { type Outline, parseInstance, placeOf } from "../definition/outline.ts"
import { effectKey, knownOf, type Sent } from "./commands.ts"
import { parseTarget } from "./functions.ts"
import { isInScope, type UndoScope } from "./progress.ts"
import type { OpenCommand, SagaRow } from "./row.ts"
import type { Moment } from "./stop.ts"

/** The command to a child saga; it has no answer of its own, because the child's end answers its start. */
export const turnBackCommand = "turnBack"

/** Told once each. Effect keys count from `first` in this transition. */
export function turnBackChildren(outline: Outline, row: SagaRow, scope: UndoScope, first: number, at: Moment): Sent {
  const progress = { ...knownOf(row, at.self), items: row.items }
  const open: Record<EffectKey, OpenCommand> = { ...row.open }
  const send: OutgoingCommand[] = []
  for (const [started, command] of Object.entries(row.open)) {
    const { step, item, direction, turnedBack } = command
    const { node } = placeOf(outline, parseInstance(step).name)
    const target = row.sent[step]?.targets[item]
    if (direction !== "do" || turnedBack === true || target === undefined) continue
    if (node.type !== "step" || node.child === undefined || node.undo === "nothing") continue
    if (!isInScope(outline, progress, step, scope)) continue
    const { service, key } = parseTarget(target)
    const effect = effectKey(at.self, row.seq, first + send.length)
    send.push({ to: { service, key }, name: turnBackCommand, payload: null, effect, direction: "do", attempt: 1 })
    open[started] = { ...command, turnedBack: true }
  }
  return send.length === 0 ? { row, send } : { row: { ...row, open }, send }
}
