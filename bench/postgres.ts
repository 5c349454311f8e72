// Services with their own PostgreSQL beside a transactional outbox by hand: the same messages, the same change, the same event
// for each, one process a side, on one nats-server and one PostgreSQL server. How fast the events come is what counts.
//   node bench/postgres.ts [--messages 6000] [--accounts 500] [--runs 3] [--connections 8] [--min-ratio 0]
import { fork } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { jetstream, jetstreamManager, RetentionPolicy } from "@nats-io/jetstream"
import { connect as connectNats } from "@nats-io/transport-node"
import pg from "pg"
import { connect } from "../runtime/index.ts"
import { migrate, pgDatabase } from "../runtime/postgres/index.ts"
import { startTestNats } from "../test/support/nats-process.ts"
import { startTestPostgres } from "../test/support/postgres/server.ts"
import { type Job, table } from "./postgres/job.ts"
import { bankOn } from "./postgres/troupe.ts"
import { median } from "./result.ts"

const { values } = parseArgs({
  options: {
    messages: { type: "string", default: "6000" },
    accounts: { type: "string", default: "500" },
    runs: { type: "string", default: "3" },
    connections: { type: "string", default: "8" },
    "min-ratio": { type: "string", default: "0" },
  },
})
const messages = Number(values.messages)
const accounts = Number(values.accounts)
const runs = Number(values.runs)
const connections = Number(values.connections)

const nats = await startTestNats()
const server = await startTestPostgres()
const pool = new pg.Pool({ connectionString: server.url })
const database = pgDatabase(pool)
const connection = await connectNats({ servers: nats.url })
const manager = await jetstreamManager(connection)
await migrate(database)
await pool.query(`${table}; create table inbox (id text primary key, at timestamptz not null default now());
create table outbox (id bigint generated always as identity primary key, key text not null, message text not null)`)

const accountOf = (index: number) => `account-${(index * 7919) % accounts}`

async function fillTroupe(namespace: string): Promise<void> {
  const { app, deposit } = bankOn(database, namespace)
  const { client, close } = await connect(app, { natsUrl: nats.url })
  const sent = Array.from({ length: messages }, (_, index) =>
    client.send(deposit(accountOf(index), { cents: index }), { effect: `deposit ${index}` }))
  await Promise.all(sent)
  await close()
}

async function fillByHand(namespace: string): Promise<void> {
  const name = namespace.toUpperCase()
  await manager.streams.add({ name: `${name}_INPUT`, subjects: [`${namespace}.in.>`], retention: RetentionPolicy.Workqueue })
  await manager.streams.add({ name: `${name}_EVENTS`, subjects: [`${namespace}.out.>`] })
  const stream = jetstream(connection)
  const all = Array.from({ length: messages }, (_, index) => index)
  for (let from = 0; from < messages; from += 500) {
    await Promise.all(all.slice(from, from + 500).map((index) => {
      const deposit = { id: `deposit ${index}`, account: accountOf(index), cents: index }
      return stream.publish(`${namespace}.in.${deposit.account}`, JSON.stringify(deposit))
    }))
  }
}

/** Events per second, from when a tenth of them was there to when all were. */
async function measure(side: Job["side"], namespace: string): Promise<number> {
  await pool.query("truncate account, inbox, outbox, troupe.inbox")
  await (side === "troupe" ? fillTroupe(namespace) : fillByHand(namespace))
  const job: Job = { side, natsUrl: nats.url, databaseUrl: server.url, namespace, connections }
  const file = fileURLToPath(new URL(`postgres/${side}.ts`, import.meta.url))
  const child = fork(file, [JSON.stringify(job)], { stdio: ["ignore", "inherit", "inherit", "ipc"] })
  const ended = once(child, "exit")
  const name = `${namespace.toUpperCase()}_EVENTS`
  const count = async () => (await manager.streams.info(name)).state.messages
  while ((await count()) < messages) {
    if (child.exitCode !== null) throw new Error(`${side} ended with ${child.exitCode}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  child.kill("SIGTERM")
  await ended
  const { rows } = await pool.query<{ deposits: number }>("select sum(deposits)::int as deposits from account")
  const total = rows[0]?.deposits
  if (total !== messages || (await count()) !== messages)
    throw new Error(`${side}: ${total} changes and ${await count()} events for ${messages} messages`)
  const atMs = async (sequence: number) => (await manager.streams.getMessage(name, { seq: sequence }))?.time.getTime() ?? 0
  const from = Math.ceil(messages / 10)
  return ((messages - from) * 1000) / ((await atMs(messages)) - (await atMs(from)))
}

const rates: Record<Job["side"], number[]> = { "troupe": [], "hand-written": [] }
for (let run = 1; run <= runs; run += 1) {
  for (const side of ["hand-written", "troupe"] as const) {
    const rate = await measure(side, `${side === "troupe" ? "t" : "h"}${run}`)
    rates[side].push(rate)
    console.log(`run ${run}, ${side}: ${rate.toFixed(0)} messages a second`)
  }
}
const ratio = median(rates.troupe) / median(rates["hand-written"])
const [own, byHand] = [median(rates.troupe).toFixed(0), median(rates["hand-written"]).toFixed(0)]
console.log(`median of ${runs}: Troupe ${own}/s, by hand ${byHand}/s; ` +
  `${ratio.toFixed(2)} times as fast (${messages} messages, ${accounts} accounts, ${connections} connections)`)
await pool.end()
await connection.close()
await server.stop()
await nats.stop()
if (ratio < Number(values["min-ratio"])) process.exitCode = 1
