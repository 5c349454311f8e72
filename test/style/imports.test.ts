// Imports point one way: the order of the layers, the home of each package, and no circles. Broken imports fail too.
import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { findCycles, importsOf } from "./import-graph.ts"
import { type Declared, layerBreach, packageBreach } from "./layers.ts"
import { assertNone, isSource, parseSources, repositoryFiles, root } from "./repository.ts"

const files = repositoryFiles()
const sources = parseSources(files.filter(({ path }) => isSource(path)))
const imports = sources.flatMap(importsOf)

test("static, re-exporting, dynamic and type imports are all seen", () => {
  const text = `
    import { a } from "./a.ts"
    import type { B } from "../message/b.ts"
    import { type C, type D } from "./c.ts"
    import { type E, f } from "./e.ts"
    import "./g.ts"
    export { h } from "./h.ts"
    export type * from "./i.ts"
    const j = await import("node:fs")
    type K = import("xstate").AnyActor
    const text = 'import { no } from "./not-an-import.ts"'
    // import { no } from "./not-an-import-either.ts"
  `
  const found = parseSources([{ path: "runtime/actor/x.ts", text }]).flatMap(importsOf)
  assert.deepEqual(
    found.map(({ to, typeOnly, line }) => [line - 1, to, typeOnly ? "type" : "value"]),
    [
      [1, "runtime/actor/a.ts", "value"],
      [2, "runtime/message/b.ts", "type"],
      [3, "runtime/actor/c.ts", "type"],
      [4, "runtime/actor/e.ts", "value"],
      [5, "runtime/actor/g.ts", "value"],
      [6, "runtime/actor/h.ts", "value"],
      [7, "runtime/actor/i.ts", "type"],
      [8, "node:fs", "value"],
      [9, "xstate", "type"],
    ],
  )
})

const permitted: readonly (readonly [from: string, to: string, typeOnly?: boolean])[] = [
  ["runtime/message/key.ts", "runtime/kernel/fault.ts"],
  ["runtime/ports/journal.ts", "runtime/actor/logic.ts", true],
  ["runtime/actor/mailbox.ts", "runtime/ports/clock.ts"],
  ["runtime/delivery/decide.ts", "runtime/actor/logic.ts"],
  ["runtime/nats/server/start.ts", "runtime/nats/connect.ts"],
  ["runtime/host/app.ts", "runtime/nats/connect.ts"],
  ["runtime/index.ts", "runtime/host/app.ts"],
  ["runtime/cli/main.ts", "runtime/host/app.ts"],
  ["runtime/console/web/main.tsx", "runtime/console/web/place.ts"],
  ["runtime/console/web/main.tsx", "runtime/console/answers.ts"],
  ["runtime/cli/check.ts", "sagas/index.ts"],
  ["sagas/machine/compile.ts", "sagas/definition/saga.ts"],
  ["sagas/orchestrator/logic.ts", "runtime/actor/logic.ts"],
  ["sagas/draw/mermaid.ts", "runtime/index.ts"],
  ["examples/order-flow/main.ts", "sagas/index.ts"],
  ["examples/order-flow/main.ts", "examples/order-flow/inventory.ts"],
  ["examples/order-flow-choreographed/main.ts", "examples/order-flow/order.ts"],
  ["runtime/flow/graph.ts", "runtime/actor/logic.ts"],
  ["test/unit/x.test.ts", "runtime/nats/connect.ts"],
]

const forbidden: typeof permitted = [
  ["runtime/kernel/fault.ts", "runtime/message/key.ts"],
  ["runtime/ports/journal.ts", "runtime/actor/logic.ts"],
  ["runtime/ports/journal.ts", "runtime/actor/service.ts", true],
  ["runtime/actor/mailbox.ts", "runtime/delivery/decide.ts"],
  ["runtime/delivery/decide.ts", "runtime/nats/connect.ts"],
  ["runtime/memory/journal.ts", "runtime/nats/connect.ts"],
  ["runtime/nats/connect.ts", "runtime/host/app.ts"],
  ["runtime/host/app.ts", "runtime/cli/main.ts"],
  ["runtime/console/web/main.tsx", "runtime/console/server.ts"],
  ["runtime/console/server.ts", "runtime/console/web/build-page.ts"],
  ["runtime/host/app.ts", "runtime/index.ts"],
  ["runtime/host/app.ts", "sagas/index.ts"],
  ["runtime/cli/check.ts", "sagas/check/check-saga.ts"],
  ["runtime/index.ts", "runtime/cli/main.ts"],
  ["runtime/drawer/x.ts", "runtime/kernel/fault.ts"],
  ["sagas/definition/saga.ts", "sagas/machine/compile.ts"],
  ["sagas/check/paths.ts", "sagas/draw/mermaid.ts"],
  ["sagas/orchestrator/logic.ts", "runtime/delivery/decide.ts"],
  ["examples/order-flow/main.ts", "runtime/host/app.ts"],
  ["examples/order-flow/main.ts", "examples/trip/main.ts"],
  ["examples/order-flow/main.ts", "examples/order-flow-choreographed/main.ts"],
  ["runtime/flow/graph.ts", "runtime/host/app.ts"],
]

