// Who asks: by a token, or by the cookie that was given for one. The cookie says the role and how long it holds, signed with
// what the tokens are, so that it outlives the process and not a change of the tokens.
import { createHash, createHmac, timingSafeEqual } from "node:crypto"
import type { IncomingMessage } from "node:http"
import { limits } from "../kernel/limits.ts"
import { Refused } from "./problem.ts"

export type Role = "viewer" | "operator"

export interface Caller {
  readonly role: Role
  readonly expiresMs?: number
  /** By the cookie: a browser sends it by itself. */
  readonly byCookie: boolean
}

export interface Tokens {
  /** Of operators. */
  readonly token: string
  /** Of those who may look only. */
  readonly viewerToken?: string
}

const cookieName = "troupe_session"

export class Callers {
  readonly #tokens: Tokens
  readonly #key: Buffer

  constructor(tokens: Tokens) {
    this.#tokens = tokens
    this.#key = createHash("sha256").update(JSON.stringify(["troupe session", tokens.token, tokens.viewerToken])).digest()
  }

  /** Who is asking, if anybody is signed in. Throws Refused for a wrong token. */
  of({ headers }: IncomingMessage, nowMs: number): Caller | undefined {
    const { authorization } = headers
    if (authorization !== undefined) {
      const [, token = ""] = /^Bearer (.+)$/i.exec(authorization) ?? []
      return { role: this.roleOf(token), byCookie: false }
    }
    const cookies = (headers.cookie ?? "").split(";").map((cookie) => cookie.trim())
    const value = cookies.find((cookie) => cookie.startsWith(`${cookieName}=`))?.slice(cookieName.length + 1)
    return value === undefined ? undefined : this.#read(value, nowMs)
  }

  /** Throws Refused for a token that is none. */
  roleOf(token: string): Role {
    const { token: operator, viewerToken } = this.#tokens
    // Both are compared, so that the time says nothing.
    const [isOperator, isViewer] = [isSame(token, operator), viewerToken !== undefined && isSame(token, viewerToken)]
    if (isOperator) return "operator"
    if (isViewer) return "viewer"
    throw new Refused(401, "WRONG_TOKEN", "the token is not one of this console's")
  }

  /** The header that makes a browser send the role with every request. */
  cookieFor(role: Role, nowMs: number): { readonly header: string; readonly expiresMs: number } {
    const expiresMs = nowMs + limits.consoleSessionMs
    const said = `${role}.${expiresMs}`
    const seconds = Math.floor(limits.consoleSessionMs / 1000)
    return { header: `${cookieName}=${said}.${this.#sign(said)}; Max-Age=${seconds}; ${cookieRules}`, expiresMs }
  }

  /** The header that makes a browser forget it. */
  get noCookie(): string {
    return `${cookieName}=; Max-Age=0; ${cookieRules}`
  }

  #read(value: string, nowMs: number): Caller | undefined {
    const [role = "", expires = "", signature = ""] = value.split(".")
    if (!isSame(signature, this.#sign(`${role}.${expires}`)) || Number(expires) <= nowMs) return undefined
    return role === "operator" || role === "viewer" ? { role, expiresMs: Number(expires), byCookie: true } : undefined
  }

  #sign(text: string): string {
    return createHmac("sha256", this.#key).update(text).digest("base64url")
  }
}

const cookieRules = "Path=/; HttpOnly; SameSite=Strict"

function isSame(a: string, b: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest()
  return timingSafeEqual(digest(a), digest(b))
}
