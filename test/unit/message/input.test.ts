// What a command from outside may say of itself, whoever wrote its bytes.
import assert from "node:assert/strict"
import { test } from "node:test"
import { decodeInput } from "../../../runtime/message/input.ts"

const plain = { type: "command", to: { service: "till", key: "t" }, name: "take", payload: {}, effect: "e-1" }

const decode = (more: object) =>
  decodeInput(Buffer.from(JSON.stringify({ v: 1, commands: [{ ...plain, ...more }] }), "utf8"))

test("a command from outside cannot undo, count as another try, or borrow a scope", () => {
  const wished = { direction: "undo", undoes: "e-0", attempt: 7, scope: "order/o-1", steps: [["paid", true]], causation: "x" }
  assert.deepEqual(decode(wished), [{ ...plain, direction: "do", attempt: 1 }])
})

test("an answer goes to an inbox and nowhere else", () => {
  const to = (subject: unknown) => decode({ replyTo: { subject, request: "r" } })
  assert.deepEqual(to("_INBOX.a.b")[0]?.replyTo, { subject: "_INBOX.a.b", request: "r" })
  const elsewhere = ["shop.in.orders.0", "_INBOX.>", "_INBOX.*", "_INBOX.a b", "_INBOX.", "$JS.API.STREAM.DELETE.SHOP", 7]
  for (const subject of elsewhere) assert.throws(() => to(subject), { code: "MALFORMED_INPUT" }, String(subject))
  assert.throws(() => decode({ replyTo: { service: "till", key: "other" } }), { code: "MALFORMED_INPUT" })
})
