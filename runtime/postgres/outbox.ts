// An outbox for code outside handlers, such as an HTTP route or a cron job: what it says is a row in its own transaction, and
// a relay publishes what was committed. Those of one key are published in the order in which they were written, if the
// transactions that wrote them came one after the other.
import { InvalidInput } from "../kernel/fault.ts"
import { limits } from "../kernel/limits.ts"
import type { Command, Event } from "../message/contract.ts"
import { fnv1a32 } from "../message/hash.ts"
import { checkJson } from "../message/json.ts"
import { checkKey, checkName } from "../message/key.ts"
import type { PlainSql } from "./database.ts"

export interface OutboxOptions {
  /** Tells the rows of this outbox from those of others in the same database: the app's name. */
  readonly name: string
  /** How many relays can share the work at most. Rows that are there keep their part. Default: `limits.outboxPartsDefault`. */
  readonly parts?: number
}

export interface Outbox {
  /**
   * Writes a command into the transaction of `sql`, such as a client of `pg` between `begin` and `commit`. Gives its
   * idempotency key, which is its own unless one is said.
   */
  send(sql: PlainSql, command: Command, options?: { readonly effect?: string }): Promise<string>
  /** Writes an event, which is about its contract's key or the one that is said. Gives its id. */
  publish(sql: PlainSql, event: Event, options?: { readonly key?: string; readonly id?: string }): Promise<string>
}

/** A row's message. */
export type OutboxMessage =
  | { readonly type: "command"; readonly key: string; readonly id: string | null; readonly command: Command }
  | { readonly type: "event"; readonly key: string; readonly id: string | null; readonly event: Event }

/** Woken by a commit that wrote rows. */
export const outboxChannel = "troupe_outbox"

const write = `with row as (insert into troupe.outbox (name, part, message) values ($1, $2, $3) returning id)
select id, pg_notify('${outboxChannel}', '') from row`

/** Throws InvalidInput on a bad name or number of parts. */
export function outbox({ name, parts = limits.outboxPartsDefault }: OutboxOptions): Outbox {
  checkName("app", name)
  if (!Number.isInteger(parts) || parts < 1 || parts > limits.outboxPartsMax)
    throw new InvalidInput(`outbox ${name}: parts must be a whole number from 1 to ${limits.outboxPartsMax}, not ${parts}`)
  const store = async (sql: PlainSql, message: OutboxMessage): Promise<string> => {
    const text = textOf(message)
    const { rows: [row] } = await sql.query(write, [name, fnv1a32(message.key) % parts, text])
    return message.id ?? String(row?.["id"])
  }
  return {
    send: (sql, command, { effect } = {}) =>
      store(sql, { type: "command", key: `${command.service}/${command.key}`, id: effect ?? null, command }),
    publish: async (sql, event, { key = event.key, id = null } = {}) => {
      if (key === undefined) throw new InvalidInput(`event ${event.name} is about nothing: give it a key, or its contract one`)
      checkKey(key)
      return store(sql, { type: "event", key, id, event: { ...event, key } })
    },
  }
}

/** What no relay could ever publish is refused now, while somebody is there to hear of it. */
function textOf(message: OutboxMessage): string {
  const what = message.type === "event" ? `event ${message.event.name}` : `command ${message.command.name}`
  checkJson(message.type === "event" ? message.event.payload : message.command.payload, what)
  const text = JSON.stringify(message)
  if (Buffer.byteLength(text, "utf8") <= limits.decisionBytesMax) return text
  throw new InvalidInput(`${what} has more than ${limits.decisionBytesMax} bytes`)
}
