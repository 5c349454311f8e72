// An app's manifest: what must not differ between its processes and those who send to it (R16). It is one record, and
// whoever replaces it says which one he has read, so that of two changes one is refused. A seal closes a journal for good:
// behind it stands nothing that counts, whatever a process that wakes up late may think.
import { Fault } from "../kernel/fault.ts"

export interface Manifest {
  /** 1, or 2 if there is a layout or a move: a release that knows neither must not pass over them. */
  readonly v: number
  readonly partitions: number
  readonly hash: string
  /** How often the number of partitions was changed. Each layout has journals, lanes and members of its own. */
  readonly layout: number
  /** A change of the number that was begun and is not made: until it is made, everything is as it was. */
  readonly move: Move | undefined
}

export interface Move {
  /** Random: the seals of a move carry it. */
  readonly id: string
  readonly partitions: number
  /** It cannot be made any more; its seals may be there still, and mean nothing. */
  readonly isCalledOff: boolean
}

/** A manifest that this release cannot read. Nothing is started on it. */
export class UnreadableManifest extends Fault {
  readonly _tag = "UnreadableManifest"
  readonly code = "UNREADABLE_MANIFEST"
  readonly retry = "never"
}

/** FNV-1a modulo the number of partitions: message/key.ts. */
export const keyHash = "fnv1a32"

export function newManifest(partitions: number, layout = 0, move?: Move): Manifest {
  return { v: layout === 0 && move === undefined ? 1 : 2, partitions, hash: keyHash, layout, move }
}

export function encodeManifest({ v, partitions, hash, layout, move }: Manifest): Uint8Array {
  const fields = { v, partitions, hash, ...(layout === 0 ? {} : { layout }), ...(move === undefined ? {} : { move }) }
  return Buffer.from(JSON.stringify(fields), "utf8")
}

/** Throws UnreadableManifest. */
export function decodeManifest(bytes: Uint8Array, app: string): Manifest {
  const text = Buffer.from(bytes).toString("utf8")
  const unreadable = () =>
    new UnreadableManifest(`the manifest of app ${app} is not one that this release reads: ${text.slice(0, 200)}`)
  try {
    const stored = JSON.parse(text) as Partial<Manifest> // cast: every member that decides something is checked below
    const { v, partitions, hash, layout = 0, move } = stored
    if ((v !== 1 && v !== 2) || typeof partitions !== "number" || typeof hash !== "string") throw unreadable()
    if (typeof layout !== "number" || (move !== undefined && typeof move.id !== "string")) throw unreadable()
    return { v, partitions, hash, layout, move }
  } catch (cause) {
    throw cause instanceof UnreadableManifest ? cause : unreadable()
  }
}

/** The last record of a journal that a move closes. */
export function encodeSeal(move: string): Uint8Array {
  return Buffer.from(JSON.stringify({ sealed: move }), "utf8")
}

/** The move whose seal this record is, if it is one. */
export function readSeal(bytes: Uint8Array): string | undefined {
  // A block is much longer; what is short is worth reading.
  if (bytes.length > sealBytesMax) return undefined
  try {
    const record: unknown = JSON.parse(Buffer.from(bytes).toString("utf8"))
    if (typeof record !== "object" || record === null || !("sealed" in record)) return undefined
    return typeof record.sealed === "string" ? record.sealed : undefined
  } catch {
    return undefined
  }
}

const sealBytesMax = 128
