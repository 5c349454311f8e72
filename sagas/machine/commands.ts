// The commands of a saga's steps as the engine sends them, with their effect keys. A command's payload is not kept: it
// is asked for again when it is sent again, and must then go to the same actor, or the saga parks.
import { InvalidInput } from "../../runtime/kernel/fault.ts"
import type { OutgoingCommand } from "../../runtime/actor/logic.ts"
import { type Address, addressText, type EffectKey } from "../../runtime/message/message.ts"
import { type SagaDefinition, type StepDefinition, stepNamed } from "../definition/definition.ts"
import { firstTry } from "./delivery.ts"
import { contextOf, listItems, runCommand, type Target, targetOf, undoCommand } from "./functions.ts"
import { itemsOf, nextToUndo } from "./progress.ts"
import type { OpenCommand, SagaRow } from "./row.ts"

interface Sent {
  readonly row: SagaRow
  readonly send: readonly OutgoingCommand[]
}

/** The first try of a step's commands (all items), or of its next undo (one). The row has them in `open`. */
export function sendFirst(
  definition: SagaDefinition,
  row: SagaRow,
  step: StepDefinition,
  direction: "do" | "undo",
  at: { readonly self: Address; readonly nowMs: number },
): Sent {
  const statuses = itemsOf(row, step.name)
  const items = direction === "do" ? [...statuses.keys()] : [nextToUndo(row, step.name)].filter((item) => item !== -1)
  if (items.length === 0) return { row, send: [] }
  const write = commandWriter(definition, row, step, at.self)
  const open: Record<EffectKey, OpenCommand> = { ...row.open }
  const send = items.map((item, n) => {
    const effect = effectKey(at.self, row.seq, n)
    const command = firstTry(step, item, direction, at.nowMs)
    open[effect] = command
    return write(effect, command)
  })
  if (direction === "undo") return { row: { ...row, open }, send }
  const sent = { ...row.sent, [step.name]: { seq: row.seq, targets: send.map(targetOfOutgoing) } }
  return { row: { ...row, open, sent }, send }
}

/** Further tries of commands that are open in the row. */
export function sendOpen(
  definition: SagaDefinition,
  row: SagaRow,
  effects: readonly EffectKey[],
  self: Address,
): readonly OutgoingCommand[] {
  // Commands that are open at the same time are of one step: the list is made once for all of them.
  let write: ReturnType<typeof commandWriter> | undefined
  return effects.flatMap((effect) => {
    const open = row.open[effect]
    if (open === undefined) return []
    write ??= commandWriter(definition, row, stepNamed(definition, open.step), self)
    return [write(effect, open)]
  })
}

/** Writes commands of one step; the step's list is made once. */
function commandWriter(definition: SagaDefinition, row: SagaRow, step: StepDefinition, self: Address) {
  const context = contextOf(definition, { sagaId: self.key, input: row.input, results: row.results }, step)
  const list = listItems(step, context)
  const planned = itemsOf(row, step.name).length
  if (list.length !== planned) {
    throw new InvalidInput(`step ${step.name}: its list had ${planned} items and now has ${list.length}; it must not change`)
  }
  const sent = row.sent[step.name]
  return (effect: EffectKey, { item, direction, attempt }: OpenCommand): OutgoingCommand => {
    const target = sent?.targets[item]
    if (direction === "do") {
      const command = runCommand(step, list[item], context)
      if (target !== undefined && target !== targetOf(command)) {
        throw new InvalidInput(`step ${step.name}: run answered ${target} and now ${targetOf(command)}; it must not change`)
      }
      const { service, key, name, payload } = command
      return { to: { service, key }, name, payload, effect, direction, attempt }
    }
    if (sent === undefined || target === undefined) throw new InvalidInput(`step ${step.name}: item ${item} was never sent`)
    const { service, key, name, payload } = undoCommand(step, list[item], context, target)
    return { to: { service, key }, name, payload, effect, direction, undoes: effectKey(self, sent.seq, item), attempt }
  }
}

function effectKey(self: Address, seq: number, n: number): EffectKey {
  return `${addressText(self)}:${seq}:${n}`
}

function targetOfOutgoing({ to: { service, key }, name, payload }: OutgoingCommand): Target {
  return targetOf({ service, key, name, payload })
}
