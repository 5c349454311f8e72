// A nats-server, a PostgreSQL server, workers of the wallets, and what must hold at the end.
import assert from "node:assert/strict"
import { setTimeout as pause } from "node:timers/promises"
import { jetstream, jetstreamManager } from "@nats-io/jetstream"
import { connect as connectNats } from "@nats-io/transport-node"
import pg from "pg"
import { type ConnectedClient, connect } from "../../../runtime/index.ts"
import { migrate, pgDatabase } from "../../../runtime/postgres/index.ts"
import { startTestNats, type TestNats } from "../nats-process.ts"
import { startWorker, type Worker } from "../worker.ts"
import { startTestPostgres, type TestPostgres } from "./server.ts"
import { type Heard, namespace, tables, walletsOn } from "./wallets.ts"

const doubled = "select key, n, count(*) from effect group by key, n having count(*) > 1"
const misplaced = `select key, n from (select key, n, row_number() over (partition by key order by position) as place
from effect) as placed where n <> place`
const unbalanced = `select key from wallet join (select key, sum(n) as sum from effect group by key) as effects using (key)
where balance <> sum`

export async function walletWorld(): Promise<WalletWorld> {
  const nats = await startTestNats()
  const server = await startTestPostgres()
  const pool = new pg.Pool({ connectionString: server.url, max: 3 })
  const database = pgDatabase(pool)
  await migrate(database)
  await pool.query(tables)
  const { app, change } = walletsOn(database)
  return new WalletWorld({ nats, server, pool, change, connected: await connect(app, { natsUrl: nats.url }) })
}

interface Parts {
  readonly nats: TestNats
  readonly server: TestPostgres
  readonly pool: pg.Pool
  readonly change: ReturnType<typeof walletsOn>["change"]
  readonly connected: ConnectedClient
}

export class WalletWorld {
  readonly server: TestPostgres
  readonly #parts: Parts
  /** How many changes of each wallet were asked for. */
  readonly #asked = new Map<string, number>()
  readonly #workers = new Set<Worker>()

  constructor(parts: Parts) {
    this.#parts = parts
    this.server = parts.server
  }

  work(crash = ""): Worker {
    const environment = { DATABASE_URL: this.server.url, TROUPE_TEST_CRASH: crash }
    const worker = startWorker(this.#parts.nats.url, "postgres/wallet-worker.ts", environment)
    this.#workers.add(worker)
    worker.process.once("exit", () => this.#workers.delete(worker))
    return worker
  }

  /** Asks for the next `count` changes of each of the wallets, in order, and resolves when they are accepted. */
  async change(wallets: readonly string[], count: number): Promise<void> {
    const { change, connected: { client } } = this.#parts
    const sent: Promise<void>[] = []
    for (let turn = 0; turn < count; turn += 1) {
      for (const wallet of wallets) {
        const n = (this.#asked.get(wallet) ?? 0) + 1
        this.#asked.set(wallet, n)
        sent.push(client.send(change(wallet, { n }), { effect: `${wallet} ${n}` }))
      }
    }
    await Promise.all(sent)
  }

  async rows<Row extends object>(text: string, values: unknown[] = []): Promise<readonly Row[]> {
    return (await this.#parts.pool.query<Row>(text, values)).rows
  }

  /** Resolves when as many effects are there as were asked for, and all are heard of. */
  async settled(timeoutMs: number): Promise<void> {
    const untilMs = performance.now() + timeoutMs
    for (;;) {
      const effects = await this.#effects().catch(() => 0)
      const heard = effects < this.#total ? undefined : await this.#heard().catch(() => undefined)
      const told = [...(heard?.values() ?? [])].reduce((sum, one) => sum + (one?.count ?? 0), 0)
      if (effects >= this.#total && told >= this.#total) return
      if (performance.now() > untilMs) {
        const parked = await this.#parts.connected.operator.list().then(JSON.stringify, String)
        const owned = [...this.#workers].map((worker) => worker.owned.length).join(", ")
        assert.fail(`${effects} effects and ${told} of ${this.#total} heard of in time; owned: ${owned}; parked: ${parked}`)
      }
      await pause(100)
    }
  }

  /** Rows, effects and events are one to one, and in order. */
  async check(): Promise<void> {
    assert.deepEqual(await this.rows(doubled), [], "no effect happened twice")
    assert.equal(await this.#effects(), this.#total, "no effect is lost")
    assert.deepEqual(await this.rows(misplaced), [], "each wallet's effects are in the order in which they were asked for")
    assert.deepEqual(await this.rows(unbalanced), [], "what the wallets hold is the sum of their effects")
    for (const [wallet, heard] of await this.#heard()) {
      const count = this.#asked.get(wallet)
      assert.deepEqual(heard, { count, last: count, isOrdered: true }, `what is heard of ${wallet}`)
    }
    assert.equal((await eventIds(this.#parts.nats.url)).size, this.#total, "as many different events as effects")
    const text = "select count(*)::int as actors, max(length(results))::int as longest from troupe.inbox"
    const [inbox] = await this.rows<{ actors: number; longest: number }>(text)
    assert.equal(inbox?.actors, this.#asked.size, "one row of the inbox for each wallet")
    assert.ok(inbox.longest < 2_000, "and it stays small")
  }

  async stop(): Promise<void> {
    const { nats, pool, connected } = this.#parts
    for (const worker of this.#workers) await worker.end("SIGKILL")
    await connected.close()
    await pool.end()
    await this.server.stop()
    await nats.stop()
  }

  get #total(): number {
    return [...this.#asked.values()].reduce((sum, count) => sum + count, 0)
  }

  async #effects(): Promise<number> {
    const [row] = await this.rows<{ n: number }>("select count(*)::int as n from effect")
    return row?.n ?? 0
  }

  async #heard(): Promise<ReadonlyMap<string, Heard | null>> {
    const { client } = this.#parts.connected
    const states = [...this.#asked.keys()].map(async (wallet) => {
      const { state } = await client.query("audit", wallet)
      return [wallet, state as unknown as Heard | null] as const // cast: the state of `audit`
    })
    return new Map(await Promise.all(states))
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
