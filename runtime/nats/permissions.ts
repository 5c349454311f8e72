// What a login may do on the server, as the server itself tells it, held against what an app needs.
import type { NatsConnection } from "@nats-io/transport-node"
import type { Finding } from "./finding.ts"

interface Allowed {
  readonly allow?: readonly string[]
  readonly deny?: readonly string[]
}

interface UserInfo {
  readonly data?: {
    readonly user?: string
    readonly account?: string
    readonly permissions?: { readonly publish?: Allowed; readonly subscribe?: Allowed }
  }
}

const requestMs = 2_000

export async function permissionFindings(connection: NatsConnection, namespaces: readonly string[]): Promise<readonly Finding[]> {
  const info = await askUser(connection)
  const about = "permissions"
  if (info === undefined) return [{ about, state: "note", text: "the server does not tell what this login may do" }]
  const { user = "", account = "", permissions: { publish, subscribe } = {} } = info.data ?? {}
  const who = `user ${user === "" ? "without a name" : user} of account ${account}`
  const spaces = namespaces.map((namespace) => `${namespace}.>`)
  const sent = ["$JS.API.>", "$JS.ACK.>", "$KV.>", ...spaces].filter((subject) => !isAllowed(publish, subject))
  const heard = ["_INBOX.>", ...spaces].filter((subject) => !isAllowed(subscribe, subject))
  const missing = [...sent.map((subject) => `publish ${subject}`), ...heard.map((subject) => `subscribe to ${subject}`)]
  if (missing.length === 0) return [{ about, state: "good", text: `${who} may do all that an app needs` }]
  const mend = "an app needs them; a client alone does with fewer"
  return [{ about, state: "note", text: `${who} is not granted as a whole: ${missing.join(", ")}`, mend }]
}

async function askUser(connection: NatsConnection): Promise<UserInfo | undefined> {
  try {
    const reply = await connection.request("$SYS.REQ.USER.INFO", "", { timeout: requestMs })
    return reply.json<UserInfo>()
  } catch {
    return undefined
  }
}

/** Whether all of a subject is granted, and nothing in it is denied. */
export function isAllowed({ allow, deny = [] }: Allowed = {}, subject: string): boolean {
  if (deny.some((pattern) => covers(pattern, subject) || covers(subject, pattern))) return false
  return allow === undefined || allow.some((pattern) => covers(pattern, subject))
}

/** Whether a pattern matches everything that another one does. */
function covers(pattern: string, subject: string): boolean {
  const [tokens, others] = [pattern.split("."), subject.split(".")]
  for (const [index, token] of tokens.entries()) {
    const other = others[index]
    if (token === ">") return other !== undefined
    if (other === undefined || other === ">" || (token !== "*" && token !== other)) return false
  }
  return tokens.length === others.length
}
