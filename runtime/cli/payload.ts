// Payloads on the command line: as JSON, from a file, or from standard input.
import { readFileSync } from "node:fs"
import { describeError } from "../kernel/fault.ts"
import type { Json } from "../message/json.ts"
import { type Call, type Option, readJson } from "./command.ts"
import { WrongUse } from "./wrong-use.ts"

export const payloadOptions = {
  "payload": { value: "JSON", about: "what goes with it; others on this machine may see it: see --payload-file" },
  "payload-file": { value: "FILE", completes: "file", about: "the same from a file; - for standard input" },
} as const satisfies Record<string, Option>

/** Undefined if none is given. Throws WrongUse. */
export function payloadOf(call: Call): Json | undefined {
  const file = call.text("payload-file")
  if (file === undefined) return call.json("payload")
  if (call.text("payload") !== undefined) throw new WrongUse("say either --payload or --payload-file")
  return readJson(`what ${file} holds`, file === "-" ? call.terminal.input() : readText(file))
}

/** Throws WrongUse. */
export function readText(file: string): string {
  try {
    return readFileSync(file, "utf8")
  } catch (error) {
    throw new WrongUse(`${file} cannot be read: ${describeError(error)}`, { cause: error })
  }
}
