// What must hold when every order has ended, as SQL over the tables. Each statement selects what is wrong: no row is the proof.
import type { Placed } from "../tally.ts"
import { run, type Store } from "./store.ts"

export interface Proof {
  readonly claim: string
  readonly sql: string
  /** Rows that contradict it. */
  readonly wrong: readonly object[]
}

export async function prove({ database, schema }: Store, placed: readonly Placed[]): Promise<readonly Proof[]> {
  const completed = placed.filter(({ outcome }) => outcome === "completed").map(({ order }) => order)
  const orders = completed.map(({ orderId, customerId, totalCents }) => {
    return { order_id: orderId, customer: customerId, cents: totalCents }
  })
  const lines = completed.flatMap(({ orderId, lines: of }) =>
    of.map(({ sku, quantity }) => ({ order_id: orderId, sku, quantity })),
  )
  const claims: readonly (readonly [claim: string, sql: string, given?: readonly object[]])[] = [
    ["what there was of each product is what is left and what is reserved", `
select s.sku, s.initial, s.remaining, coalesce(sum(r.quantity), 0) as reserved
from ${schema}.stock s left join ${schema}.reservation r using (sku)
group by s.sku having s.remaining < 0 or s.initial <> s.remaining + coalesce(sum(r.quantity), 0)`],
    ["the reservations are the lines of the completed orders, one to one", `
select order_id, sku, quantity, count(*) filter (where ordered) as ordered, count(*) filter (where not ordered) as reserved
from (select order_id, sku, quantity, true as ordered from json_to_recordset($1) as l (order_id text, sku text, quantity int)
      union all select order_id, sku, quantity, false from ${schema}.reservation) as both_sides
group by order_id, sku, quantity
having count(*) filter (where ordered) <> count(*) filter (where not ordered)`, lines],
    ["the charges that stand are the completed orders, one to one and to the cent", `
select order_id, o.cents as ordered, c.cents as charged
from json_to_recordset($1) as o (order_id text, customer text, cents int)
full join (select * from ${schema}.charge where not refunded) c using (order_id)
where o.cents is distinct from c.cents or o.customer is distinct from c.customer`, orders],
    ["each account is the sum of its charges", `
select a.customer, a.charged_cents, a.refunded_cents
from ${schema}.account a left join ${schema}.charge c using (customer)
group by a.customer having a.charged_cents <> coalesce(sum(c.cents), 0)
or a.refunded_cents <> coalesce(sum(c.cents) filter (where c.refunded), 0)`],
  ]
  const proofs: Proof[] = []
  for (const [claim, sql, given] of claims) {
    const wrong = await run<object>(database, sql, given === undefined ? [] : [JSON.stringify(given)])
    proofs.push({ claim, sql: sql.trim(), wrong })
  }
  return proofs
}

/** With `explain` the statements too. */
export function proofsText(proofs: readonly Proof[], place: string, explain: boolean): string {
  const lines = proofs.flatMap(({ claim, sql, wrong }) => [
    `  ${wrong.length === 0 ? "holds" : "BROKEN"}  ${claim}`,
    ...(explain ? sql.split("\n").map((line) => `           ${line}`) : []),
    ...(explain ? [`           -> ${wrong.length} rows`] : []),
    ...wrong.slice(0, 5).map((row) => `           ${JSON.stringify(row)}`),
  ])
  return [`Proofs, asked of ${place}:`, ...lines].join("\n")
}
