// Services with their own PostgreSQL beside a transactional outbox by hand: the same messages, the same change, the same event
// for each, on one nats-server and one PostgreSQL server. A driver keeps so many on their way, and counts the events.
//   node bench/postgres.ts [--messages 12000] [--in-flight 2048] [--processes 1] [--connections 8] [--accounts 2000] [--runs 3]
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
import { cpuMs } from "./postgres/cpu.ts"
import { type Job, table } from "./postgres/job.ts"
import { bankOn } from "./postgres/troupe.ts"
import { median } from "./result.ts"

const { values } = parseArgs({
  options: {
    messages: { type: "string", default: "12000" },
    accounts: { type: "string", default: "2000" },
    runs: { type: "string", default: "3" },
    connections: { type: "string", default: "8" },
    "in-flight": { type: "string", default: "2048" },
    processes: { type: "string", default: "1" },
    "min-ratio": { type: "string", default: "0" },
  },
})
const messages = Number(values.messages)
const accounts = Number(values.accounts)
const runs = Number(values.runs)
const connections = Number(values.connections)
const inFlight = Number(values["in-flight"])
const processes = Number(values.processes)

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

/** What a driver of one side needs: how to send a message, and the stream in which its event will be. */
interface Side {
  send(index: number): Promise<unknown>
  close(): Promise<void>
}

async function troupeSide(namespace: string): Promise<Side> {
  const { app, deposit } = bankOn(database, namespace)
  const { client, close } = await connect(app, { natsUrl: nats.url })
  return { close, send: (index) => client.send(deposit(accountOf(index), { cents: index }), { effect: `deposit ${index}` }) }
}

async function sideByHand(namespace: string): Promise<Side> {
  const name = namespace.toUpperCase()
  await manager.streams.add({ name: `${name}_INPUT`, subjects: [`${namespace}.in.>`], retention: RetentionPolicy.Workqueue })
  await manager.streams.add({ name: `${name}_EVENTS`, subjects: [`${namespace}.out.>`] })
  const stream = jetstream(connection)
  const send = (index: number) => {
    const deposit = { id: `deposit ${index}`, account: accountOf(index), cents: index }
    return stream.publish(`${namespace}.in.${deposit.account}`, JSON.stringify(deposit))
  }
  return { send, close: () => Promise.resolve() }
}

/** Keeps so many messages on their way until all events are there. Gives when how many were; `warm`: `from` are there. */
async function drive({ send }: Side, name: string, from: number, warm: () => void): Promise<readonly number[]> {
  const timesMs: number[] = []
  const consumer = await jetstream(connection).consumers.get(name)
  let sent = 0
  const failed = Promise.withResolvers<never>()
  const sendUntil = (count: number) => {
    for (; sent < Math.min(count, messages); sent += 1) void send(sent).catch(failed.reject)
  }
  sendUntil(inFlight)
  const read = async () => {
    for await (const _ of await consumer.consume({ max_messages: 1000 })) {
      timesMs.push(performance.now())
      if (timesMs.length === from) warm()
      sendUntil(timesMs.length + inFlight)
      if (timesMs.length === messages) return
    }
  }
  await Promise.race([read(), failed.promise])
  return timesMs
}

/** Messages per second, when the first tenth has gone by. */
async function measure(side: Job["side"], namespace: string): Promise<{ readonly rate: number; readonly cpu: string }> {
  await pool.query("truncate account, inbox, outbox, troupe.inbox")
  const driver = await (side === "troupe" ? troupeSide(namespace) : sideByHand(namespace))
  const job: Job = { side, natsUrl: nats.url, databaseUrl: server.url, namespace, connections }
  const file = fileURLToPath(new URL(`postgres/${side}.ts`, import.meta.url))
  const workers = Array.from({ length: processes }, () => fork(file, [JSON.stringify(job)]))
  const from = Math.ceil(messages / 10)
  const marks = { worker: `postgres/${side}.ts`, postgres: server.dir, nats: nats.dataDir }
  let before = {}
  const timesMs = await drive(driver, `${namespace.toUpperCase()}_EVENTS`, from, () => (before = cpuMs(marks)))
  const cpu = spent(before, cpuMs(marks), messages - from)
  for (const worker of workers) {
    const ended = once(worker, "exit")
    worker.kill("SIGTERM")
    await ended
  }
  await driver.close()
  const { rows } = await pool.query<{ deposits: number }>("select sum(deposits)::int as deposits from account")
  if (rows[0]?.deposits !== messages) throw new Error(`${side}: ${rows[0]?.deposits} changes for ${messages} messages`)
  return { rate: ((messages - from) * 1000) / ((timesMs.at(-1) ?? 0) - (timesMs[from - 1] ?? 0)), cpu }
}

type Times = Readonly<Record<string, number>>

/** Microseconds of CPU a message. */
function spent(before: Times, after: Times, count: number): string {
  const usOf = (name: string) => (((after[name] ?? 0) - (before[name] ?? 0)) * 1000) / count
  const parts = Object.keys(after).map((name) => [name, Math.round(usOf(name))] as const)
  const sum = parts.reduce((all, [, us]) => all + us, 0)
  return `${sum} µs of CPU a message (${parts.map(([name, us]) => `${name} ${us}`).join(", ")})`
}

const rates: Record<Job["side"], number[]> = { "troupe": [], "hand-written": [] }
for (let run = 1; run <= runs; run += 1) {
  for (const side of ["hand-written", "troupe"] as const) {
    const { rate, cpu } = await measure(side, `${side === "troupe" ? "t" : "h"}${run}`)
    rates[side].push(rate)
    console.log(`run ${run}, ${side}: ${rate.toFixed(0)} messages a second, ${cpu}`)
  }
}
const ratio = median(rates.troupe) / median(rates["hand-written"])
const [own, byHand] = [median(rates.troupe).toFixed(0), median(rates["hand-written"]).toFixed(0)]
const how = `${messages} messages, ${inFlight} on their way, ${processes} processes of ${connections} connections`
console.log(`median of ${runs}: Troupe ${own}/s, by hand ${byHand}/s; ${ratio.toFixed(2)} times as fast (${how})`)
await pool.end()
await connection.close()
await server.stop()
await nats.stop()
if (ratio < Number(values["min-ratio"])) process.exitCode = 1
