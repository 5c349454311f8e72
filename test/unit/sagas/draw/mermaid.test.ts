// The Mermaid flowchart: what Mermaid takes amiss is kept from it. That Mermaid itself takes the pictures was tried by hand;
// it needs a browser's document, so no test does.
import assert from "node:assert/strict"
import { test } from "node:test"
import { mermaid, saga } from "../../../../sagas/index.ts"
import { definitions, instances } from "./instances.ts"
import { inventory, OrderSchema, placeOrder } from "../shop.ts"

test("the chart shows steps with their undos, the point of no return, the one way back, and the ends", () => {
  assert.equal(mermaid(placeOrder), `flowchart TB
  s_start(["start<br>place-order, version 1"])
  subgraph undoable["undone in reverse order if anything fails"]
    s_reserve["reserve<br>for each: inventory.reserve<br>↶ inventory.release"]
    s_charge["charge<br>payment.charge<br>↶ payment.refund"]
  end
  s_ship{{"ship<br>shipping.book<br>point of no return<br>refused ↶, unknown: parked"}}
  s_completed(["completed"])
  s_compensated(["compensated"])
  s_start --> s_reserve
  s_reserve --> s_charge
  s_charge --> s_ship
  s_ship --> s_completed
  s_reserve -. "↶ way back, latest first" .-> s_compensated
`)
})

test("names that Mermaid cannot use as they are get another id, never the same one twice", () => {
  const run = () => inventory.reserve("P11", { orderId: "o", quantity: 1 })
  const named = saga("named", { input: OrderSchema, version: 1 })
    .step("a-b", { run, undo: "nothing" })
    .step("a_b", { run, undo: "nothing" })
    .step("end", { run, undo: "nothing" })
  const lines = mermaid(named).split("\n")
  assert.ok(lines.includes("  s_a_b --> s_a_b_"))
  assert.ok(lines.includes("  s_a_b_ --> s_end"))
  assert.ok(lines.includes("  s_end --> s_completed"))
})

test("every box is declared once, before all arrows, and every arrow leads from a box to a box", () => {
  for (const { saga: drawn, instance } of [...definitions, ...instances]) {
    const lines = mermaid(drawn, instance).split("\n")
    const declared = lines.flatMap((line) => /^ *([a-z]+_\w+)[[({]/.exec(line)?.[1] ?? [])
    const arrows = lines.flatMap((line) => {
      const [, from, to] = /^ {2}(\w+) (?:-->|-\.)(?:.*) (\w+)$/.exec(line) ?? []
      return from === undefined || to === undefined ? [] : [{ from, to, at: lines.indexOf(line) }]
    })
    assert.equal(new Set(declared).size, declared.length)
    assert.ok(arrows.length >= declared.length - 1)
    const lastBox = lines.findLastIndex((line) => /^ *(end|[a-z]+_\w+[[({].*)$/.test(line))
    for (const { from, to, at } of arrows) {
      assert.ok(declared.includes(from) && declared.includes(to), `${from} to ${to}`)
      assert.ok(at > lastBox)
    }
    assert.equal(lines.filter((line) => /^ *subgraph /.test(line)).length, lines.filter((line) => /^ *end$/.test(line)).length)
  }
})

test("a code that a service made up cannot break out of its label", () => {
  const order = instances.find(({ name }) => name === "order-strange")
  assert.ok(order)
  const chart = mermaid(order.saga, order.instance)
  assert.match(chart, /refused: #34;\]; click #38;#60;b#62;#96;\?\[31m/)
  for (const line of chart.split("\n")) assert.ok((line.match(/"/g) ?? []).length % 2 === 0, line)
})
