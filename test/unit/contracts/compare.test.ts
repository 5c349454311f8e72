// What a release breaks: pairs of contracts and what is said of them.
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Schema from "effect/Schema"
import {
  app, type App, compareContracts, type ContractFinding, contractsOf, done, type EventContract, event, service,
} from "../../../runtime/index.ts"
import { refusals } from "../../../runtime/contracts/schema-differences.ts"
import type { JsonSchema } from "../../../runtime/message/json-schema.ts"

const standard = Schema.toStandardSchemaV1
const Base = { sku: Schema.String, quantity: Schema.Int }

type Shape = Parameters<typeof event<unknown>>[1]

const told = (found: readonly ContractFinding[]) =>
  found.map(({ severity, where, message }) => `${severity} ${where}: ${message}`)
const severities = (found: readonly ContractFinding[]) => found.map(({ severity }) => severity)

function commandApp(schema: Shape, options = {}): App {
  const stock = service("stock", { state: () => ({}) }).command("take", schema, (state) => done(state), options)
  return app("shop", { namespace: "test", services: [stock] })
}

function readerApp<Payload>(contract: EventContract<Payload>): App {
  const mail = service("mail", { state: () => ({}) }).on(contract, () => "a", (state) => done(state))
  return app("shop", { namespace: "test", services: [mail] })
}

function emitterApp<Payload>(contract: EventContract<Payload>): App {
  const till = service("till", { state: () => ({}) }).command("sell", standard(Schema.Struct({})), (state) => done(state), {
    emits: [contract],
  })
  return app("shop", { namespace: "test", services: [till] })
}

const compare = (before: App, after: App) => compareContracts(contractsOf(before), contractsOf(after))
const up = { 1: () => null }

test("the same contracts say nothing, and further optional fields are no break", () => {
  const base = commandApp(standard(Schema.Struct(Base)))
  assert.deepEqual(compare(base, commandApp(standard(Schema.Struct(Base)))), [])
  const more = commandApp(standard(Schema.Struct({ ...Base, note: Schema.optionalKey(Schema.String) })))
  assert.deepEqual(severities(compare(base, more)), [])
})

const narrowings: readonly (readonly [what: string, schema: Shape, message: RegExp])[] = [
  ["a new required field", standard(Schema.Struct({ ...Base, place: Schema.String })),
    /"place": the new contract needs it, and it may be missing/],
  ["another type", standard(Schema.Struct({ ...Base, quantity: Schema.String })),
    /"quantity": the new contract wants "string", and may get "integer"/],
  ["a narrower type", standard(Schema.Struct({ ...Base, quantity: Schema.Int.check(Schema.isGreaterThan(0)) })),
    /"quantity": .* has a higher lower bound/],
  ["a shorter text", standard(Schema.Struct({ ...Base, sku: Schema.String.check(Schema.isMaxLength(5)) })),
    /"sku": .* wants maxLength 5/],
  ["a pattern", standard(Schema.Struct({ ...Base, sku: Schema.String.check(Schema.isPattern(/^A/u)) })),
    /"sku": .* has another pattern/],
  ["fewer values", standard(Schema.Struct({ ...Base, sku: Schema.Literals(["a", "b"]) })),
    /"sku": .* takes only "a", "b"/],
]
for (const [what, schema, message] of narrowings) {
  test(`a command that takes less breaks what is on its way: ${what}`, () => {
    const before = commandApp(standard(Schema.Struct(Base)))
    const found = compare(before, commandApp(schema))
    assert.deepEqual([severities(found), found[0]?.where], [["break"], "command stock.take"])
    assert.match(found[0]?.message ?? "", message)
    assert.match(found[0]?.message ?? "", /raise its version and give an upcaster/)
    const raised = compare(before, commandApp(schema, { version: 2, upcast: up }))
    assert.deepEqual(told(raised), ["ok command stock.take: version 2 reads version 1 and later"])
    const bare = compare(before, commandApp(schema, { version: 2 }))
    assert.deepEqual(told(bare), ["break command stock.take: version 2 has no upcaster from version 1"])
  })
}

test("an event that is read breaks where less of it is read, and one that is told where its readers are told less", () => {
  const full = standard(Schema.Struct({ ...Base, note: Schema.optionalKey(Schema.String) }))
  const less = standard(Schema.Struct({ sku: Schema.String, note: Schema.optionalKey(Schema.String) }))
  assert.deepEqual(told(compare(readerApp(event("Sold", full)), readerApp(event("Sold", less)))), [
    "ok event Sold, read by mail: takes more than before",
  ])
  assert.deepEqual(severities(compare(readerApp(event("Sold", less)), readerApp(event("Sold", full)))), ["break"])
  assert.deepEqual(told(compare(emitterApp(event("Sold", full)), emitterApp(event("Sold", less)))), [
    'break event Sold, emitted: "quantity": a reader of the last release needs it, and it may be missing; raise its version',
  ])
  assert.deepEqual(severities(compare(emitterApp(event("Sold", less)), emitterApp(event("Sold", full)))), ["ok"])
  const raised = event("Sold", less, { version: 2, upcast: up })
  assert.deepEqual(severities(compare(emitterApp(event("Sold", full)), emitterApp(raised))), ["warning"])
  assert.deepEqual(severities(compare(emitterApp(raised), emitterApp(event("Sold", full)))), ["break"])
})

