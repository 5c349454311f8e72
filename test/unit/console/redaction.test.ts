// What is named like a secret is blotted out wherever it stands, and nothing else is changed.
import assert from "node:assert/strict"
import { test } from "node:test"
import { misfit } from "../../../runtime/console/api/check-shape.ts"
import { integer, list, maybe, object, oneOf, ref, text } from "../../../runtime/console/api/shape.ts"
import { redact, secretsNamed } from "../../../runtime/console/redaction.ts"

test("members named like secrets are blotted out at any depth, by usual names and by those that are given", () => {
  const payload = {
    orderId: "o-1", password: "p", card: { cardNumber: "4111", cvc: 1, holder: "Ann" }, list: [{ apiKey: "k", n: 1 }],
    token: null, accessToken: "t", shipping: "post", nickname: "Bo",
  }
  const { value, isRedacted } = redact(payload, secretsNamed(["NickName"]))
  assert.deepEqual(value, {
    orderId: "o-1", password: "[redacted]", card: { cardNumber: "[redacted]", cvc: "[redacted]", holder: "Ann" },
    list: [{ apiKey: "[redacted]", n: 1 }], token: null, accessToken: "[redacted]", shipping: "post", nickname: "[redacted]",
  })
  assert.equal(isRedacted, true)
  assert.deepEqual(redact({ orderId: "o-1" }, secretsNamed()), { value: { orderId: "o-1" }, isRedacted: false })
  const byPath = redact({ a: { b: 1 }, b: 2 }, (name, path) => name === "b" && path[0] === "a")
  assert.deepEqual(byPath.value, { a: { b: "[redacted]" }, b: 2 })
})

test("a member with the name of a prototype is a member like any other", () => {
  const odd: unknown = JSON.parse('{"__proto__": {"x": 1}, "constructor": 2}')
  const { value } = redact(odd as { readonly [name: string]: number }, secretsNamed()) // cast: a payload
  assert.equal(JSON.stringify(value), '{"__proto__":{"x":1},"constructor":2}')
})

test("a shape says in words what is wrong with a value, and where", () => {
  const named = { Place: object({ city: text("", 5) }) }
  const shape = object({
    n: integer("", { minimum: 1, maximum: 9 }), kind: maybe(oneOf(["a", "b"])),
    places: maybe({ ...list(ref("Place")), maxItems: 2 }),
  })
  const said = (value: unknown) => misfit(shape, value, named)
  assert.equal(said({ n: 1, kind: "a", places: [{ city: "Bern" }] }), undefined)
  assert.equal(said([]), "it is no object")
  assert.equal(said({}), 'it has no "n"')
  assert.equal(said({ n: 1.5 }), "n is no whole number")
  assert.equal(said({ n: 0 }), "n is less than 1")
  assert.equal(said({ n: "1" }), "n is no number")
  assert.equal(said({ n: 1, kind: "c" }), "kind is none of a, b")
  assert.equal(said({ n: 1, more: 1 }), "more is not expected")
  assert.equal(said({ n: 1, constructor: 1 }), "constructor is not expected")
  assert.equal(said({ n: 1, places: {} }), "places is no list")
  assert.equal(said({ n: 1, places: [{}, {}, {}] }), "places has 3 entries; at most 2")
  assert.equal(said({ n: 1, places: [{ city: "Berlin" }] }), "places[0].city has more than 5 characters")
  assert.equal(misfit(ref("None"), 1, named), "there is no shape None")
})
