// The runtime's own tables, in a schema of their own beside the user's: made and changed by numbered steps, each in one
// transaction with its number, under a lock, so that any number of processes may try at once.
import type { Database, Transaction } from "./database.ts"
import { SchemaUnusable, sqlState } from "./faults.ts"

/** One row an actor: see inbox.ts. Only the primary key is indexed, so that changes stay within a page. */
const inbox = `create table troupe.inbox (
  actor text primary key,
  version bigint not null,
  state text,
  state_version integer not null,
  results text not null
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 1000,
  autovacuum_vacuum_cost_delay = 0)`

/** What was said outside of handlers and is not published yet: see outbox.ts. */
const outbox = `create table troupe.outbox (
  id uuid primary key default gen_random_uuid(),
  name text not null,
  part integer not null,
  number bigint not null generated always as identity,
  message text not null
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);
create index outbox_order on troupe.outbox (name, part, number)`

/** Step n makes version n of version n - 1. A step that was released stays as it is. */
export const migrations: readonly string[] = [inbox, outbox]

const lock = "select pg_advisory_xact_lock(7402839201771)"
// A session hears what others have changed when it opens a table, and not when it gets an advisory lock: without the first
// statement it may believe that there is no schema yet.
const begin = `select count(*) from pg_catalog.pg_namespace;
create schema if not exists troupe;
create table if not exists troupe.migration (version integer primary key, applied_at timestamptz not null default now())`

/** Everything as one script, for whoever applies migrations in another way. It may be run again. */
export function migrationScript(): string {
  const steps = migrations.map((step, index) => {
    const version = index + 1
    return `do $troupe$ begin
if not exists (select 1 from troupe.migration where version = ${version}) then
${step};
insert into troupe.migration (version) values (${version});
end if;
end $troupe$;`
  })
  return ["begin;", `${lock};`, `${begin};`, ...steps, "commit;", ""].join("\n")
}

/** Brings the schema up to date. Gives the versions that were applied. Rejects with SchemaUnusable if it is a newer release's. */
export async function migrate(database: Database<unknown>): Promise<readonly number[]> {
  const transaction = await database.begin("read committed")
  try {
    await transaction.query(lock)
    await transaction.query(begin)
    const version = await versionIn(transaction)
    if (version > migrations.length) throw newer(version)
    const applied: number[] = []
    for (const [index, step] of migrations.entries()) {
      if (index < version) continue
      await transaction.query(step)
      await transaction.query("insert into troupe.migration (version) values ($1)", [index + 1])
      applied.push(index + 1)
    }
    await transaction.commit()
    return applied
  } catch (error) {
    await transaction.rollback()
    throw error
  }
}

/** Rejects with SchemaUnusable unless the schema is that of this release. */
export async function checkSchema(database: Database<unknown>): Promise<void> {
  const transaction = await database.begin("read committed")
  try {
    const version = await versionIn(transaction)
    if (version > migrations.length) throw newer(version)
    if (version < migrations.length) throw missing(`is at version ${version}, and this release needs ${migrations.length}`)
  } catch (error) {
    if (["42P01", "3F000"].includes(sqlState(error) ?? "")) throw missing("is not there")
    throw error
  } finally {
    await transaction.rollback()
  }
}

async function versionIn(transaction: Transaction<unknown>): Promise<number> {
  const [row] = await transaction.query("select coalesce(max(version), 0) as version from troupe.migration", [])
  return Number(row?.["version"] ?? 0)
}

function missing(how: string): SchemaUnusable {
  return new SchemaUnusable(`the schema "troupe" ${how}: run \`troupe postgres migrate\`, then start again`)
}

function newer(version: number): SchemaUnusable {
  return new SchemaUnusable(
    `the schema "troupe" has version ${version}, and this release knows ${migrations.length}: a newer release runs here; update`,
  )
}
