// Writes what is parked: what it is found by, its cause, and where the journals have the rest.
import { serviceOfParked } from "../delivery/partition.ts"
import type { ParkedEntry } from "../message/block.ts"
import { parseAddress } from "../message/message.ts"
import type { Place } from "./saga-writer.ts"
import type { Store } from "./store.ts"

export type ParkedKind = "record" | "actor" | "event" | "bytes"

const messageTextMax = 500
const causeTextMax = 200

const put = `INSERT OR REPLACE INTO parked
  (partition, id, kind, code, cause, message, at_ms, attempts, service, key, type, name, waits, sequence, place)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

export class ParkedWriter {
  readonly #store: Store

  constructor(store: Store) {
    this.#store = store
  }

  put(parked: ParkedEntry, { partition, sequence, place }: Place): void {
    const { id, code, message, atMs, attempts, record, waits } = parked
    const kind = kindOf(parked)
    const service = serviceOfParked(parked)
    const key = record?.to.key ?? (kind === "actor" ? parseAddress(id).key : null)
    const name = record !== undefined && "name" in record ? record.name : null
    const cause = causeOf(message, service, key ?? "")
    const isWaiting = waits !== undefined || kind === "actor"
    this.#store.run(
      put, partition, id, kind, code, cause, message.slice(0, messageTextMax), atMs, attempts ?? null,
      service === "" ? null : service, key, record?.type ?? null, name, isWaiting ? 1 : 0, sequence, place,
    )
  }

  remove(partition: number, id: string): void {
    this.#store.run("DELETE FROM parked WHERE partition = ? AND id = ?", partition, id)
  }

  removeService(partition: number, service: string): void {
    this.#store.run("DELETE FROM parked WHERE partition = ? AND service = ?", partition, service)
  }
}

function kindOf({ record, bytes, service }: ParkedEntry): ParkedKind {
  if (record !== undefined) return "record"
  if (bytes === undefined) return "actor"
  return service === undefined ? "bytes" : "event"
}

/** The message without what differs from record to record: the actor, quoted texts, numbers and long tokens. */
function causeOf(message: string, service: string, key: string): string {
  const ofActor = message.replaceAll(`${service}/${key}`, `${service}/…`)
  // A short key may stand in any word.
  const named = key.length < 3 ? ofActor : ofActor.replaceAll(key, "…")
  return named
    .slice(0, 2 * messageTextMax)
    .replaceAll(/"[^"]*"/g, '"…"')
    .replaceAll(/\b[0-9a-f]{8,}\b|\b[\w-]*\d[\w-]*\b/gi, "…")
    .replaceAll(/\s+/g, " ")
    .slice(0, causeTextMax)
}
