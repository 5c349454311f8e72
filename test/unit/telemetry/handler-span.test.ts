// What user code makes under a handler's span: a query of its database is a child of it, in the handler's service. And the
// calls of a handler that fails: a span each, with where it was thrown and without what it said.
import assert from "node:assert/strict"
import { test } from "node:test"
import { trace } from "@opentelemetry/api"
import { app, done, effectful, service } from "../../../runtime/index.ts"
import { startTracing } from "../../../runtime/telemetry/setup.ts"
import { askInMemory, newWorld, startInMemory } from "../../../runtime/testing/index.ts"
import { startCollector } from "../../support/otlp-collector.ts"
import { Name } from "../sagas/scenarios/desks.ts"

const canary = "canary-51aa"

test("a user's span in an effectful handler is a child of the handler's span; each call of the handler has a span", async (t) => {
  const collector = await startCollector()
  t.after(() => collector.close())
  const tracing = await startTracing({
    services: ["card"], namespace: "nested", instanceId: "i", endpoint: collector.endpoint,
  })
  const tracer = trace.getTracer("database")
  let calls = 0
  const charge = effectful(
    async (state: { readonly charged: number }, _: { readonly name: string }, { run }) => {
      calls += 1
      tracer.startSpan("select").end()
      await Promise.resolve()
      await run("pay", async () => {
        await Promise.resolve()
        tracer.startSpan("insert").end()
        return 1
      })
      tracer.startSpan("update").end()
      if (calls === 1) throw new Error(`no such card ${canary}`)
      return done({ charged: state.charged + 1 })
    },
    { retry: { times: 2, from: "1 millis" } },
  )
  const card = service("card", { state: () => ({ charged: 0 }) }).command("charge", Name, charge)
  const shop = app("nested", { namespace: "nested", partitions: 1, services: [card] })
  const world = newWorld()
  const process = await startInMemory(shop, world, { telemetry: tracing.telemetry })
  const outcome = await askInMemory(shop, world, card.charge("c-1", { name: canary }))
  assert.equal(outcome.type, "done")
  await process.until(() => process.engine.isIdle())
  await process.kill()
  await tracing.shutdown()

  const attempts = collector.spans.filter(({ name }) => name === "process card.charge")
  assert.deepEqual(attempts.map(({ attributes }) => attributes["troupe.handler.attempt"]), [1, 2])
  assert.deepEqual(attempts.map(({ status }) => status.code), ["error", "unset"])
  assert.deepEqual(attempts[0]?.events.map(({ name, attributes }) => [name, attributes["exception.type"]]), [
    ["exception", "HANDLER_THREW"],
  ])
  assert.match(String(attempts[0]?.events[0]?.attributes["exception.stacktrace"]), /^\s+at .*handler-span\.test\.ts/)
  const under = (index: number) =>
    collector.spans.filter(({ parentSpanId }) => parentSpanId === attempts[index]?.spanId).map(({ name }) => name)
  assert.deepEqual(under(0), ["select", "insert", "update"])
  assert.deepEqual(under(1), ["select", "update"], "the step was done, and is not done again")
  assert.deepEqual(new Set(collector.spans.map(({ serviceName }) => serviceName)), new Set(["card"]))
  assert.equal(collector.received(canary), false)
})
