// The store of a read model: one SQLite file, or memory. It holds what can be searched and where the rest stands in the
// journals; states and payloads are not in it. Whatever is in it can be made again, so another format begins anew.
import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite"
import { describeError, Fault } from "../kernel/fault.ts"
import { tables } from "./tables.ts"

/** Raise it with every change of the tables, or of what is written into them. */
const format = 1

/** The file cannot be opened; another process may have it. */
export class StoreUnusable extends Fault {
  readonly _tag = "StoreUnusable"
  readonly code = "STORE_UNUSABLE"
  readonly retry = "later"
}

export class Store {
  readonly #database: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()
  #inTransaction = false

  private constructor(database: DatabaseSync) {
    this.#database = database
  }

  /** `:memory:` for one that is gone with the process. Rejects with StoreUnusable. */
  static async open(file: string): Promise<Store> {
    // Loaded here, so that a program without a read model does without it.
    const { DatabaseSync } = await import("node:sqlite")
    let database: DatabaseSync | undefined
    try {
      database = new DatabaseSync(file)
      database.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL")
      database.exec("PRAGMA cache_size = -32000; PRAGMA temp_store = MEMORY; BEGIN IMMEDIATE; COMMIT")
      const store = new Store(database)
      const [known] = store.all<{ user_version: number }>("PRAGMA user_version")
      if (known?.user_version !== format) store.clear()
      return store
    } catch (cause) {
      database?.close()
      const what = `the read model's store ${file} cannot be used (${describeError(cause)})`
      throw new StoreUnusable(`${what}: another process may have it; name another file, or end that process`, { cause })
    }
  }

  /** Begins anew, with nothing in it. */
  clear(): void {
    this.rollback()
    this.#statements.clear()
    const names = this.all<{ name: string }>("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    this.#statements.clear()
    for (const { name } of names) this.#database.exec(`DROP TABLE "${name}"`)
    this.#database.exec(tables)
    this.#database.exec(`PRAGMA user_version = ${format}`)
  }

  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller names the columns that it asks for
  all<Row extends object>(sql: string, ...values: readonly SQLInputValue[]): readonly Row[] {
    return this.#prepare(sql).all(...values) as unknown as readonly Row[] // cast: the caller names the columns that it asks for
  }

  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- likewise
  get<Row extends object>(sql: string, ...values: readonly SQLInputValue[]): Row | undefined {
    return this.#prepare(sql).get(...values) as unknown as Row | undefined // cast: as above
  }

  /** Gives the id of a row that was inserted. */
  run(sql: string, ...values: readonly SQLInputValue[]): number {
    return Number(this.#prepare(sql).run(...values).lastInsertRowid)
  }

  begin(): void {
    if (this.#inTransaction) return
    this.#database.exec("BEGIN")
    this.#inTransaction = true
  }

  commit(): void {
    if (!this.#inTransaction) return
    this.#database.exec("COMMIT")
    this.#inTransaction = false
  }

  rollback(): void {
    if (!this.#inTransaction) return
    this.#database.exec("ROLLBACK")
    this.#inTransaction = false
  }

  get bytes(): number {
    const { page_count: pages = 0 } = this.get<{ page_count: number }>("PRAGMA page_count") ?? {}
    const { page_size: size = 0 } = this.get<{ page_size: number }>("PRAGMA page_size") ?? {}
    return pages * size
  }

  close(): void {
    this.commit()
    this.#database.close()
  }

  /** Statements are few and in the code, but for those of searches: of these the last ones are kept. */
  #prepare(sql: string): StatementSync {
    const known = this.#statements.get(sql)
    if (known !== undefined) return known
    if (this.#statements.size >= statementsMax) this.#statements.clear()
    const statement = this.#database.prepare(sql)
    this.#statements.set(sql, statement)
    return statement
  }
}

const statementsMax = 200
