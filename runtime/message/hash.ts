// The two hashes of the protocol. FNV-1a places keys (R16: equal to NATS's `partition()`), SHA-256 chains blocks (R14).
import { createHash, hash as hashAtOnce } from "node:crypto"

/** FNV-1a, 32 bit, over UTF-8 bytes. Source: draft-eastlake-fnv. */
export function fnv1a32(text: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index)
    // Beyond ASCII a character is several bytes.
    if (code > 0x7f) return fnv1a32OfBytes(Buffer.from(text, "utf8"))
    hash = Math.imul(hash ^ code, 0x01000193)
  }
  return hash >>> 0
}

function fnv1a32OfBytes(bytes: Uint8Array): number {
  let hash = 0x811c9dc5
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193)
  return hash >>> 0
}

/** What tells a stored record from another that has the same number (R14): 64 bits of SHA-256, as 16 hex digits. */
export function recordDigest(record: { readonly bytes: Uint8Array; readonly headers: Readonly<Record<string, string>> }): string {
  const names = Object.keys(record.headers)
  if (names.length === 0) return hashAtOnce("sha256", record.bytes).slice(0, 16)
  const hash = createHash("sha256")
  for (const name of names.toSorted()) hash.update(`${name}: ${record.headers[name]}\n`)
  return hash.update(record.bytes).digest("hex").slice(0, 16)
}

/** First 128 bits of SHA-256, as 32 hex digits. */
export function digest(data: string | Uint8Array): string {
  return hashAtOnce("sha256", data).slice(0, 32)
}
