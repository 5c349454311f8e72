import assert from "node:assert/strict"
import { test } from "node:test"
import {
  type DurabilityFacts, judgeDurability, type MonitoredServer, readVarz, slowestSync,
} from "../../../runtime/nats/durability.ts"

const embedded: DurabilityFacts = { copies: 1, isClustered: false, sync: "always" }
const clustered: DurabilityFacts = { copies: 3, isClustered: true, sync: "unknown" }

test("strict is: synced before it is acknowledged, and in a cluster three copies of everything", () => {
  assert.equal(judgeDurability(embedded).mode, "strict")
  assert.equal(judgeDurability({ ...clustered, sync: "always" }).mode, "strict")
  assert.equal(judgeDurability({ ...clustered, sync: "always", copies: 5 }).mode, "strict")
  for (const copies of [1, 2]) assert.equal(judgeDurability({ ...clustered, sync: "always", copies }).mode, "dev")
})

test("standard is: three copies in a cluster, whatever its servers sync", () => {
  for (const sync of ["unknown", 120_000, 1] as const) {
    assert.equal(judgeDurability({ ...clustered, sync }).mode, "standard")
    assert.equal(judgeDurability({ ...clustered, sync, copies: 1 }).mode, "dev")
  }
})

test("one server that does not sync before it acknowledges, or does not say, is dev", () => {
  for (const sync of ["unknown", 120_000, 100] as const) assert.equal(judgeDurability({ ...embedded, sync }).mode, "dev")
})

test("a stream that is not on disk makes everything dev, and is named", () => {
  const { mode, sentence } = judgeDurability({ ...clustered, sync: "always", volatileStream: "SHOP_IN" })
  assert.equal(mode, "dev")
  assert.match(sentence, /SHOP_IN/)
})

test("the sentence is one line, names the mode, and says what is known of copies and sync", () => {
  const sync = ["always", "unknown", 120_000, 250] as const
  const copies = [1, 2, 3]
  const all = sync.flatMap((each) => copies.map((count) => ({ copies: count, isClustered: count > 1, sync: each })))
  for (const facts of all) {
    const { mode, sentence } = judgeDurability(facts)
    assert.match(sentence, new RegExp(`^durability ${mode}: [^\n]+$`))
    assert.match(sentence, facts.copies === 1 ? /one copy/ : new RegExp(`${facts.copies} copies`))
    const said = { always: /before each acknowledgement/, unknown: /unknown/, 120000: /every 120 s/, 250: /every 250 ms/ }
    assert.match(sentence, said[facts.sync])
  }
})

const jetstream = { config: { sync_interval: 120_000_000_000 } }
const varz = { server_id: "N1", server_name: "n1", cluster: { name: "c" }, jetstream }

test("a server's monitoring says how often it syncs", () => {
  assert.deepEqual(readVarz(varz), { id: "N1", name: "n1", cluster: "c", sync: 120_000 })
  const always = { ...varz, cluster: {}, jetstream: { config: { sync_interval: 1, sync_always: true } } }
  assert.deepEqual(readVarz(always), { id: "N1", name: "n1", cluster: undefined, sync: "always" })
  for (const told of [undefined, {}, { config: {} }, { config: { sync_interval: 0 } }]) {
    assert.equal(readVarz({ ...varz, jetstream: told })?.sync, "unknown")
  }
  for (const other of [null, 7, "varz", [], {}, { server_id: "N1" }]) assert.equal(readVarz(other), undefined)
})

test("always is only what every server that holds a stream has told; otherwise the slowest counts", () => {
  const server = (name: string, sync: MonitoredServer["sync"]) => ({ id: name, name, cluster: "c", sync })
  const holders = ["n1", "n2", "n3", "n1"]
  const slowest = (...syncs: readonly MonitoredServer["sync"][]) =>
    slowestSync(syncs.map((sync, index) => server(`n${index + 1}`, sync)), holders)
  assert.equal(slowest("always", "always", "always"), "always")
  assert.equal(slowest("always", 100, 2_000), 2_000)
  assert.equal(slowest("always", "always"), "unknown")
  assert.equal(slowest("always", "unknown", "always"), "unknown")
  assert.equal(slowestSync([server("n9", "always")], ["n1"]), "unknown")
})
