// Keys and names as NATS subject tokens. The client lets `*`, `>`, NUL and non-ASCII through, so they are made
// impossible here: one key is always exactly one safe token, and the token gives the key back.
import { InvalidInput } from "../kernel/fault.ts"
import { limits } from "../kernel/limits.ts"
import { fnv1a32 } from "./hash.ts"

const safe = /^[A-Za-z0-9_-]+$/
const name = /^[A-Za-z][A-Za-z0-9_-]*$/

/** One token: letters, digits, `_` and `-` stand for themselves, every other UTF-8 byte is `=` and two hex digits. */
export function encodeKey(key: string): string {
  checkKey(key)
  if (safe.test(key)) return key
  let token = ""
  for (const byte of Buffer.from(key, "utf8")) {
    const char = String.fromCharCode(byte)
    token += byte < 128 && safe.test(char) ? char : `=${byte.toString(16).padStart(2, "0")}`
  }
  return token
}

/** The key that `encodeKey` made the token from. Throws InvalidInput if it did not make it. */
export function decodeKey(token: string): string {
  const bytes = token.replaceAll(/=([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  const key = Buffer.from(bytes, "latin1").toString("utf8")
  if (token === "" || encodeKey(key) !== token) throw new InvalidInput(`"${token}" is not an encoded key`)
  return key
}

/** Throws InvalidInput unless the key is 1 to `keyBytesMax` bytes of well-formed text. */
export function checkKey(key: string): void {
  if (typeof key !== "string" || key === "") throw new InvalidInput("a key is a text of at least one character")
  if (!key.isWellFormed()) throw new InvalidInput("a key must be well-formed Unicode")
  const bytes = Buffer.byteLength(key, "utf8")
  if (bytes > limits.keyBytesMax) {
    throw new InvalidInput(`key "${key.slice(0, 40)}..." has ${bytes} bytes; at most ${limits.keyBytesMax} are allowed`)
  }
}

/** Throws InvalidInput unless `value` can be a namespace, app, service, command or event name. */
export function checkName(what: string, value: string): void {
  if (typeof value !== "string" || !name.test(value) || value.length > limits.nameLengthMax) {
    throw new InvalidInput(
      `${what} name ${JSON.stringify(value)} must start with a letter and hold only letters, digits, "_" and "-", ` +
        `at most ${limits.nameLengthMax} characters`,
    )
  }
}

/** The partition that owns a key: FNV-1a of the encoded key modulo the number of partitions (R16). */
export function partitionOf(key: string, partitions: number): number {
  return fnv1a32(encodeKey(key)) % partitions
}
