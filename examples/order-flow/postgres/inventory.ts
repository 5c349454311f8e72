// Stock in a table: the same commands as ../inventory.ts. A row of `stock` is changed, and the order that took the units is
// noted, in the transaction that also marks the command as handled.
import { done, refused, service } from "../../../runtime/index.ts"
import { postgres, transactional } from "../../../runtime/postgres/index.ts"
import { Reservation, type Stock, Units } from "../inventory.ts"
import type { Store } from "./store.ts"

export function inventoryOnPostgres({ database, schema }: Store, inbox: string) {
  const inTransaction = transactional(database)
  const take = `update ${schema}.stock set remaining = remaining - $2 where sku = $1 returning initial, remaining as left`
  const inventory = service("inventory", { state: (): Stock => ({ initial: 0, left: 0 }) })
    .command("stock", Units, inTransaction(async (_, { units }, { sql, key }) => {
      const text = `insert into ${schema}.stock values ($1, $2, $2) returning initial, remaining as left`
      const { rows: [stock = { initial: 0, left: 0 }] } = await sql.query<Stock>(text, [key, units])
      return done(stock, stock)
    }))
    .command("reserve", Reservation, inTransaction(async (before, { orderId, quantity }, { sql, key }) => {
      // Not for the constraint to say: the answer tells how much there is.
      if (quantity > before.left) return refused("out-of-stock", { wanted: quantity, left: before.left })
      const { rows: [stock = before] } = await sql.query<Stock>(take, [key, quantity])
      await sql.query(`insert into ${schema}.reservation values ($1, $2, $3)`, [orderId, key, quantity])
      return done(stock)
    }))
    .undo("release", "reserve", inTransaction(async (before, { orderId, quantity }, { sql, key }) => {
      const { rows: [stock = before] } = await sql.query<Stock>(take, [key, -quantity])
      const one = `select ctid from ${schema}.reservation where order_id = $1 and sku = $2 and quantity = $3 limit 1`
      await sql.query(`delete from ${schema}.reservation where ctid = (${one})`, [orderId, key, quantity])
      return done(stock, null)
    }))
  return postgres(inventory, { database, inbox })
}
