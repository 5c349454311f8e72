// What both sides of the PostgreSQL benchmark do with a message: change an account, and tell that it was changed.
export interface Job {
  readonly side: "troupe" | "hand-written"
  readonly natsUrl: string
  readonly databaseUrl: string
  readonly namespace: string
  /** Connections for handling. */
  readonly connections: number
}

export interface Deposit {
  readonly id: string
  readonly account: string
  readonly cents: number
}

export const table = "create table if not exists account (key text primary key, cents bigint not null, deposits integer not null)"

export const change = `insert into account values ($1, $2, 1)
on conflict (key) do update set cents = account.cents + $2, deposits = account.deposits + 1 returning cents::float8 as cents`

export function jobOf(text: string | undefined): Job {
  return JSON.parse(text ?? "") as Job // cast: bench/postgres.ts wrote it
}
