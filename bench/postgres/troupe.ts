// The side of Troupe: a service whose handler is transactional.
import pg from "pg"
import * as Schema from "effect/Schema"
import { type App, app, type Command, done, event, service, start } from "../../runtime/index.ts"
import { type Database, pgDatabase, type PlainSql, postgres, transactional } from "../../runtime/postgres/index.ts"
import { change, jobOf } from "./job.ts"

const Cents = Schema.toStandardSchemaV1(Schema.Struct({ cents: Schema.Int }))
const Deposited = event("Deposited", Cents)

interface Bank {
  readonly app: App
  readonly deposit: (key: string, payload: { readonly cents: number }) => Command<null>
}

export function bankOn(database: Database<PlainSql>, namespace: string): Bank {
  const inTransaction = transactional(database)
  const account = service("account", { state: () => ({ cents: 0 }), concurrency: 512 })
    .command("deposit", Cents, inTransaction(async (_, { cents }, { key, sql }) => {
      const { rows: [row] } = await sql.query<{ cents: number }>(change, [key, cents])
      return done({ cents: row?.cents ?? 0 }, null, [Deposited({ cents })])
    }))
  const services = [postgres(account, { database, inbox: namespace, rows: "own" })]
  return { app: app("bank", { namespace, services, inputRecordsPendingMax: 1_000_000 }), deposit: account.deposit }
}

if (import.meta.main) {
  const { natsUrl, databaseUrl, namespace, connections } = jobOf(process.argv[2])
  const pool = new pg.Pool({ connectionString: databaseUrl, max: connections + 5, pipeline: true })
  const running = await start(bankOn(pgDatabase(pool, { transactions: connections }), namespace).app, { natsUrl })
  process.once("disconnect", () => process.exit(1))
  process.once("SIGTERM", () => void running.stop({ withinMs: 1000 }).finally(() => process.exit(0)))
}
