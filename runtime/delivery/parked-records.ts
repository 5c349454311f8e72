// What is parked in a partition, by id. A saga may end while a command of it is parked: its actor forgets what the saga had it
// do, so the command must not be tried again. It would be done for nobody, and never be undone (R11, R23).
import type { Entry, ParkedEntry } from "../message/block.ts"
import { type Address, addressText, type Message } from "../message/message.ts"
import { destinationId } from "./channel-id.ts"
import { isRedriven, type Outbox } from "./outbox.ts"

export class ParkedRecords extends Map<string, ParkedEntry> {
  /** The ids of commands by the saga that sent them. */
  readonly #ofScope = new Map<string, Set<string>>()

  override set(id: string, entry: ParkedEntry): this {
    this.delete(id)
    const scope = scopeOf(entry.record)
    if (scope !== undefined) this.#ofScope.set(scope, (this.#ofScope.get(scope) ?? new Set()).add(id))
    return super.set(id, entry)
  }

  override delete(id: string): boolean {
    const scope = scopeOf(this.get(id)?.record)
    const ids = scope === undefined ? undefined : this.#ofScope.get(scope)
    if (scope !== undefined && ids?.delete(id) === true && ids.size === 0) this.#ofScope.delete(scope)
    return super.delete(id)
  }

  /** The saga has ended, and an actor has heard of it: what is parked of it there stays for operators to see. */
  settle(row: string, scope: string): void {
    for (const id of this.#ofScope.get(scope) ?? []) {
      const entry = this.get(id)
      const isIts = entry?.record !== undefined && addressText(entry.record.to) === row
      // In its place: operators see the oldest first.
      if (isIts && entry.waits === undefined) super.set(id, { ...entry, settled: true })
    }
  }
}

/**
 * Tombstones for commands of an ended saga that an operator has sent again and that are still on their way to this actor: its
 * `settled` record, from another partition, has overtaken them.
 */
export function overtakenRedrives(
  { index, outboxes }: { readonly index: number; readonly outboxes: ReadonlyMap<string, Outbox> },
  { to, scope }: { readonly to: Address; readonly scope: string },
): NonNullable<Entry["effects"]> {
  const own = outboxes.get(destinationId({ type: "lane", partition: index, lane: "commands" }))
  if (own === undefined || own.redriven === 0) return []
  const row = addressText(to)
  return own.owed(0, own.unconfirmedCount).messages.flatMap((message) => {
    const isMeant = isRedriven(message) && message.scope === scope
    return isMeant && addressText(message.to) === row ? [[message.effect, { undone: true as const }] as const] : []
  })
}

function scopeOf(record: Message | undefined): string | undefined {
  return record?.type === "command" ? record.scope : undefined
}
