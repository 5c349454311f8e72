// Kysely inside a handler: the query builder works on the very transaction that marks the message as handled.
import * as Schema from "effect/Schema"
import { type Generated, Kysely, PostgresDialect } from "kysely"
import { done, event, refused, service } from "../../runtime/index.ts"
import { type Database, type PlainSql, postgres, transactional, withSql } from "../../runtime/postgres/index.ts"

export interface Tables {
  readonly seat: { number: number; booked_by: string | null }
  readonly booking: { id: Generated<number>; seat: number; guest: string }
}

export const tables = `create table seat (number integer primary key, booked_by text);
create table booking (
  id integer primary key generated always as identity,
  seat integer not null references seat,
  guest text not null
)`

export const Booked = event(
  "Booked",
  Schema.toStandardSchemaV1(Schema.Struct({ seat: Schema.Int, guest: Schema.String })),
)
const Guest = Schema.toStandardSchemaV1(Schema.Struct({ guest: Schema.String }))
const NoPayload = Schema.toStandardSchemaV1(Schema.Struct({}))

/** One actor a seat. `database` is that of a pool of `pg`, or of PGlite. */
export function seatsOn(database: Database<PlainSql>) {
  const kysely = withSql(database, kyselyOn)
  const inTransaction = transactional(kysely)
  const seat = service("seat", { state: () => ({ bookings: 0 }) })
    .command("book", Guest, inTransaction(async ({ bookings }, { guest }, { key, sql }) => {
      const number = Number(key)
      const taken = await sql.selectFrom("seat").select("booked_by").where("number", "=", number).executeTakeFirst()
      if (taken === undefined) return refused("no-such-seat")
      if (taken.booked_by !== null) return refused("taken", { by: taken.booked_by })
      await sql.updateTable("seat").set({ booked_by: guest }).where("number", "=", number).execute()
      await sql.insertInto("booking").values({ seat: number, guest }).execute()
      return done({ bookings: bookings + 1 }, null, [Booked({ seat: number, guest })])
    }))
    .undo("free", "book", inTransaction(async (state, _, { key, sql }) => {
      await sql.updateTable("seat").set({ booked_by: null }).where("number", "=", Number(key)).execute()
      return done(state, null)
    }))
    .command("count", NoPayload, inTransaction(async (state, _, { key, sql }) => {
      const { count } = sql.fn
      const query = sql.selectFrom("booking").select(count<string>("id").as("n")).where("seat", "=", Number(key))
      const { n } = await query.executeTakeFirstOrThrow()
      return done(state, Number(n))
    }))
  return postgres(seat, { database: kysely })
}

/** Kysely believes that it has a pool; what it gets from it is the one connection of the transaction. */
function kyselyOn(sql: PlainSql): Kysely<Tables> {
  const client = {
    query: async (text: string, values: readonly unknown[]) => {
      const { rows } = await sql.query(text, [...values])
      return { rows, rowCount: rows.length, command: "SELECT" as const }
    },
    release: () => undefined,
  }
  // cast: of a pool of `pg` the dialect uses these two, and of its client those above
  const pool = { connect: async () => client, end: async () => undefined } as unknown as PoolOfDialect
  return new Kysely({ dialect: new PostgresDialect({ pool }) })
}

type PoolOfDialect = Exclude<ConstructorParameters<typeof PostgresDialect>[0]["pool"], (...args: never[]) => unknown>
