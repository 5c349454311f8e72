// The side by hand, as it is usually done well: each message has a transaction of its own with an inbox row, the change and an
// outbox row; a relay publishes the outbox in order and deletes what was acknowledged. Messages of one account take turns.
import { AckPolicy, jetstream, jetstreamManager } from "@nats-io/jetstream"
import { connect } from "@nats-io/transport-node"
import pg from "pg"
import { fnv1a32 } from "../../runtime/message/hash.ts"
import { change, type Deposit, jobOf } from "./job.ts"

process.once("disconnect", () => process.exit(1))
const { natsUrl, databaseUrl, namespace, connections } = jobOf(process.argv[2])
const pool = new pg.Pool({ connectionString: databaseUrl, max: connections + 3 })
const connection = await connect({ servers: natsUrl })
const stream = jetstream(connection)
const manager = await jetstreamManager(connection)

async function handle({ id, account, cents }: Deposit): Promise<void> {
  const client = await pool.connect()
  try {
    await client.query("begin")
    const taken = await client.query("insert into inbox (id) values ($1) on conflict do nothing", [id])
    if (taken.rowCount === 1) {
      await client.query(change, [account, cents])
      await client.query("insert into outbox (key, message) values ($1, $2)", [account, JSON.stringify({ cents })])
    }
    await client.query("commit")
  } finally {
    client.release()
  }
}

async function relay(): Promise<never> {
  const client = await pool.connect()
  let wake = (): void => undefined
  const listener = new pg.Client({ connectionString: databaseUrl })
  await listener.connect()
  listener.on("notification", () => wake())
  await listener.query("listen outbox")
  for (;;) {
    await client.query("begin")
    const text = "select id, key, message from outbox order by id limit 500 for update skip locked"
    const { rows } = await client.query<{ id: string; key: string; message: string }>(text)
    await Promise.all(rows.map(({ id, key, message }) =>
      stream.publish(`${namespace}.out.${key}`, message, { msgID: id })))
    await client.query("delete from outbox where id = any($1)", [rows.map(({ id }) => id)])
    await client.query("commit")
    if (rows.length > 0) continue
    const woken = Promise.withResolvers<undefined>()
    wake = () => woken.resolve(undefined)
    const timer = setTimeout(wake, 20)
    await woken.promise
    clearTimeout(timer)
  }
}

async function receive(): Promise<void> {
  const name = `${namespace.toUpperCase()}_INPUT`
  await manager.consumers.add(name, { durable_name: "bank", ack_policy: AckPolicy.Explicit, max_ack_pending: 2000 })
  const consumer = await stream.consumers.get(name, "bank")
  const turns = Array.from({ length: connections }, () => Promise.resolve())
  for await (const message of await consumer.consume({ max_messages: 1000 })) {
    const deposit = message.json<Deposit>()
    const lane = fnv1a32(deposit.account) % connections
    turns[lane] = (turns[lane] ?? Promise.resolve()).then(() => handle(deposit)).then(() => message.ack())
  }
}

await Promise.all([relay(), receive()])
