// Where the console is that commands ask, and the token for it. `troupe dev` leaves both in a file that only its user can
// read, so that commands given in the same folder need neither.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { describeError } from "../kernel/fault.ts"
import type { Call, Option } from "./command.ts"
import { WrongUse } from "./wrong-use.ts"

export interface ConsolePlace {
  readonly url: string
  readonly token: string | undefined
}

export const placeOptions = {
  "url": { value: "URL", about: "the console; default: TROUPE_CONSOLE_URL, or what `troupe dev` left in .troupe" },
  "token-file": { value: "FILE", completes: "file", about: "a file with the token; default: TROUPE_CONSOLE_TOKEN" },
} as const satisfies Record<string, Option>

const defaultUrl = "http://127.0.0.1:4700"

export function placeFile(dataDir: string): string {
  return join(dataDir, "console.json")
}

/** Throws WrongUse. */
export function consolePlace(call: Call): ConsolePlace {
  const left = leftPlace(call)
  const said = call.text("url") ?? call.variable("TROUPE_CONSOLE_URL")
  const url = checkUrl(said ?? left?.url ?? defaultUrl)
  const tokenFile = call.text("token-file")
  if (tokenFile !== undefined) return { url, token: readToken(tokenFile) }
  // A token goes where it belongs: a file in some folder must not get the one of the environment sent to its address.
  if (said === undefined && left !== undefined) return { url, token: left.token }
  return { url, token: call.variable("TROUPE_CONSOLE_TOKEN") ?? (left?.url === url ? left.token : undefined) }
}

function checkUrl(text: string): string {
  const url = URL.parse(text)
  if (url === null || (url.protocol !== "http:" && url.protocol !== "https:"))
    throw new WrongUse(`${JSON.stringify(text)} is no address of a console: it looks like ${defaultUrl}`)
  if (url.username !== "" || url.password !== "")
    throw new WrongUse("the console's address holds no token: set TROUPE_CONSOLE_TOKEN")
  return text.replace(/\/+$/, "")
}

function readToken(file: string): string {
  try {
    return readFileSync(file, "utf8").trim()
  } catch (error) {
    throw new WrongUse(`the token cannot be read: ${describeError(error)}`, { cause: error })
  }
}

/** What `troupe dev` left; undefined if there is nothing, or nothing that makes sense. */
export function leftPlace(call: Call): LeftPlace | undefined {
  const file = placeFile(call.variable("TROUPE_DATA_DIR") ?? ".troupe")
  if (!existsSync(file)) return undefined
  try {
    // cast: every member is checked below
    const { url, token, natsUrl, isEmbedded } = JSON.parse(readFileSync(file, "utf8")) as Partial<LeftPlace>
    if (typeof url !== "string" || typeof token !== "string" || typeof natsUrl !== "string") return undefined
    return { url, token, natsUrl, isEmbedded: isEmbedded === true }
  } catch {
    return undefined
  }
}

export interface LeftPlace {
  readonly url: string
  readonly token: string
  readonly natsUrl: string
  /** Every acknowledged write is on disk there. */
  readonly isEmbedded: boolean
}

export function leavePlace(file: string, place: LeftPlace): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  // A file that is there already would keep its own mode.
  rmSync(file, { force: true })
  writeFileSync(file, `${JSON.stringify(place)}\n`, { mode: 0o600 })
}