test("the layer order tells a breach from a permitted import", () => {
  for (const [from, to, typeOnly = false] of permitted) assert.equal(layerBreach({ from, to, typeOnly }), undefined)
  for (const [from, to, typeOnly = false] of forbidden) {
    assert.notEqual(layerBreach({ from, to, typeOnly }), undefined, `${from} -> ${to} passed`)
  }
})

test("the homes of packages tell a breach from a permitted import", () => {
  const declared = { dependencies: ["@nats-io/kv", "effect", "xstate"], devDependencies: ["fast-check", "preact"] }
  const breach = (from: string, to: string) => packageBreach({ from, to, typeOnly: false }, declared)
  assert.equal(breach("runtime/nats/members.ts", "@nats-io/kv"), undefined)
  assert.equal(breach("sagas/machine/compile.ts", "xstate"), undefined)
  assert.equal(breach("runtime/delivery/loop.ts", "effect/Effect"), undefined)
  assert.equal(breach("runtime/message/hash.ts", "node:crypto"), undefined)
  assert.equal(breach("runtime/nats/start.ts", "node:child_process"), undefined)
  assert.equal(breach("test/contract/raw.test.ts", "@nats-io/kv"), undefined)
  assert.equal(breach("test/property/x.test.ts", "fast-check"), undefined)
  assert.equal(breach("runtime/console/web/main.tsx", "preact/hooks"), undefined)
  assert.match(breach("runtime/console/server.ts", "preact") ?? "", /dependencies/)
  assert.match(breach("runtime/host/app.ts", "@nats-io/kv") ?? "", /only runtime\/nats/)
  assert.match(breach("sagas/orchestrator/logic.ts", "xstate") ?? "", /only sagas\/machine/)
  assert.match(breach("runtime/delivery/loop.ts", "effect") ?? "", /effect\/Effect/)
  assert.match(breach("runtime/kernel/ids.ts", "node:crypto") ?? "", /imports nothing/)
  assert.match(breach("runtime/delivery/loop.ts", "node:timers") ?? "", /pure/)
  assert.match(breach("runtime/testing/world.ts", "fast-check") ?? "", /dependencies/)
  assert.match(breach("test/unit/x.test.ts", "left-pad") ?? "", /package\.json/)
})

test("a circle of imports is found, and a diamond is none", () => {
  const edges = (...pairs: (readonly [string, string])[]) => pairs.map(([from, to]) => ({ from, to, typeOnly: false }))
  assert.deepEqual(findCycles(edges(["a", "b"], ["a", "c"], ["b", "d"], ["c", "d"])), [])
  assert.deepEqual(findCycles(edges(["a", "b"], ["b", "c"], ["c", "b"])), [["b", "c"]])
})

test("every import keeps to the order of the layers", () => {
  const findings = imports
    .filter(({ local }) => local)
    .flatMap((found) => {
      const message = layerBreach(found)
      return message === undefined ? [] : [{ path: found.from, line: found.line, message }]
    })
  assertNone(findings)
})

test("every package is declared, and imported only by its home", () => {
  // cast: the fields of package.json that are read here are checked to exist by package.test.ts
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Record<keyof Declared, object>
  const declared = {
    dependencies: Object.keys(manifest.dependencies),
    devDependencies: Object.keys(manifest.devDependencies),
  }
  const findings = imports
    .filter(({ local }) => !local)
    .flatMap((found) => {
      const message = packageBreach(found, declared)
      return message === undefined ? [] : [{ path: found.from, line: found.line, message }]
    })
  assertNone(findings)
})

test("every relative import names a file of the repository", () => {
  const paths = new Set(files.map(({ path }) => path))
  const findings = imports
    .filter(({ local, to }) => local && !paths.has(to))
    .map(({ from, line, to }) => ({ path: from, line, message: `imports ${to}, which does not exist` }))
  assertNone(findings)
})

test("no files import each other in a circle, not even for types", () => {
  const cycles = findCycles(imports.filter(({ local }) => local))
  assertNone(
    cycles.map((cycle) => ({
      path: cycle[0] ?? "",
      line: 1,
      message: `imports itself through ${cycle.slice(1).join(", ")}`,
    })),
  )
})
