// The tables of inventory and payment: on the server that DATABASE_URL names, or in PGlite, which lives in one process.
import { mkdir, rm } from "node:fs/promises"
import { PGlite } from "@electric-sql/pglite"
import pg from "pg"
import { InvalidInput } from "../../../runtime/index.ts"
import { type Database, migrate, pgDatabase, pgliteDatabase, type PlainSql } from "../../../runtime/postgres/index.ts"

export interface Store {
  readonly database: Database<PlainSql>
  /** The schema that holds the tables of this shop. */
  readonly schema: string
  /** Words for where it is. */
  readonly place: string
  close(): Promise<void>
}

export interface StoreOptions {
  readonly namespace: string
  /** PGlite keeps its files beside the embedded NATS server's. */
  readonly dataDir: string
  readonly fresh?: boolean
}

/** Opens the database, and makes what is missing of the runtime's tables and of the shop's. */
export async function openStore(options: StoreOptions): Promise<Store> {
  const { namespace, fresh = false } = options
  const { database, place } = await openDatabase(options)
  const schema = `"order_flow_${namespace}"`
  await migrate(database)
  if (fresh) {
    await run(database, `drop schema if exists ${schema} cascade`)
    await run(database, "delete from troupe.inbox where starts_with(actor, $1)", [`${namespace}/`])
  }
  await run(database, tables(schema))
  return { database, schema, place, close: () => database.close() }
}

/** One statement with values, or several without, in a transaction of its own. */
export async function run<Row>(
  database: Database<PlainSql>,
  text: string,
  values?: readonly unknown[],
): Promise<readonly Row[]> {
  const transaction = await database.begin("read committed")
  try {
    const rows = await transaction.query(text, values)
    await transaction.commit()
    return rows as unknown as readonly Row[] // cast: the caller knows what the statement gives
  } catch (error) {
    await transaction.rollback()
    throw error
  }
}

async function openDatabase({ dataDir, fresh }: StoreOptions): Promise<{ database: Database<PlainSql>; place: string }> {
  const url = process.env["DATABASE_URL"]
  if (url !== undefined && url !== "") {
    const pool = new pg.Pool({ connectionString: url, allowExitOnIdle: true })
    return { database: pgDatabase(pool), place: `PostgreSQL at ${new URL(url).host}` }
  }
  const folder = `${dataDir}-postgres`
  if (fresh === true) await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  return { database: pgliteDatabase(await PGlite.create(folder)), place: `PGlite in ${folder}` }
}

/** PGlite has one session: processes cannot share it. */
export function checkWorkers(workers: number): void {
  if (workers === 0 || (process.env["DATABASE_URL"] ?? "") !== "") return
  throw new InvalidInput("PGlite lives in one process: with --workers, DATABASE_URL must name a PostgreSQL server")
}

const tables = (schema: string) => `create schema if not exists ${schema};
create table if not exists ${schema}.stock (
  sku text primary key,
  initial integer not null,
  remaining integer not null constraint in_stock check (remaining >= 0)
);
create table if not exists ${schema}.reservation (
  order_id text not null,
  sku text not null references ${schema}.stock,
  quantity integer not null
);
create index if not exists reservation_order on ${schema}.reservation (order_id);
create table if not exists ${schema}.charge (
  order_id text primary key,
  customer text not null,
  cents integer not null,
  refunded boolean not null default false
);
create table if not exists ${schema}.account (
  customer text primary key,
  charged_cents bigint not null default 0,
  refunded_cents bigint not null default 0
)`
