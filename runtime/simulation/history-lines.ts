// A history as text: JSON lines, the facts of the run first.
import { InvalidInput } from "../kernel/fault.ts"
import { type Block, decodeBlock } from "../message/block.ts"
import { digest } from "../message/hash.ts"
import type { JournalRecord } from "../ports/journal.ts"
import type { BlockHappening, Happening, History, RunFacts } from "./history.ts"

export function historyText({ run, happenings }: History): string {
  return [run, ...happenings].map((line) => `${JSON.stringify(line)}\n`).join("")
}

/** Throws InvalidInput on text that is no history; a last line that was cut off is left out. */
export function readHistory(text: string): History {
  const lines = text.split("\n")
  if (lines.at(-1) === "") lines.pop()
  const values = lines.flatMap((line, index) => parseLine(line, index, lines.length))
  const [run, ...happenings] = values
  if (run?.type !== "run") throw new InvalidInput("a history begins with the facts of its run, and this text does not")
  // casts: written by historyText; the checker says what does not fit
  return { run: run as unknown as RunFacts, happenings: happenings as unknown as readonly Happening[] }
}

function parseLine(line: string, index: number, count: number): readonly { readonly type?: unknown }[] {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === "object" && value !== null ? [value] : []
  } catch (cause) {
    if (index === count - 1) return []
    throw new InvalidInput(`line ${index + 1} of a history is not JSON`, { cause })
  }
}

/** A stored block as a history tells it. Throws CorruptJournal. */
export function blockHappening(app: string, partition: number, { sequence, bytes }: JournalRecord, atMs: number): BlockHappening {
  const block: Block = decodeBlock(bytes, `journal of ${app} partition ${partition} at sequence ${sequence}`)
  return { type: "block", atMs, app, partition, sequence, digest: digest(bytes), bytes: bytes.length, block }
}
