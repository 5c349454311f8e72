// What a token says that somebody outside completes: which wait of which saga it is for. Whether it is genuine, the saga knows.
import { InvalidInput } from "../kernel/fault.ts"

export interface TokenPlace {
  readonly saga: string
  readonly key: string
  readonly wait: string
}

/** Throws InvalidInput if the text is no token. */
export function parseToken(token: string): TokenPlace {
  try {
    const parts: unknown = JSON.parse(Buffer.from(token.split(".")[0] ?? "", "base64url").toString("utf8"))
    const [saga, key, wait] = Array.isArray(parts) ? parts.map(String) : []
    if (saga !== undefined && key !== undefined && wait !== undefined) return { saga, key, wait }
  } catch {
    // Said below.
  }
  throw new InvalidInput("the text is no token of a saga")
}
