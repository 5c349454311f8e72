// Payloads and states as somebody may see them who looks after the app: members that are named like secrets are blotted out,
// wherever they are.
import type { Json } from "../message/json.ts"

export const blot = "[redacted]"

/** Whether the member of this name, at this path of names, is to be blotted out. */
export type IsSecret = (name: string, path: readonly string[]) => boolean

const wholeNames = /^(passwd|passphrase|pin|cvv|cvc|iban|authorization|cookie|credentials?)$/i
const nameEnds = /(secret|token|password|api[-_]?key|private[-_]?key|card[-_]?number)$/i

/** By usual names, and those that are given. */
export function secretsNamed(names: readonly string[] = []): IsSecret {
  const more = new Set(names.map((name) => name.toLowerCase()))
  return (name) => wholeNames.test(name) || nameEnds.test(name) || more.has(name.toLowerCase())
}

export interface Redacted {
  readonly value: Json
  readonly isRedacted: boolean
}

export function redact(value: Json, isSecret: IsSecret): Redacted {
  let isRedacted = false
  const visit = (part: Json, path: readonly string[]): Json => {
    if (typeof part !== "object" || part === null) return part
    if (Array.isArray(part)) return part.map((item: Json) => visit(item, path))
    const members = Object.entries(part).map(([name, member = null]): [string, Json] => {
      const isBlotted = member !== null && isSecret(name, path)
      isRedacted ||= isBlotted
      return [name, isBlotted ? blot : visit(member, [...path, name])]
    })
    return Object.fromEntries(members)
  }
  return { value: visit(value, []), isRedacted }
}
