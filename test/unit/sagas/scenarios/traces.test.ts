// Traces of sagas that are signalled, cancelled and have children: each saga is one tree, linked to where it came from, and
// nothing that was said in it leaves the process.
import assert from "node:assert/strict"
import { test } from "node:test"
import { askInMemory, newWorld, startInMemory } from "../../../../runtime/testing/index.ts"
import { app, sagaTraceId } from "../../../../runtime/index.ts"
import { startTracing } from "../../../../runtime/telemetry/setup.ts"
import { saga } from "../../../../sagas/index.ts"
import { startCollector } from "../../../support/otlp-collector.ts"
import { book, desk, Name } from "./desks.ts"
import { codeOf, endOf } from "./stage.ts"
import { At } from "./unwinding.ts"

const canary = "canary-4c1d"
const inner = saga("inner", { input: At, version: 1 }).awaitSignal("word", Name).step("x", book("X")).awaitSignal("last", Name)
const outer = saga("outer", { input: At, version: 1 })
  .step("a", book("A"))
  .child("inner", inner, { key: () => "i-1", input: ({ input }) => input, onUndo: "revert" })
const traced = app("traced", { namespace: "traced", partitions: 2, services: [desk, inner, outer] })

test("sagas with signals, a cancel and a child are one tree each, without orphans and without payloads", async (t) => {
  const collector = await startCollector()
  t.after(() => collector.close())
  const services = ["desk", "inner", "outer"]
  const tracing = await startTracing({ services, namespace: "traced", instanceId: "i", endpoint: collector.endpoint })
  const world = newWorld()
  const process = await startInMemory(traced, world, { telemetry: tracing.telemetry })
  const ask = (command: Parameters<typeof askInMemory>[2]) => askInMemory(traced, world, command)
  assert.equal(codeOf(await ask(inner.signal("i-1", "word", { name: canary }))), "not-started")
  const ending = ask(outer.start("o-1", { at: "t-1" }))
  const rowOf = () => JSON.stringify(process.engine.row({ service: "inner", key: "i-1" })?.state ?? null)
  await process.until(() => rowOf().includes('"word"'))
  await ask(inner.signal("i-1", "word", { name: canary }))
  await process.until(() => rowOf().includes('"last"'))
  await ask(outer.cancel("o-1", { by: canary, why: canary }))
  assert.equal(endOf(await ending).outcome, "compensated")
  await process.until(() => process.engine.isIdle())
  const traceOf = (name: string, key: string) => {
    const row = process.engine.row({ service: name, key })?.state
    const { ended } = row as { readonly ended: { readonly startedMs: number } } // cast: a saga that has ended
    return sagaTraceId({ namespace: "traced", saga: name, key, startedMs: ended.startedMs })
  }
  const traces = new Map([["outer", traceOf("outer", "o-1")], ["inner", traceOf("inner", "i-1")]])
  await process.kill()
  await tracing.shutdown()

  for (const name of traces.keys()) {
    const tree = collector.tree(traces.get(name) ?? "")
    const lines = tree.spans.map((span) => `${span.name} ${span.parentSpanId ?? "root"}`).join("\n")
    assert.ok(tree.whole, `${name}:\n${lines}`)
    assert.deepEqual(tree.roots.map((root) => root.name), [name])
  }
  const start = collector.spans.find((span) => span.name === "process inner.start")
  assert.deepEqual(start?.links.map(({ traceId }) => traceId), [traces.get("outer")])
  const names = new Set(collector.spans.map((span) => span.name))
  const expected = ["process inner.signal", "process outer.cancel", "send inner.revert", "process inner.revert"]
  for (const name of [...expected, "process desk.free"])
    assert.ok(names.has(name), `${name} is among ${[...names].join(", ")}`)
  assert.equal(collector.received(canary), false)
})
