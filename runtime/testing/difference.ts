// What a test expected beside what happened, line by line, so that a failure can be read without a debugger.
import { AssertionError } from "node:assert"
import { InvalidInput } from "../kernel/fault.ts"

/** Named things that a test expects, or that happened. */
export type Facts = Readonly<Record<string, unknown>>

/**
 * Compares only what the test expects; `story` is what happened on the way. Throws AssertionError, with the difference as
 * its message, and InvalidInput if nothing is expected.
 */
export function assertFacts(what: string, expected: Facts, actual: Facts, story: readonly string[]): void {
  const names = Object.keys(expected).filter((name) => expected[name] !== undefined)
  if (names.length === 0) throw new InvalidInput(`${what}: then({ ... }) expects nothing`)
  const wanted = names.flatMap((name) => linesOf(name, expected[name]))
  const got = names.flatMap((name) => linesOf(name, actual[name]))
  if (wanted.join("\n") === got.join("\n")) return
  const told = story.length === 0 ? "" : `\n\nWhat happened:\n${story.map((line) => `  ${line}`).join("\n")}`
  throw new AssertionError({
    message: `${what}: not as expected\n- expected\n+ actual\n\n${difference(wanted, got).join("\n")}${told}`,
    expected: wanted.join("\n"),
    actual: got.join("\n"),
    operator: "then",
  })
}

function linesOf(name: string, value: unknown): readonly string[] {
  if (!Array.isArray(value)) return [`${name}: ${textOf(value)}`]
  return value.length === 0 ? [`${name}: none`] : [`${name}:`, ...value.map((item: unknown) => `  ${textOf(item)}`)]
}

/** Texts as they are, anything else as JSON with its fields in order. */
export function textOf(value: unknown): string {
  if (typeof value === "string") return value
  return value === undefined ? "nothing" : JSON.stringify(sorted(value))
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== "object" || value === null) return value
  const fields = Object.entries(value).filter(([, field]) => field !== undefined)
  return Object.fromEntries(fields.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([name, field]) => [name, sorted(field)]))
}

/** The longest common lines stay; the others are marked `-` (expected) or `+` (actual). */
function difference(expected: readonly string[], actual: readonly string[]): readonly string[] {
  const [wanted, ...restWanted] = expected
  const [got, ...restGot] = actual
  if (wanted === undefined) return actual.map((line) => `+ ${line}`)
  if (got === undefined) return expected.map((line) => `- ${line}`)
  if (wanted === got) return [`  ${wanted}`, ...difference(restWanted, restGot)]
  const lengths = commonLengths(expected, actual)
  const skipExpected = lengths[1]?.[0] ?? 0
  const skipActual = lengths[0]?.[1] ?? 0
  return skipExpected >= skipActual
    ? [`- ${wanted}`, ...difference(restWanted, actual)]
    : [`+ ${got}`, ...difference(expected, restGot)]
}

/** `lengths[i][j]`: how many lines the two have in common from `i` and `j` on. */
function commonLengths(expected: readonly string[], actual: readonly string[]): readonly (readonly number[])[] {
  const lengths = Array.from({ length: expected.length + 1 }, () => Array.from({ length: actual.length + 1 }, () => 0))
  for (let i = expected.length - 1; i >= 0; i -= 1) {
    const row = lengths[i] ?? []
    const below = lengths[i + 1] ?? []
    for (let j = actual.length - 1; j >= 0; j -= 1) {
      row[j] = expected[i] === actual[j] ? 1 + (below[j + 1] ?? 0) : Math.max(below[j] ?? 0, row[j + 1] ?? 0)
    }
  }
  return lengths
}
