// Where a page of a list ended: the value that the list is in the order of, and an id for those that have the same.
import type { SQLInputValue } from "node:sqlite"
import { InvalidInput } from "../kernel/fault.ts"

export interface Cursor {
  readonly value: string | number
  readonly id: string | number
}

export function cursorText(value: string | number, id: string | number): string {
  return Buffer.from(JSON.stringify([value, id]), "utf8").toString("base64url")
}

/** Throws InvalidInput on a text that `cursorText` did not make. */
export function readCursor(text: string | undefined): Cursor | undefined {
  if (text === undefined) return undefined
  try {
    const parsed: unknown = JSON.parse(Buffer.from(text, "base64url").toString("utf8"))
    const parts: readonly unknown[] = Array.isArray(parsed) ? parsed : []
    const [value, id] = parts
    if (isPart(value) && isPart(id)) return { value, id }
  } catch {
    // Said below.
  }
  throw new InvalidInput("the cursor is not one of this list: leave it out to begin with the first page")
}

function isPart(value: unknown): value is string | number {
  return typeof value === "string" || typeof value === "number"
}

/** What comes behind the cursor. */
export function keyset(
  column: string,
  idColumn: string,
  direction: "ASC" | "DESC",
  { value, id }: Cursor,
): { readonly sql: string; readonly values: readonly SQLInputValue[] } {
  return { sql: `(${column}, ${idColumn}) ${direction === "ASC" ? ">" : "<"} (?, ?)`, values: [value, id] }
}
