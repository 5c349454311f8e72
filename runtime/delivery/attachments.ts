// Fetches the bytes of an attachment for a handler, and checks that they are the ones that were deposited.
import { createHash } from "node:crypto"
import * as Effect from "effect/Effect"
import { Fault } from "../kernel/fault.ts"
import { type Attachment, isAttachment, pieceCount } from "../message/attachment.ts"
import type { Attachments, AttachmentsUnavailable } from "../ports/attachments.ts"

/** Whatever it fails with, the attempt fails: it is tried again by policy, and then parked. */
export const fetchAttachment = Effect.fnUntraced(function* (
  attachments: Attachments | undefined,
  ref: Attachment,
): Effect.fn.Return<Uint8Array, AttachmentMissing | AttachmentCorrupt | AttachmentsUnavailable> {
  if (!isAttachment(ref)) return yield* Effect.fail(new AttachmentCorrupt("what is fetched is no reference to an attachment"))
  const { bucket, name, bytes, digest } = ref
  const what = `attachment ${bucket}/${name}`
  const missing = new AttachmentMissing(`${what} is not there: it was removed, is past its time, or was never deposited`)
  if (attachments === undefined) return yield* Effect.fail(missing)
  const pieces: Uint8Array[] = []
  for (let index = 0; index < pieceCount(bytes); index += 1) {
    const piece = yield* attachments.read(bucket, name, index)
    if (piece === undefined) return yield* Effect.fail(missing)
    pieces.push(piece)
  }
  const all = Buffer.concat(pieces)
  const isWhole = all.length === bytes && createHash("sha256").update(all).digest("hex") === digest
  return isWhole ? all : yield* Effect.fail(new AttachmentCorrupt(`${what} is not what was deposited: its digest differs`))
})

/** The bytes are not there. They may come back, from a copy that is restored. */
export class AttachmentMissing extends Fault {
  readonly _tag = "AttachmentMissing"
  readonly code = "ATTACHMENT_MISSING"
  readonly retry = "later"
}

/** The bytes, or the reference, are not what they were. */
export class AttachmentCorrupt extends Fault {
  readonly _tag = "AttachmentCorrupt"
  readonly code = "ATTACHMENT_CORRUPT"
  readonly retry = "never"
}
