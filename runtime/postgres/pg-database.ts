// PostgreSQL through a pool of the `pg` package, which the user makes: nothing of it is imported here.
import { limits } from "../kernel/limits.ts"
import type { Database, DatabaseRow, Isolation, PlainSql, Transaction } from "./database.ts"

/** What is used of a client of `pg`. */
export interface PgClient extends PlainSql {
  query<Row extends object = DatabaseRow>(text: string, values?: unknown[]): Promise<PgResult<Row>>
  query<Row extends object = DatabaseRow>(statement: NamedStatement): Promise<PgResult<Row>>
  on(event: "error" | "end", listener: () => void): unknown
  on(event: "notification", listener: (message: { readonly channel: string }) => void): unknown
  removeListener(event: "error", listener: () => void): unknown
  release(destroy?: boolean): void
  /** Of the pool's options. */
  readonly pipeline?: boolean
  readonly connection?: { readonly stream?: CorkedStream }
}

/** What is used of a socket. */
interface CorkedStream {
  cork?(): void
  uncork?(): void
  prependListener?(event: "data", listener: () => void): unknown
}

interface PgResult<Row> {
  readonly rows: Row[]
  readonly rowCount: number | null
  readonly command: string
}

interface NamedStatement {
  readonly text: string
  readonly values: unknown[]
  readonly name: string
}

/** What is used of a pool of `pg`. */
export interface PgPool<Client extends PgClient> {
  connect(): Promise<Client>
  end(): Promise<void>
  on(event: "error", listener: (error: Error) => void): unknown
}

export interface PgDatabaseOptions {
  /**
   * Connections for shared transactions; the pool should allow `limits.ownTransactionsMax` more, and one to listen on.
   * Default: `limits.sharedTransactionsDefault`.
   */
  readonly transactions?: number
}

/** `pool` is a `Pool` of `pg`. `close` ends it. */
export function pgDatabase<Client extends PgClient = PgClient>(
  pool: PgPool<NoInfer<Client>>,
  { transactions = limits.sharedTransactionsDefault }: PgDatabaseOptions = {},
): Database<Client> {
  // A connection that breaks while nobody uses it is replaced by the pool; without a listener it would end the process.
  pool.on("error", nothing)
  return {
    transactionsMax: transactions,
    close: () => pool.end(),
    async begin(isolation) {
      const client = await pool.connect()
      if (client.pipeline === true) gatherWrites(client)
      const transaction = new PgTransaction(client)
      try {
        await client.query(opening(isolation))
        return transaction
      } catch (error) {
        await transaction.destroy()
        throw error
      }
    },
    async listen(channel, wake, lost) {
      const client = await pool.connect()
      let isOpen = true
      const end = () => {
        if (isOpen) client.release(true)
        isOpen = false
      }
      client.on("error", nothing)
      client.on("end", () => {
        if (isOpen) lost()
        end()
      })
      client.on("notification", (message) => message.channel === channel && wake())
      try {
        await client.query(`listen "${channel}"`)
      } catch (error) {
        end()
        throw error
      }
      return async () => end()
    },
  }
}

/** A process that stands still must not hold its rows for ever, nor wait for those of another that does. */
function opening(isolation: Isolation): string {
  const bounds = `set local idle_in_transaction_session_timeout = ${limits.transactionIdleMsMax}; ` +
    `set local lock_timeout = ${limits.lockWaitMsMax}`
  return `begin isolation level ${isolation}; ${bounds}`
}

function nothing(): void {}

const gathering = new WeakSet<PgClient>()

/** What the handlers of a transaction say in answer to one packet leaves in one, too. */
function gatherWrites(client: PgClient): void {
  const stream = client.connection?.stream
  if (gathering.has(client) || stream?.cork === undefined || stream.prependListener === undefined) return
  gathering.add(client)
  let isCorked = false
  stream.prependListener("data", () => {
    if (isCorked) return
    isCorked = true
    stream.cork?.()
    setImmediate(() => {
      isCorked = false
      stream.uncork?.()
    })
  })
}

class PgTransaction<Client extends PgClient> implements Transaction<Client> {
  readonly sql: Client
  readonly isPipelined: boolean
  #open = true

  constructor(client: Client) {
    this.sql = client
    this.isPipelined = client.pipeline === true
    // Else a connection that breaks between two queries would end the process: the next query says so.
    client.on("error", nothing)
  }

  async query(text: string, values?: readonly unknown[]): Promise<readonly DatabaseRow[]> {
    const result = values === undefined
      ? await this.sql.query(text)
      : await this.sql.query({ text, values: [...values], name: nameOf(text) })
    // Several statements give several results; nobody asks for those.
    return Array.isArray(result) ? [] : result.rows
  }

  async commit(): Promise<void> {
    try {
      const { command } = await this.sql.query("commit")
      if (command !== "COMMIT") throw new Error(`the server answered "${command}" to commit: an error in it was passed over`)
      this.#end(false)
    } catch (error) {
      this.#end(true)
      throw error
    }
  }

  async rollback(): Promise<void> {
    if (!this.#open) return
    try {
      await this.sql.query("rollback")
      this.#end(false)
    } catch {
      this.#end(true)
    }
  }

  async destroy(): Promise<void> {
    this.#end(true)
  }

  #end(isBroken: boolean): void {
    if (!this.#open) return
    this.#open = false
    this.sql.removeListener("error", nothing)
    this.sql.release(isBroken)
  }
}

/** The runtime's own statements are few: each is planned once on a connection. */
function nameOf(text: string): string {
  let name = names.get(text)
  if (name === undefined) names.set(text, (name = `troupe ${names.size + 1}`))
  return name
}

const names = new Map<string, string>()
