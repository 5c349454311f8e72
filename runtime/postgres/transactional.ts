// Handlers inside a database transaction: what they write there, what they say and the fact that their message was handled
// are committed together, or not at all.
import { type Effectful, effectful, type EffectfulOptions, type IoContext, type Outcoming } from "../actor/effectful.ts"
import type { Result } from "../actor/result.ts"
import { InvalidInput } from "../kernel/fault.ts"
import type { Database } from "./database.ts"

/** What a handler inside a transaction may know and do. Durable steps are missing: nothing outside waits in a transaction. */
export interface TransactionContext<Sql> extends Omit<IoContext, "run" | "heartbeat" | "lastProgress"> {
  /** The driver's own object of the transaction; not to be used after the handler has returned. */
  readonly sql: Sql
}

export type TransactionalRun<Sql, State, Payload, Value> = (
  state: State,
  payload: Payload,
  context: TransactionContext<Sql>,
) => Outcoming<Result<State, Value>>

export type TransactionalOptions = Omit<EffectfulOptions, "heartbeat">

type Transactional<Sql> = <State, Payload, Value>(
  run: TransactionalRun<Sql, State, Payload, Value>,
  options?: TransactionalOptions,
) => Effectful<State, Payload, Value>

/**
 * Handlers for a service on this database: `const inTransaction = transactional(database)`. A handler may be called more than
 * once; of all calls one transaction is committed. `refused(...)`, an error and a conflict roll back what it wrote.
 */
export function transactional<Sql>(_database: Database<Sql>): Transactional<Sql> {
  return (run, options) =>
    effectful((state, payload, context) => {
      if (!("sql" in context)) throw new InvalidInput("the service of a transactional handler is given to postgres(...)")
      // cast: `postgres` hands the transaction of its database to the handler
      return run(state, payload, context as unknown as TransactionContext<Sql>)
    }, options)
}
