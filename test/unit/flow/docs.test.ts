// The picture in the documentation is that of the example as it is.
import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { test } from "node:test"
import { flowMermaid } from "../../../runtime/index.ts"
import { checkShop } from "../../../examples/order-flow-choreographed/flow-check.ts"
import { shop } from "../../../examples/order-flow-choreographed/shop.ts"

test("docs/choreography.md shows the flow graph of the choreographed example", () => {
  const page = readFileSync(new URL("../../../docs/choreography.md", import.meta.url), "utf8")
  const [, shown] = /```mermaid\n([^]*?)```/.exec(page) ?? []
  assert.equal(shown, flowMermaid(checkShop([shop("docs")]).graph))
})
