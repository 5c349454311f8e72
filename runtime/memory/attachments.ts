// Attachments in memory, kept for as long as the program runs. `bucket` is the app's own.
import * as Effect from "effect/Effect"
import type { Attachments } from "../ports/attachments.ts"

export function memoryAttachments(bucket: string, kept = new Map<string, Uint8Array>()): Attachments {
  const keyOf = (...parts: readonly (string | number)[]) => parts.join(" ")
  return {
    store: (name, index, piece) => Effect.sync(() => void kept.set(keyOf(bucket, name, index), piece.slice())),
    read: (from, name, index) => Effect.sync(() => kept.get(keyOf(from, name, index))?.slice()),
    remove: (from, name) =>
      Effect.sync(() => {
        for (const key of kept.keys()) if (key.startsWith(`${keyOf(from, name)} `)) kept.delete(key)
      }),
  }
}
