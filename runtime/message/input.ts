// The external lane on the wire: a client publishes commands in blocks, to share one stored message among many.
import { Fault, describeError } from "../kernel/fault.ts"
import { limits } from "../kernel/limits.ts"
import { checkKey } from "./key.ts"
import type { CommandMessage, Requester } from "./message.ts"
import { isVersion, versionMark } from "./versions.ts"

/** Bytes from outside that are not a block of commands. They are parked as they came. */
export class MalformedInput extends Fault {
  readonly _tag = "MalformedInput"
  readonly code = "MALFORMED_INPUT"
  readonly retry = "never"
}

export function encodeInput(commands: readonly CommandMessage[]): Uint8Array {
  return Buffer.from(JSON.stringify({ v: 1, commands }), "utf8")
}

/** The commands of one input block. Throws MalformedInput; the caller parks the bytes. */
export function decodeInput(bytes: Uint8Array): readonly CommandMessage[] {
  try {
    const block: unknown = JSON.parse(Buffer.from(bytes).toString("utf8"))
    if (!isObject(block) || block["v"] !== 1 || !Array.isArray(block["commands"]))
      throw new MalformedInput("not {v: 1, commands: [...]}")
    if (block["commands"].length > limits.inputRecordsMax)
      throw new MalformedInput(`more than ${limits.inputRecordsMax} commands in one block`)
    return block["commands"].map(decodeCommand)
  } catch (error) {
    throw new MalformedInput(`an input block could not be read (${describeError(error)}); its bytes are parked`)
  }
}

function decodeCommand(value: unknown, index: number): CommandMessage {
  const where = `command ${index}`
  if (!isObject(value) || value["type"] !== "command") throw new MalformedInput(`${where} is not a command`)
  const { to, name, effect, payload, replyTo, trace } = value
  if (!isObject(to) || typeof to["service"] !== "string" || typeof to["key"] !== "string")
    throw new MalformedInput(`${where} has no addressee`)
  checkKey(to["key"])
  if (typeof name !== "string" || typeof effect !== "string" || effect === "")
    throw new MalformedInput(`${where} has no name or no effect key`)
  return {
    type: "command",
    to: { service: to["service"], key: to["key"] },
    name,
    effect,
    payload: (payload ?? null) as CommandMessage["payload"], // cast: it was parsed from JSON
    ...readVersion(value["version"], where),
    // A command from outside cannot undo, retry under another number, or borrow a saga's scope.
    direction: "do",
    attempt: 1,
    ...readTime("dueMs", value, where),
    ...readTime("expiresMs", value, where),
    ...(value["priority"] === "high" ? { priority: "high" as const } : {}),
    ...(replyTo === undefined ? {} : { replyTo: decodeRequester(replyTo, where) }),
    ...(typeof trace === "string" ? { trace } : {}),
  }
}

function readVersion(version: unknown, where: string): { readonly version?: number } {
  if (version === undefined) return {}
  if (!isVersion(version)) throw new MalformedInput(`${where} has a version that is none`)
  return versionMark(version)
}

/** Answers go to inboxes only: a command from outside must not make the app publish anywhere else. */
function readTime(
  name: "dueMs" | "expiresMs",
  value: Record<string, unknown>,
  where: string,
): { dueMs?: number; expiresMs?: number } {
  const time = value[name]
  if (time === undefined) return {}
  if (typeof time !== "number" || !Number.isSafeInteger(time)) throw new MalformedInput(`${where}: ${name} is no time`)
  return { [name]: time }
}

function decodeRequester(value: unknown, where: string): Requester {
  const { subject, request } = isObject(value) ? value : {}
  if (typeof subject !== "string" || !/^_INBOX\.[A-Za-z0-9_.-]{1,200}$/.test(subject) || typeof request !== "string") {
    throw new MalformedInput(`${where} wants its answer somewhere else than in an inbox`)
  }
  return { subject, request: request.slice(0, limits.keyBytesMax) }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}
