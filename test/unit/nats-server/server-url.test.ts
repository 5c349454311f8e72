import assert from "node:assert/strict"
import { test } from "node:test"
import { parseServerUrl, redactUrl } from "../../../runtime/nats/server/server-url.ts"

test("hosts, ports and defaults are read", () => {
  assert.deepEqual(parseServerUrl("nats://localhost"), { servers: ["localhost:4222"], tls: false })
  assert.deepEqual(parseServerUrl("10.0.0.1:4333"), { servers: ["10.0.0.1:4333"], tls: false })
  assert.deepEqual(parseServerUrl("tls://a, nats://[::1]:80"), { servers: ["a:4222", "[::1]:80"], tls: true })
})

test("credentials are taken out of the URL, decoded", () => {
  assert.deepEqual(parseServerUrl("nats://us%40er:p%3A1@h:1"), { servers: ["h:1"], tls: false, user: "us@er", pass: "p:1" })
  assert.deepEqual(parseServerUrl("nats://s3cret@h,nats://i"), { servers: ["h:4222", "i:4222"], tls: false, token: "s3cret" })
})

test("what is no NATS URL is refused, and the refusal shows no credentials", () => {
  const texts = [
    "", " , ", "http://u:secret@h", "ws://u:secret@h:1", "nats://u:secret@", "nats://u:secret@h:port", "nats://u:secret@a b",
  ]
  for (const text of texts) {
    assert.throws(() => parseServerUrl(text), (error: Error & { code?: string }) => {
      assert.equal(error.code, "INVALID_INPUT")
      assert.doesNotMatch(error.message, /secret/)
      return true
    }, text)
  }
})

test("a URL is shown without its credentials, whatever they hold", () => {
  assert.equal(redactUrl("nats://u:p@ss@h:1,nats://token@i,j:2"), "nats://***@h:1,nats://***@i,j:2")
  assert.equal(redactUrl("u:p@h"), "***@h")
  assert.equal(redactUrl("nats://h:1"), "nats://h:1")
})
