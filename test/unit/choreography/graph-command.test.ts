// The command that prints the flow of the choreographed example.
import assert from "node:assert/strict"
import { execFile } from "node:child_process"
import { test } from "node:test"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"

test("the graph is printed as Mermaid or SVG, with what was found and accepted", async () => {
  const file = fileURLToPath(new URL("../../../examples/order-flow-choreographed/graph.ts", import.meta.url))
  const { stdout: mermaid, stderr } = await promisify(execFile)(process.execPath, [file])
  assert.match(mermaid, /^flowchart TB\n/)
  assert.match(stderr, /accepted: cycle LineReserved > inventory > LineReserved, because each turn[^]*0 findings, 2 accepted\n$/)
  const { stdout: svg } = await promisify(execFile)(process.execPath, [file, "svg"])
  assert.match(svg, /^<svg [^]*<\/svg>\n$/)
})
