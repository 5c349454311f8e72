// What the runtime needs of a PostgreSQL driver: transactions and notifications. `Sql` is what the user's handlers get: the
// driver's own object of the same transaction.

export type DatabaseRow = Readonly<Record<string, unknown>>
export type Isolation = "read committed" | "repeatable read" | "serializable"

/** What the clients of `pg` and PGlite both have: handlers that ask for no more run on either. */
export interface PlainSql {
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- drivers have it: the caller knows the columns
  query<Row extends object = DatabaseRow>(text: string, values?: unknown[]): Promise<{ readonly rows: Row[] }>
}

export interface Database<Sql> {
  /** Transactions that may be open at the same time; 1 for a database within the process. */
  readonly transactionsMax: number
  /** Rejects when the server cannot be reached. */
  begin(isolation: Isolation): Promise<Transaction<Sql>>
  /**
   * Calls `wake` for each notification on a channel, and with `lost` when the connection that listens is gone. Resolves with
   * how to stop.
   */
  listen(channel: string, wake: () => void, lost: () => void): Promise<() => Promise<void>>
  /** Ends what this object has opened. */
  close(): Promise<void>
}

export interface Transaction<Sql> {
  readonly sql: Sql
  /** A statement is sent without waiting for the answers of those before it. */
  readonly isPipelined: boolean
  /** One statement with values, or several without. */
  query(text: string, values?: readonly unknown[]): Promise<readonly DatabaseRow[]>
  /** Rejects when it was not committed, or when nobody knows: the connection is gone then. */
  commit(): Promise<void>
  /** Never rejects. */
  rollback(): Promise<void>
  /** Ends it with its connection, whatever it is doing. Never rejects. */
  destroy(): Promise<void>
}
