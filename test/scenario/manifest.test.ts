// R16: an app's partitions are counted once. A process that counts otherwise must not touch its journals.
import assert from "node:assert/strict"
import { test } from "node:test"
import { openLink } from "../../runtime/nats/link.ts"
import { runDemo } from "../support/demo.ts"
import { withNats } from "../support/nats-process.ts"

test("a process with another partition count refuses to start: exit code 2, one sentence, nothing done", async (t) => {
  const { url: natsUrl } = await withNats(t)
  const link = await openLink({ natsUrl, name: "another count", namespace: "shop", app: "order-flow", partitions: 3 })
  await link.close()
  const { code, stderr, stdout } = await runDemo([], { NATS_URL: natsUrl })
  assert.equal(code, 2, stderr)
  assert.match(stderr, /order-flow was created with 3 partitions/)
  assert.doesNotMatch(stdout, /completed/)
})
