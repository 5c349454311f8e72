// The port of the console, as commands that start one take it.
import { consolePort } from "../console/start-console.ts"
import type { Call } from "./command.ts"
import { WrongUse } from "./wrong-use.ts"

export const portOption = { value: "PORT", about: `of the console; default ${consolePort}, and 0 takes any free one` } as const

/** Throws WrongUse. */
export function portOf(call: Call): number {
  const text = call.text("port") ?? String(consolePort)
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text)
  throw new WrongUse(`--port is ${JSON.stringify(text)}: it must be a port from 0 to 65535`)
}
