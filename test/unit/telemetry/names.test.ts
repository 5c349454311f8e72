import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { test } from "node:test"
import { names } from "../../../runtime/telemetry/names.ts"

test("docs/traces.md explains every attribute there is, and no other", () => {
  const page = readFileSync(new URL("../../../docs/traces.md", import.meta.url), "utf8")
  const table = page.slice(page.indexOf("## Attributes"), page.indexOf("## Cost"))
  const explained = [...table.matchAll(/`((?:troupe|messaging|error)\.[a-z_.]+)`/g)].map(([, name = ""]) => name)
  assert.deepEqual(explained.toSorted(), Object.values(names.attribute).toSorted())
})

test("a name is used once", () => {
  const all = [...Object.values(names.attribute), ...Object.values(names.metric)]
  assert.equal(new Set(all).size, all.length)
})
