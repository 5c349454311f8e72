// The contract document: the same text for the same contracts, and the order flow against its last release.
import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { test } from "node:test"
import * as Schema from "effect/Schema"
import { orderFlowContracts } from "../../../examples/order-flow/contracts.ts"
import {
  app, compareContracts, type Contracts, contractsOf, contractsText, done, event, InvalidInput, readContracts, service, timer,
} from "../../../runtime/index.ts"

const Sale = Schema.toStandardSchemaV1(Schema.Struct({ sku: Schema.String }))
const Sold = event("Sold", Sale, { version: 2, upcast: { 1: (old) => old } })
const Remind = timer("remind", Sale)
const till = service("till", { state: () => ({}), version: 3, migrate: { 2: (old) => old } })
  .command("sell", Sale, (state, sale) => done(state, null, [Sold(sale)]), { emits: [Sold], version: 4 })
  .undo("takeBack", "sell", (state) => done(state, null), { emits: [] })
  .on(event("Sold", Sale), () => "all", (state) => done(state), { emits: [] })
  .timer(Remind, (state) => done(state, null), { emits: [] })
const shop = app("shop", { namespace: "test", services: [till] })

test("a contract document says what a service takes and tells, and in which versions", () => {
  const schema = { type: "object", properties: { sku: { type: "string" } }, required: ["sku"], additionalProperties: true }
  assert.deepEqual(contractsOf(shop), {
    format: 1,
    app: "shop",
    namespace: "test",
    services: {
      till: {
        kind: "service",
        state: { version: 3, reads: 2 },
        commands: { sell: { payload: { version: 4, reads: 4, schema } }, takeBack: { undoes: "sell" } },
        reactions: { Sold: { version: 1, reads: 1, schema } },
        timers: { remind: { version: 1, reads: 1, schema } },
        emits: { Sold: { version: 2, reads: 1, schema } },
        emitsAll: true,
      },
    },
    emits: {},
  })
})

test("the same contracts are the same text, and the text gives the contracts back", () => {
  const contracts = contractsOf(shop, { emits: [Sold] })
  const text = contractsText(contracts)
  const shuffled = Object.fromEntries(Object.entries(contracts).toReversed()) as unknown as Contracts // cast: the same entries
  assert.equal(contractsText(shuffled), text)
  assert.deepEqual(readContracts(text), JSON.parse(JSON.stringify(contracts)))
  assert.throws(() => readContracts("{"), InvalidInput)
  assert.throws(() => readContracts('{"format":2,"services":{}}'), /has not format 1/)
  assert.throws(() => contractsOf(shop, { emits: [{ eventName: "Sold" }] }), /event Sold is no contract/)
})

test("the order flow keeps the contracts of its last release", () => {
  const released = readContracts(readFileSync(new URL("../../../examples/order-flow/contracts.json", import.meta.url), "utf8"))
  const breaks = compareContracts(released, orderFlowContracts).filter(({ severity }) => severity === "break")
  const how = "raise a version and give an upcaster; if nobody runs the last release: node examples/order-flow/contracts.ts write"
  assert.deepEqual(breaks, [], how)
})
