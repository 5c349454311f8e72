// What an operator sees of a launched app on a real server: health over HTTP, metrics at the collector, the start-up line.
import assert from "node:assert/strict"
import { test } from "node:test"
import { type Health, launch } from "../../runtime/index.ts"
import { account, bank, transfer } from "../support/bank.ts"
import { withNats } from "../support/nats-process.ts"
import { startCollector } from "../support/otlp-collector.ts"

test("a launched app says what is durable, serves its health and sends its metrics; when it ends it is not ready", async (t) => {
  const nats = await withNats(t)
  const collector = await startCollector()
  t.after(() => collector.close())
  const lines: string[] = []
  const environment = { natsUrl: nats.url, otlpEndpoint: collector.endpoint, otlpTracesEndpoint: undefined }
  const report = (line: string) => void lines.push(line)
  const running = await launch(bank, { dataDir: nats.dataDir, environment, healthPort: 0, report })
  assert.match(lines.join("\n"), /^durability \w+: /m)
  assert.match(lines.join("\n"), /^health is at http:\/\/127\.0\.0\.1:\d+\/livez/m)
  const ready = async () => {
    const response = await fetch(`${running.healthAt}/readyz`)
    return { status: response.status, health: (await response.json()) as Health } // cast: what the server sends
  }
  await running.client.ask(account.deposit("a", { amount: 50 }), { effect: "open a" })
  await running.client.ask(transfer.start("t1", { from: "a", to: "b", amount: 20 }), { effect: "t1" })
  const { status, health } = await ready()
  assert.deepEqual([status, health.live, health.reasons], [200, true, []])
  assert.deepEqual(health.partitions.map(({ state }) => state), Array(8).fill("running"))

  const stopping = running.stop()
  const during = await ready().catch(() => undefined)
  assert.ok(during === undefined || (during.status === 503 && !during.health.ready), "it says so, or has ended")
  await stopping
  await running.stop()
  await assert.rejects(ready(), "nothing is served any more")
  const sum = (name: string) =>
    collector.points.filter((point) => point.name === name).reduce((total, { value }) => total + value, 0)
  assert.ok(sum("troupe.decisions") >= 6, `${sum("troupe.decisions")} decisions`)
  assert.equal(sum("troupe.sagas.ended"), 1)
  assert.equal(sum("troupe.appends.fenced"), 0)
})
