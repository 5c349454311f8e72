// How somebody outside ends a wait for a token: with nothing but the token.
import type { Command } from "../../runtime/message/contract.ts"
import type { Json } from "../../runtime/message/json.ts"
import { parseToken } from "../../runtime/message/token.ts"

/** The command that completes `context.token(wait)`. The saga refuses a forged one. Throws InvalidInput on what is none. */
export function completeToken(token: string, payload: Json): Command<null> {
  const { saga, key, wait } = parseToken(token)
  return { service: saga, key, name: "complete", payload: { name: wait, payload, token } }
}
