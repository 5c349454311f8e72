// The AsyncAPI document of an app: what version 3.0 of the specification demands, and references that lead somewhere.
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Schema from "effect/Schema"
import { orderFlowContracts } from "../../../examples/order-flow/contracts.ts"
import { app, asyncApi, type AsyncApiDocument, contractsOf, done, event, service } from "../../../runtime/index.ts"

const Line = Schema.Struct({ sku: Schema.String }).annotate({ identifier: "Line" })
const Sale = Schema.toStandardSchemaV1(Schema.Struct({ first: Line, lines: Schema.Array(Line) }))
const Sold = event("Sold", Sale, { version: 2, upcast: { 1: (old) => old } })
const till = service("till", { state: () => ({}) })
  .command("sell", Sale, (state, sale) => done(state, null, [Sold(sale)]), { emits: [Sold], version: 3 })
  .undo("takeBack", "sell", (state) => done(state, null))
  .on(Sold, () => "all", (state) => done(state))
const Part = Schema.toStandardSchemaV1(Schema.Struct({ first: Line }))
const part = service("part", { state: () => ({}) }).on(event("Sold", Part, { version: 2 }), () => "all", (state) => done(state))
const shop = app("till-app", { namespace: "shop", services: [till, part] })

const document = asyncApi([orderFlowContracts, contractsOf(shop)], { title: "Shop", version: "1.2.3" })

function references(value: unknown): readonly string[] {
  if (typeof value !== "object" || value === null) return []
  return Object.entries(value).flatMap(([name, inner]) => (name === "$ref" ? [String(inner)] : references(inner)))
}

function resolve(doc: AsyncApiDocument, reference: string): unknown {
  let found: unknown = doc
  // cast: what is not there is undefined
  for (const token of reference.slice(2).split("/")) found = (found as Record<string, unknown> | undefined)?.[token]
  return found
}

test("every reference of an AsyncAPI document leads to something", () => {
  const all = references(document)
  assert.ok(all.length > 40, `${all.length}`)
  assert.deepEqual(all.filter((reference) => resolve(document, reference) === undefined), [])
})

interface Server {
  readonly host: string
  readonly protocol: string
}

interface Channel {
  readonly address: string
  readonly parameters: object
}

interface Operation {
  readonly action: string
  readonly channel: { readonly $ref: string }
  readonly messages: readonly { readonly $ref: string }[]
}

const valuesOf = <Value>(table: object) => Object.values(table) as Value[] // cast: a wrong shape fails the test

test("servers, channels, operations and messages have what AsyncAPI 3.0 demands", () => {
  const { asyncapi, info, servers, channels, operations, components } = document
  assert.deepEqual([asyncapi, info], ["3.0.0", { title: "Shop", version: "1.2.3" }])
  for (const server of valuesOf<Server>(servers))
    assert.deepEqual([typeof server.host, server.protocol], ["string", "nats"])
  for (const channel of valuesOf<Channel>(channels)) {
    const parameters = [...channel.address.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
    assert.deepEqual(Object.keys(channel.parameters), parameters)
  }
  for (const operation of valuesOf<Operation>(operations)) {
    assert.match(operation.action, /^(send|receive)$/)
    for (const { $ref } of operation.messages) assert.ok($ref.startsWith(`${operation.channel.$ref}/messages/`), $ref)
  }
  const ids = [channels, operations, components.messages, components.schemas].flatMap((table) => Object.keys(table))
  assert.deepEqual(ids.filter((id) => !/^[\w.-]+$/.test(id)), [])
})

test("an app sends the events that it emits, receives those that it reacts to, and receives its commands", () => {
  assert.deepEqual(
    Object.keys(document.operations).filter((id) => id.startsWith("till-app")),
    ["till-app.send.Sold", "till-app.receive.till.Sold", "till-app.receive.part.Sold", "till-app.receive.till.sell"],
  )
  const required = resolve(document, "#/components/messages/shop.Sold.v2/headers/required")
  assert.ok(Array.isArray(required) && required.includes("ce-dataversion"))
  const messages = Object.keys(Object(resolve(document, "#/channels/shop.Sold/messages")))
  assert.deepEqual(messages, ["shop.Sold.v2", "shop.Sold.v2.till-app.part"])
  assert.equal(resolve(document, "#/channels/shop.till-app.commands/address"), "shop.in.till-app.{partition}")
  assert.equal(resolve(document, "#/channels/shop.Sold/address"), "shop.evt.{partition}.Sold.{key}")
})
