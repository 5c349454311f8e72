// Deposits bytes that are too large for a record, from outside: in pieces, as they come, with their digest.
import { createHash, randomBytes } from "node:crypto"
import * as Effect from "effect/Effect"
import { InvalidInput } from "../kernel/fault.ts"
import { limits } from "../kernel/limits.ts"
import type { Attachment } from "../message/attachment.ts"
import type { Attachments } from "../ports/attachments.ts"

export interface DepositOptions {
  /** Default: "application/octet-stream". */
  readonly contentType?: string
}

export interface Deposits {
  deposit(content: Content, options?: DepositOptions): Promise<Attachment>
  discard(ref: Attachment): Promise<void>
}

export type Content = Uint8Array | AsyncIterable<Uint8Array>

export function depositsOf(attachments: Attachments, bucket: string): Deposits {
  return {
    async deposit(content, { contentType = "application/octet-stream" } = {}) {
      const name = randomBytes(16).toString("hex")
      const hash = createHash("sha256")
      let bytes = 0
      let index = 0
      for await (const piece of piecesOf(content)) {
        bytes += piece.length
        if (bytes > limits.attachmentBytesMax) {
          await Effect.runPromise(attachments.remove(bucket, name))
          throw new InvalidInput(`an attachment has up to ${limits.attachmentBytesMax} bytes; this one has more and is not kept`)
        }
        hash.update(piece)
        await Effect.runPromise(attachments.store(name, index, piece))
        index += 1
      }
      return { bucket, name, bytes, digest: hash.digest("hex"), contentType }
    },
    discard: (ref) => Effect.runPromise(attachments.remove(ref.bucket, ref.name)),
  }
}

/** Pieces of one length, the last one shorter, whatever lengths the content comes in. */
async function* piecesOf(content: Content): AsyncGenerator<Uint8Array> {
  const length = limits.attachmentPieceBytes
  let rest: Uint8Array = new Uint8Array()
  for await (const chunk of content instanceof Uint8Array ? [content] : content) {
    let joined = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    for (; joined.length >= length; joined = joined.subarray(length)) yield joined.subarray(0, length)
    rest = joined
  }
  if (rest.length > 0) yield rest
}
