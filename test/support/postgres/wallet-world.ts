// A nats-server, a PostgreSQL server, workers of the wallets, and what must hold at the end.
import assert from "node:assert/strict"
import { jetstream, jetstreamManager } from "@nats-io/jetstream"
import { connect as connectNats } from "@nats-io/transport-node"
import pg from "pg"
import { type ConnectedClient, connect, query } from "../../../runtime/index.ts"
import { migrate, pgDatabase } from "../../../runtime/postgres/index.ts"
import { startTestNats } from "../nats-process.ts"
import { startWorker, type Worker } from "../worker.ts"
import { startTestPostgres, type TestPostgres } from "./server.ts"
import { type Heard, namespace, tables, walletsOn } from "./wallets.ts"

export interface WalletWorld {
  readonly server: TestPostgres
  work(crash?: string): Worker
  /** Asks for the next `count` changes of each of the wallets, in order, and resolves when they are accepted. */
  change(wallets: readonly string[], count: number): Promise<void>
  rows<Row extends object>(text: string, values?: unknown[]): Promise<readonly Row[]>
  /** Resolves when as many effects are there as were asked for, and all are heard of. */
  settled(timeoutMs: number): Promise<void>
  /** Rows, effects and events are one to one, and in order. */
  check(): Promise<void>
  stop(): Promise<void>
}

export async function walletWorld(): Promise<WalletWorld> {
  const nats = await startTestNats()
  const server = await startTestPostgres()
  const pool = new pg.Pool({ connectionString: server.url, max: 3 })
  const database = pgDatabase(pool)
  await migrate(database)
  await pool.query(tables)
  const { app, change } = walletsOn(database)
  const { client, operator, close }: ConnectedClient = await connect(app, { natsUrl: nats.url })
  const asked = new Map<string, number>()
  const workers = new Set<Worker>()
  const total = () => [...asked.values()].reduce((sum, count) => sum + count, 0)
  const rows = async <Row extends object>(text: string, values: unknown[] = []) => (await pool.query<Row>(text, values)).rows
  const effects = async () => {
    const [row] = await rows<{ n: number }>("select count(*)::int as n from effect").catch(() => [])
    return row?.n ?? 0
  }
  const heard = async () => {
    const states = [...asked.keys()].map(async (wallet) => {
      const outcome = await client.ask(query("audit", wallet), { effect: `hear ${wallet} ${performance.now()}` })
      return [wallet, outcome.type === "done" ? (outcome.value as Heard | null) : null] as const // cast: the state of `audit`
    })
    return new Map(await Promise.all(states))
  }
  return {
    server,
    rows,
    work(crash = "") {
      const environment = { DATABASE_URL: server.url, TROUPE_TEST_CRASH: crash }
      const worker = startWorker(nats.url, "postgres/wallet-worker.ts", environment)
      workers.add(worker)
      worker.process.once("exit", () => workers.delete(worker))
      return worker
    },
    async change(wallets, count) {
      const sent: Promise<void>[] = []
      for (let turn = 0; turn < count; turn += 1) {
        for (const wallet of wallets) {
          const n = (asked.get(wallet) ?? 0) + 1
          asked.set(wallet, n)
          sent.push(client.send(change(wallet, { n }), { effect: `${wallet} ${n}` }))
        }
      }
      await Promise.all(sent)
    },
    async settled(timeoutMs) {
      const untilMs = performance.now() + timeoutMs
      for (;;) {
        const done = await effects()
        const told = done < total() ? new Map<string, Heard>() : await heard()
        const sum = [...told.values()].reduce((all, one) => all + (one?.count ?? 0), 0)
        if (done >= total() && sum >= total()) return
        if (performance.now() > untilMs) {
          const parked = JSON.stringify(await operator.list().catch(() => "?"))
          assert.fail(`${done} effects and ${sum} of ${total()} heard of in time; parked: ${parked.slice(0, 2_000)}`)
        }
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
    },
    async check() {
      const doubled = await rows("select key, n, count(*) from effect group by key, n having count(*) > 1")
      assert.deepEqual(doubled, [], "no effect happened twice")
      assert.equal(await effects(), total(), "no effect is lost")
      const early = `select key, n from (select key, n, row_number() over (partition by key order by position) as place
        from effect) as placed where n <> place`
      assert.deepEqual(await rows(early), [], "each wallet's effects are in the order in which they were asked for")
      const wrong = "select key from wallet join (select key, sum(n) as sum from effect group by key) e using (key) where balance <> sum"
      assert.deepEqual(await rows(wrong), [], "what the wallets hold is the sum of their effects")
      for (const [wallet, told] of await heard())
        assert.deepEqual(told, { count: asked.get(wallet), last: asked.get(wallet), isOrdered: true }, wallet)
      const ids = await eventIds(nats.url)
      assert.equal(ids.size, total(), "as many different events as effects")
      const inbox = await rows<{ n: number; bytes: number }>(
        "select count(*)::int as n, max(length(results))::int as bytes from troupe.inbox")
      assert.equal(inbox[0]?.n, asked.size, "one row of the inbox for each wallet")
      assert.ok((inbox[0]?.bytes ?? 0) < 2_000, "and it stays small")
    },
    async stop() {
      for (const worker of workers) await worker.end("SIGKILL")
      await close()
      await pool.end()
      await server.stop()
      await nats.stop()
    },
  }
}

/** Sources and ids of all events of the namespace. */
async function eventIds(url: string): Promise<ReadonlySet<string>> {
  const connection = await connectNats({ servers: url })
  const name = `${namespace.toUpperCase()}_EVENTS`
  const manager = await jetstreamManager(connection)
  const { state } = await manager.streams.info(name)
  const ids = new Set<string>()
  const consumer = await jetstream(connection).consumers.get(name)
  let left = state.messages
  for await (const message of await consumer.consume({ max_messages: 1000 })) {
    ids.add(`${message.headers?.get("ce-source")} ${message.headers?.get("ce-id")}`)
    left -= 1
    if (left === 0) break
  }
  await connection.close()
  return ids
}
