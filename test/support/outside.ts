// A shop that tells customers by mail, and the outside that takes the mail: an HTTP server on this machine that a test can
// take down. Mail is sent at a rate, and behind a breaker.
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import * as Schema from "effect/Schema"
import { app, done, effectful, event, service } from "../../runtime/index.ts"

const Order = Schema.toStandardSchemaV1(Schema.Struct({ customer: Schema.String, number: Schema.Int }))
const Placed = event("Placed", Order)

/** A letter as the outside got it. */
export interface Letter {
  readonly effect: string
  readonly customer: string
  readonly number: number
  /** When its handler was called, by the clock of this machine. */
  readonly begunMs: number
  readonly taken: boolean
}

export interface MailRate {
  readonly calls: number
  readonly openForMs: number
}

/** `mailUrl` is not needed by who only sends orders. */
export function postApp({ calls, openForMs }: MailRate, mailUrl = "") {
  const mail = service("mail", {
    state: () => ({ sent: 0 }),
    rate: { calls, per: "1 second" },
    breaker: { failures: 5, within: "10 seconds", openFor: openForMs },
  }).on(
    Placed,
    ({ customer }) => customer,
    effectful(
      async (state, { customer, number }, { idempotencyKey: effect, signal }) => {
        const body = JSON.stringify({ effect, customer, number, begunMs: Date.now() })
        const { ok, status } = await fetch(mailUrl, { method: "POST", body, signal })
        if (!ok) throw new Error(`the mail server answers ${status}`)
        return done({ sent: state.sent + 1 }, null)
      },
      { timeout: "5 seconds", retry: { times: 5, from: "100 millis", max: "1 second" } },
    ),
  )
  const order = service("order", { state: () => ({ placed: 0 }) }).command("place", Order, (state, placed) =>
    done({ placed: state.placed + 1 }, state.placed + 1, [Placed(placed)]),
  )
  return { mail, order, shape: app("post", { namespace: "outside", partitions: 8, services: [mail, order] }) }
}

export interface Outside {
  readonly url: string
  readonly letters: readonly Letter[]
  isDown: boolean
  /** Resolves as soon as the predicate holds; looked at after each letter. */
  until(predicate: () => boolean): Promise<void>
  close(): Promise<void>
}

export async function startOutside(): Promise<Outside> {
  const letters: Letter[] = []
  const checks = new Set<() => void>()
  const server = createServer((request, response) => {
    let body = ""
    request.on("data", (chunk: Buffer) => (body += chunk.toString()))
    request.on("end", () => {
      // cast: the handler above sends these
      letters.push({ ...(JSON.parse(body) as Omit<Letter, "taken">), taken: !outside.isDown })
      response.writeHead(outside.isDown ? 503 : 200).end()
      for (const check of checks) check()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const { port } = server.address() as AddressInfo // cast: a TCP server's address
  const outside: Outside = {
    url: `http://127.0.0.1:${port}`,
    letters,
    isDown: false,
    until: (predicate) =>
      new Promise((resolve) => {
        const check = () => {
          if (!predicate()) return
          checks.delete(check)
          resolve()
        }
        checks.add(check)
        check()
      }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
  return outside
}
