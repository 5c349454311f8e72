// Reads a NATS URL, or several with commas between them. nats.js ignores the credentials in a URL (and takes digits of a
// password for the port), so they are taken out here; and no message or log may ever show them.
import { InvalidInput } from "../../kernel/fault.ts"

export interface ServerAddress {
  /** `host:port` each. */
  readonly servers: readonly string[]
  readonly tls: boolean
  readonly user?: string
  readonly pass?: string
  readonly token?: string
}

const defaultPort = "4222"

/** Throws InvalidInput on anything but `nats://` and `tls://` URLs; a bare `host:port` is taken for `nats://`. */
export function parseServerUrl(text: string): ServerAddress {
  const urls = text.split(",").map((part) => part.trim()).filter((part) => part !== "").map(parseOne)
  const [first] = urls
  if (first === undefined) throw new InvalidInput("the NATS URL is empty; it is like nats://127.0.0.1:4222")
  const withLogin = urls.find((url) => url.username !== "")
  return {
    servers: urls.map((url) => `${url.hostname}:${url.port || defaultPort}`),
    tls: urls.some((url) => url.protocol === "tls:"),
    ...(withLogin && readLogin(withLogin)),
  }
}

/** The same text with every user, password and token replaced by `***`: for messages and logs. */
export function redactUrl(text: string): string {
  return text.split(",").map((part) => part.trim().replace(/^([a-z]+:\/\/)?.*@/i, "$1***@")).join(",")
}

function parseOne(text: string): URL {
  const shown = redactUrl(text)
  const url = URL.parse(/^[a-z]+:\/\//i.test(text) ? text : `nats://${text}`)
  if (url === null || url.hostname === "" || /[\s*]/.test(decode(url.hostname))) {
    throw new InvalidInput(`"${shown}" is not a NATS URL like nats://127.0.0.1:4222`)
  }
  if (url.protocol !== "nats:" && url.protocol !== "tls:") {
    throw new InvalidInput(`"${shown}" starts with ${url.protocol}//; a NATS URL starts with nats:// or tls://`)
  }
  return url
}

/** A user alone is a token: that is how NATS URLs carry it. */
function readLogin(url: URL): { user: string; pass: string } | { token: string } {
  const [user, pass] = [decode(url.username), decode(url.password)]
  return pass === "" ? { token: user } : { user, pass }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
