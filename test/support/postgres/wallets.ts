// Wallets whose every change is numbered by whoever asks for it: what is lost, doubled or out of order shows in the tables, in
// the events, and in who hears of them.
import * as Schema from "effect/Schema"
import { app, done, event, service } from "../../../runtime/index.ts"
import { type Database, type PlainSql, postgres, transactional } from "../../../runtime/postgres/index.ts"

const Change = Schema.toStandardSchemaV1(Schema.Struct({ n: Schema.Int }))
const Changed = event("Changed", Schema.toStandardSchemaV1(Schema.Struct({ wallet: Schema.String, n: Schema.Int })))

const partitions = Number(process.env["TROUPE_TEST_PARTITIONS"] ?? "4")
export const namespace = "purse"
/** Positions are given in the order of the inserts, which of one wallet do not overlap. */
export const tables = `create table wallet (key text primary key, balance bigint not null);
create table effect (position bigint generated always as identity, key text not null, n integer not null)`

/** What an auditor has heard of one wallet. */
export interface Heard {
  readonly count: number
  readonly last: number
  readonly isOrdered: boolean
}

/** `inside` is called in each handler, when it has written. */
export function walletsOn(database: Database<PlainSql>, inside: () => void = () => undefined) {
  const inTransaction = transactional(database)
  const add = "insert into wallet values ($1, $2) on conflict (key) do update set balance = wallet.balance + $2"
  const wallet = service("wallet", { state: () => ({ count: 0 }), concurrency: 256 })
    .command("change", Change, inTransaction(async ({ count }, { n }, { key, sql }) => {
      await sql.query("insert into effect (key, n) values ($1, $2)", [key, n])
      await sql.query(add, [key, n])
      inside()
      return done({ count: count + 1 }, null, [Changed({ wallet: key, n })])
    }, { retry: { times: Infinity, max: "2 seconds" } }))
  const audit = service("audit", { state: (): Heard => ({ count: 0, last: 0, isOrdered: true }) })
    .on(Changed, ({ wallet: key }) => key, ({ count, last, isOrdered }, { n }) =>
      done({ count: count + 1, last: n, isOrdered: isOrdered && n === last + 1 }, null))
  const services = [postgres(wallet, { database }), audit]
  return { app: app("wallets", { namespace, partitions, services, inputRecordsPendingMax: 100_000 }), change: wallet.change }
}
