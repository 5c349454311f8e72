// The rows of the inbox in the database: many are read, locked and written by one statement.
import type { Json } from "../message/json.ts"
import type { DatabaseRow, Transaction } from "./database.ts"
import type { InboxRow, Kept } from "./inbox.ts"

const read = "select actor, version, state, state_version, results from troupe.inbox where actor = any($1::text[]) for update"

// The version in the condition: whoever handled a message in between keeps what it wrote, and this transaction does nothing.
const write = `insert into troupe.inbox as old (actor, version, state, state_version, results)
select * from unnest($1::text[], $2::bigint[], $3::text[], $4::int[], $5::text[])
on conflict (actor) do update set version = excluded.version, state = excluded.state,
state_version = excluded.state_version, results = excluded.results where old.version = excluded.version - 1 returning 1`

/** Waits for whoever has one of them locked. An actor without a row is left out. */
export async function readRows(
  transaction: Transaction<unknown>,
  actors: readonly string[],
): Promise<ReadonlyMap<string, InboxRow>> {
  const rows = await transaction.query(read, [actors])
  return new Map(rows.map((row) => [text(row, "actor"), inboxRow(row)]))
}

/** False if a row was changed, or made, by somebody else since it was read. */
export async function writeRows(
  transaction: Transaction<unknown>,
  rows: ReadonlyMap<string, InboxRow>,
): Promise<boolean> {
  if (rows.size === 0) return true
  const all = [...rows.values()]
  const written = await transaction.query(write, [
    [...rows.keys()],
    all.map(({ version }) => String(version)),
    all.map(({ state }) => (state === undefined ? null : JSON.stringify(state))),
    all.map(({ stateVersion }) => stateVersion),
    all.map(({ kept }) => JSON.stringify(kept)),
  ])
  return written.length === rows.size
}

function inboxRow(row: DatabaseRow): InboxRow {
  return {
    version: Number(row["version"]),
    state: row["state"] === null ? undefined : (JSON.parse(text(row, "state")) as Json), // cast: what JSON.parse gives
    stateVersion: Number(row["state_version"]),
    kept: JSON.parse(text(row, "results")) as readonly Kept[], // cast: `writeRows` wrote it
  }
}

function text(row: DatabaseRow, column: string): string {
  return String(row[column])
}
