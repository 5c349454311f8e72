// A process of the wallets. TROUPE_TEST_CRASH says where it kills itself: a point, and how often it is reached before, from
// SIGUSR2 on.
import pg from "pg"
import { start } from "../../../runtime/index.ts"
import { type Database, pgDatabase, type PlainSql } from "../../../runtime/postgres/index.ts"
import { walletsOn } from "./wallets.ts"

const [wanted = "", times = "1"] = (process.env["TROUPE_TEST_CRASH"] ?? "").split("#")
let left = Number(times)

let isArmed = false
process.on("SIGUSR2", () => (isArmed = true))

function reached(point: string): void {
  if (point !== wanted || !isArmed) return
  left -= 1
  if (left === 0) process.kill(process.pid, "SIGKILL")
}

const connections = Number(process.env["TROUPE_TEST_CONNECTIONS"] ?? "4")
const pool = new pg.Pool({ connectionString: process.env["DATABASE_URL"], max: connections + 5 })
const inner = pgDatabase(pool, { transactions: connections })
const database: Database<PlainSql> = {
  ...inner,
  begin: async (isolation) => {
    reached("before begin")
    const transaction = await inner.begin(isolation)
    return {
      sql: transaction.sql,
      isPipelined: transaction.isPipelined,
      query: (text, values) => transaction.query(text, values),
      rollback: () => transaction.rollback(),
      destroy: () => transaction.destroy(),
      commit: async () => {
        reached("before commit")
        const committing = transaction.commit()
        // On its way, and nobody will hear the answer.
        setImmediate(reached, "while committing")
        await committing
        reached("after commit")
      },
    }
  },
}

await start(walletsOn(database, () => reached("in handler")).app, {
  natsUrl: process.env["NATS_URL"] ?? "",
  observer: {
    owned: (owned) => process.stdout.write(`${JSON.stringify({ owned })}\n`),
    reached: (_, verb, moment) => reached(verb === "commit" ? `${moment} commit of the journal` : `${moment} ${verb}`),
  },
})
