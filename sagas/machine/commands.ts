// The commands of a saga's steps as the engine sends them, with their effect keys. A command's payload is not kept: it
// is asked for again when it is sent again, and must then go to the same actor, or the saga parks.
import { InvalidInput } from "../../runtime/kernel/fault.ts"
import type { OutgoingCommand } from "../../runtime/actor/logic.ts"
import type { Address, EffectKey } from "../../runtime/message/message.ts"
import { versionMark } from "../../runtime/message/versions.ts"
import { type Instance, type Outline, parseInstance, stepNamed } from "../definition/outline.ts"
import { firstTry } from "./delivery.ts"
import { contextOf, listItems, runCommand, type Target, targetOf, undoCommand } from "./functions.ts"
import { itemsOf, mayHaveHappened } from "./progress.ts"
import { type OpenCommand, progressOf, type SagaRow } from "./row.ts"
import { effectOf, type Slot, slotOf } from "./slots.ts"

export interface Sent {
  readonly row: SagaRow
  readonly send: readonly OutgoingCommand[]
}

interface At {
  readonly self: Address
  readonly nowMs: number
}

/** The first try of a step's commands, all items. Their effect keys count from `first` in this transition. */
export function sendStep(outline: Outline, row: SagaRow, instance: Instance, first: number, at: At): Sent {
  const items = [...itemsOf(row, instance).keys()]
  if (items.length === 0) return { row, send: [] }
  const node = stepNamed(outline, parseInstance(instance).name)
  const write = commandWriter(outline, row, instance, at.self)
  const open: Record<Slot, OpenCommand> = { ...row.open }
  const send = items.map((item) => {
    const slot = slotOf(row.seq, first + item)
    const command = firstTry(node, { step: instance, item, direction: "do" }, at.nowMs)
    open[slot] = command
    return write(effectOf(at.self, slot), command)
  })
  const place = { seq: row.seq, ...(first === 0 ? {} : { first }), targets: send.map(targetOfOutgoing) }
  return { row: { ...row, open, sent: { ...row.sent, [instance]: place } }, send }
}

/** The first try of the undo of one item. */
export function sendUndo(
  outline: Outline,
  row: SagaRow,
  undo: { readonly instance: Instance; readonly item: number },
  first: number,
  at: At,
): Sent {
  const { instance, item } = undo
  const node = stepNamed(outline, parseInstance(instance).name)
  const slot = slotOf(row.seq, first)
  const command = firstTry(node, { step: instance, item, direction: "undo" }, at.nowMs)
  // A child saga that is turned back before its end was heard of: its end is not waited for any more.
  const isChild = (other: OpenCommand) => other.step === instance && other.item === item
  const others = () => Object.fromEntries(Object.entries(row.open).filter(([, other]) => !isChild(other)))
  const open = node.child === undefined ? row.open : others()
  const next = { ...row, open: { ...open, [slot]: command } }
  return { row: next, send: [commandWriter(outline, row, instance, at.self)(effectOf(at.self, slot), command)] }
}

/** Further tries of commands that are open in the row. */
export function sendOpen(
  outline: Outline,
  row: SagaRow,
  slots: readonly Slot[],
  self: Address,
): readonly OutgoingCommand[] {
  // The list of a step is made once for all its commands.
  const writers = new Map<Instance, ReturnType<typeof commandWriter>>()
  return slots.flatMap((slot) => {
    const open = row.open[slot]
    if (open === undefined || open.direction === "wait") return []
    const write = writers.get(open.step) ?? commandWriter(outline, row, open.step, self)
    writers.set(open.step, write)
    return [write(effectOf(self, slot), open)]
  })
}

/** Asks for everything again that may be sent again or taken back. Throws InvalidInput where the answer is another now. */
export function askAgain(outline: Outline, row: SagaRow, self: Address): void {
  for (const instance of Object.keys(row.sent)) {
    const { undo, place } = stepNamed(outline, parseInstance(instance).name)
    const isUndone = place === "before" && undo !== "nothing"
    const statuses = [...itemsOf(row, instance).entries()].filter(
      ([, status]) => status === "pending" || (isUndone && mayHaveHappened(status)),
    )
    if (statuses.length === 0) continue
    const write = commandWriter(outline, row, instance, self)
    for (const [item, status] of statuses) {
      const open = { step: instance, item, attempt: 1 }
      if (status === "pending") write("", { ...open, direction: "do" })
      if (isUndone) write("", { ...open, direction: "undo" })
    }
  }
}

/** Writes commands of one step; the step's list is made once. */
function commandWriter(outline: Outline, row: SagaRow, instance: Instance, self: Address) {
  const step = stepNamed(outline, parseInstance(instance).name)
  const sent = row.sent[instance]
  const context = contextOf(outline, progressOf(row, self), instance, sent?.seq)
  const list = listItems(step, context)
  const planned = itemsOf(row, instance).length
  if (list.length !== planned) {
    throw new InvalidInput(`step ${instance}: its list had ${planned} items and now has ${list.length}; it must not change`)
  }
  return (effect: EffectKey, { item, direction, attempt }: OpenCommand): OutgoingCommand => {
    const target = sent?.targets[item]
    if (direction !== "undo") {
      const command = runCommand(step, list[item], context)
      if (target !== undefined && target !== targetOf(command)) {
        throw new InvalidInput(`step ${instance}: run answered ${target} and now ${targetOf(command)}; it must not change`)
      }
      const { service, key, name, payload, version } = command
      return { to: { service, key }, name, payload, ...versionMark(version), effect, direction: "do", attempt }
    }
    if (sent === undefined || target === undefined) throw new InvalidInput(`step ${instance}: item ${item} was never sent`)
    const { service, key, name, payload } = undoCommand(step, list[item], context, target)
    const undoes = effectKey(self, sent.seq, (sent.first ?? 0) + item)
    return { to: { service, key }, name, payload, effect, direction, undoes, attempt }
  }
}

export function effectKey(self: Address, seq: number, n: number): EffectKey {
  return effectOf(self, slotOf(seq, n))
}

function targetOfOutgoing({ to: { service, key }, name, payload }: OutgoingCommand): Target {
  return targetOf({ service, key, name, payload })
}
