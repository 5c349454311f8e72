// A reference to bytes that are too large for a record: they are deposited apart, and the record carries this instead.
import { limits } from "../kernel/limits.ts"
import type { Schema } from "./schema.ts"

/** Small, and JSON: a field of a payload. Whoever has it can fetch the bytes, for as long as they are kept. */
export interface Attachment {
  /** The app that keeps the bytes. */
  readonly bucket: string
  readonly name: string
  readonly bytes: number
  /** SHA-256 of the bytes, in hexadecimal. */
  readonly digest: string
  readonly contentType: string
}

/** Whether a value is such a reference; not whether the bytes are there. */
export function isAttachment(value: unknown): value is Attachment {
  if (typeof value !== "object" || value === null) return false
  const { bucket, name, bytes, digest, contentType } = value as Record<string, unknown> // cast: each member is checked below
  return (
    isToken(bucket) && isToken(name) && typeof contentType === "string" &&
    typeof digest === "string" && /^[0-9a-f]{64}$/.test(digest) &&
    Number.isSafeInteger(bytes) && Number(bytes) >= 0 && Number(bytes) <= limits.attachmentBytesMax
  )
}

/** The schema of a payload that is a reference and nothing else; in a field of another schema, use `isAttachment`. */
export const attachmentSchema: Schema<Attachment> = {
  "~standard": {
    version: 1,
    vendor: "troupe",
    validate: (value) =>
      isAttachment(value) ? { value } : { issues: [{ message: "is no reference to an attachment: client.deposit gives one" }] },
  },
}

/** Pieces in which the bytes are kept. */
export function pieceCount(bytes: number): number {
  return Math.ceil(bytes / limits.attachmentPieceBytes)
}

/** It becomes part of a subject. */
function isToken(value: unknown): value is string {
  return typeof value === "string" && value.length <= limits.nameLengthMax && /^[A-Za-z0-9_-]+$/.test(value)
}
