// Who is signed in, and requests to the API: the browser sends its cookie with each.
import { computed, signal } from "@preact/signals"
import type { Session } from "../answers.ts"

export const session = signal<Session | undefined>(undefined)
export const mayOrder = computed(() => session.value?.role === "operator")
export const seesPayloads = computed(() => session.value?.payloads === true)

const signedOut: Session = { isSignedIn: false, payloads: false }

/** What the server refused, in its words. */
export class Problem extends Error {
  readonly status: number
  readonly code: string

  constructor(status: number, code: string, detail: string) {
    super(detail)
    this.status = status
    this.code = code
  }
}

export async function ask<Answer>(path: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(path, init).catch((error: unknown) => {
    if (init.signal?.aborted === true) throw error
    throw new Problem(0, "UNREACHABLE", "The console does not answer. Is the app still running?")
  })
  const answer: unknown = await response.json().catch(() => undefined)
  if (response.ok) return answer as Answer // cast: the API's document says so, and a test holds the server to it
  const refused = (answer ?? {}) as { readonly code?: string; readonly detail?: string } // cast: RFC 9457
  const { code = "UNKNOWN", detail = response.statusText } = refused
  if (response.status === 401 && session.value?.isSignedIn === true) session.value = signedOut
  throw new Problem(response.status, code, detail)
}

export function post<Answer>(path: string, body: object): Promise<Answer> {
  return ask<Answer>(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) })
}

/** Reads who is signed in; a token behind the # of the address signs in with it, and is gone from the address. */
export async function readSession(): Promise<void> {
  const token = /^#token=(.+)$/.exec(location.hash)?.[1]
  if (token !== undefined) {
    history.replaceState(undefined, "", location.pathname + location.search)
    await signIn(decodeURIComponent(token)).catch(() => undefined)
  }
  if (session.value?.isSignedIn === true) return
  session.value = await ask<Session>("/api/session").catch(() => signedOut)
}

export async function signIn(token: string): Promise<void> {
  session.value = await post<Session>("/api/session", { token })
}

export async function signOut(): Promise<void> {
  await ask("/api/session", { method: "DELETE" }).catch(() => undefined)
  session.value = signedOut
}