test("what is gone, turned around or moved to another app breaks; what is new is ok", () => {
  const schema = standard(Schema.Struct(Base))
  const two = service("two", { state: () => 0, version: 3, migrate: { 2: () => 1 } })
    .command("do", schema, (state) => done(state))
    .command("other", schema, (state) => done(state))
    .undo("undone", "do", (state) => done(state, null))
  const changed = service("two", { state: () => 0, version: 4 })
    .command("do", schema, (state) => done(state))
    .undo("undone", "do", (state) => done(state, null))
    .on(event("Sold", schema), () => "a", (state) => done(state))
  const one = service("one", { state: () => 0 })
  const before = app("shop", { namespace: "test", services: [two, one] })
  const after = app("shop", { namespace: "other", services: [changed, service("three", { state: () => 0 })] })
  assert.deepEqual(told(compare(before, after)).map((line) => line.replace(/: .*/, "")), [
    "break namespace",
    "break state of two",
    "break command two.other",
    "break service one",
    "ok event Sold, read by two",
    "ok service three",
  ])
})

test("what no library can tell is opaque, and can be told by hand", () => {
  const mute = { "~standard": { version: 1, vendor: "x", validate: (value: unknown) => ({ value }) } } as const
  const jsonSchema = { type: "object", required: ["a"], properties: { a: { type: "string" } } }
  assert.match(told(compare(commandApp(mute), commandApp(mute)))[0] ?? "", /^warning command stock.take: is opaque/)
  assert.deepEqual(compare(commandApp(mute, { jsonSchema }), commandApp(mute, { jsonSchema })), [])
  const own = { "~standard": { ...mute["~standard"], jsonSchema: { input: () => jsonSchema, output: () => jsonSchema } } }
  assert.deepEqual(compare(commandApp(own), commandApp(mute, { jsonSchema })), [])
})

const text = { type: "string" }
const node = { type: "object", properties: { next: { $ref: "#/$defs/Tree" }, a: text } }
const tree = { $ref: "#/$defs/Tree", $defs: { Tree: node } }
const pairs: readonly (readonly [what: string, from: JsonSchema, to: JsonSchema, refused: readonly string[]])[] = [
  ["integers are numbers", { type: "integer" }, { type: "number" }, []],
  ["numbers are no integers", { type: "number" }, { type: "integer" }, [""]],
  ["null is refused", { type: ["string", "null"] }, text, [""]],
  ["an alternative more", text, { anyOf: [{ type: "null" }, text] }, []],
  ["an alternative less", { anyOf: [{ type: "null" }, text] }, text, [""]],
  ["a value more", { enum: ["a"] }, { enum: ["a", "b"] }, []],
  ["a value less", { enum: ["a", "b"] }, { enum: ["a"] }, [""]],
  ["known values of a type", { enum: ["a", "b"] }, text, []],
  ["known values of another type", { enum: ["a", 1] }, text, [""]],
  ["parts in allOf", { allOf: [{ minLength: 3 }, text] }, { type: "string", minLength: 2 }, []],
  ["exclusive bounds of integers", { type: "integer", exclusiveMinimum: 0 }, { type: "integer", minimum: 1 }, []],
  ["exclusive bounds of numbers", { type: "number", minimum: 0 }, { type: "number", exclusiveMinimum: 0 }, [""]],
  ["items", { type: "array", items: { type: "object", properties: { a: text } } },
    { type: "array", items: { type: "object", properties: { a: { type: "number" } } } }, ["[].a"]],
  ["closed objects", { type: "object", properties: { a: text } },
    { type: "object", properties: { a: text }, additionalProperties: false }, [""]],
  ["schemas that hold themselves", tree, { ...tree, $defs: { Tree: { ...node, required: ["a"] } } }, ["a", "next.a"]],
  ["an unknown word", { type: "object" }, { type: "object", dependentRequired: { a: ["b"] } }, [""]],
]
for (const [what, from, to, refused] of pairs) {
  test(`two schemas are compared by the values that they take: ${what}`, () => {
    assert.deepEqual(refusals(from, to).map(({ path }) => path), refused)
    assert.deepEqual([refusals(from, from), refusals(to, to)], [[], []])
  })
}
