// The promises of runtime/ports/attachments.ts, one test each, for every adapter. `other` is another app's view of the same.
import assert from "node:assert/strict"
import { randomBytes } from "node:crypto"
import { describe } from "node:test"
import * as Effect from "effect/Effect"
import { fetchAttachment } from "../../runtime/delivery/attachments.ts"
import { depositsOf } from "../../runtime/host/deposits.ts"
import { limits } from "../../runtime/kernel/limits.ts"
import type { Attachments } from "../../runtime/ports/attachments.ts"
import { promiseOn } from "./promise.ts"

export interface AttachmentsUnderTest {
  /** Of the app "shop". */
  readonly attachments: Attachments
  /** Of the app "bank". */
  readonly other: Attachments
  end(): Promise<void>
}

export function attachmentsContract(name: string, make: () => Promise<AttachmentsUnderTest>): void {
  const promise = promiseOn(make)

  describe(`the attachments in ${name}`, () => {
    promise("a piece is read as it was stored, also by another app; storing it again changes nothing", async (under) => {
      const { attachments, other } = under
      for (const _ of [1, 2]) await store(attachments, "a", 0, "zero")
      await store(attachments, "a", 1, "one")
      const read = [await text(attachments, "shop", "a", 0), await text(other, "shop", "a", 1)]
      assert.deepEqual(read, ["zero", "one"])
    })

    promise("another name, index or bucket, and what was removed, is undefined", async ({ attachments, other }) => {
      assert.equal(await text(attachments, "shop", "a", 0), undefined, "nothing was ever stored")
      await store(attachments, "a", 0, "mine")
      await store(attachments, "b", 0, "mine too")
      await store(other, "a", 0, "theirs")
      const missing = [await text(attachments, "shop", "a", 1), await text(attachments, "shop", "c", 0)]
      assert.deepEqual([...missing, await text(attachments, "bank", "b", 0)], [undefined, undefined, undefined])
      for (const _ of [1, 2]) await Effect.runPromise(attachments.remove("shop", "a"))
      await Effect.runPromise(attachments.remove("nobody", "a"))
      const left = [await text(attachments, "shop", "a", 0), await text(attachments, "shop", "b", 0)]
      left.push(await text(other, "bank", "a", 0))
      assert.deepEqual(left, [undefined, "mine too", "theirs"])
    })

    promise("3 MiB that come in uneven chunks are fetched as they were, by their reference", async ({ attachments, other }) => {
      const content = randomBytes(3 * 1024 * 1024 + 7)
      async function* chunks() {
        for (let at = 0; at < content.length; at += 700_001) yield content.subarray(at, at + 700_001)
      }
      const ref = await depositsOf(attachments, "shop").deposit(chunks(), { contentType: "video/mp4" })
      assert.deepEqual([ref.bucket, ref.bytes, ref.contentType], ["shop", content.length, "video/mp4"])
      const fetched = await Effect.runPromise(fetchAttachment(other, ref))
      assert.ok(Buffer.compare(fetched, content) === 0)
      await Effect.runPromise(attachments.store(ref.name, 1, new Uint8Array(limits.attachmentPieceBytes)))
      const forged = await Effect.runPromise(Effect.flip(fetchAttachment(other, ref)))
      assert.equal(forged.code, "ATTACHMENT_CORRUPT")
    })
  })
}

const store = (attachments: Attachments, name: string, index: number, body: string) =>
  Effect.runPromise(attachments.store(name, index, Buffer.from(body)))

async function text(attachments: Attachments, bucket: string, name: string, index: number): Promise<string | undefined> {
  const piece = await Effect.runPromise(attachments.read(bucket, name, index))
  return piece === undefined ? undefined : Buffer.from(piece).toString()
}
