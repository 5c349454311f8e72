// What a saga has open is kept by slot: the part of an effect key behind the saga's own address, as "4:0". The slots of all
// sagas are the same few names, so that their rows have the same shape; with whole effect keys every row had a shape of its
// own, and each copy and each encoding of it was slow. Rows of older journals, and of raw machines, have whole effect keys.
import { type Address, addressText, type EffectKey } from "../../runtime/message/message.ts"
import type { OpenCommand, SagaRow } from "./row.ts"

/** A slot, or a whole effect key, which has a slash. */
export type Slot = string

export function slotOf(seq: number, n: number): Slot {
  return `${seq}:${n}`
}

export function effectOf(self: Address, slot: Slot): EffectKey {
  return slot.includes("/") ? slot : `${addressText(self)}:${slot}`
}

/** Where the row has that effect open; undefined: nowhere. */
export function findSlot({ open }: Pick<SagaRow, "open">, { service, key }: Address, effect: EffectKey): Slot | undefined {
  const at = service.length + key.length + 2
  if (effect.startsWith(service) && effect.startsWith(`/${key}:`, service.length)) {
    const slot = effect.slice(at)
    if (Object.hasOwn(open, slot)) return slot
  }
  return effect.includes("/") && Object.hasOwn(open, effect) ? effect : undefined
}

/** What the row has open under that effect key. */
export function openUnder(row: Pick<SagaRow, "open">, self: Address, effect: EffectKey): OpenCommand | undefined {
  const slot = findSlot(row, self, effect)
  return slot === undefined ? undefined : row.open[slot]
}

/** What is open, by effect key. */
export function openByEffect({ open }: Pick<SagaRow, "open">, self: Address): readonly (readonly [EffectKey, OpenCommand])[] {
  return Object.entries(open).map(([slot, command]) => [effectOf(self, slot), command])
}
