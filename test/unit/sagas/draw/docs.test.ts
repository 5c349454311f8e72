// The pictures in the documentation, and the program that prints them, show the example as it is.
import assert from "node:assert/strict"
import { execFile } from "node:child_process"
import { readFileSync } from "node:fs"
import { test } from "node:test"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { placeOrder } from "../../../../examples/order-flow/place-order.ts"
import { mermaid, svg, terminal } from "../../../../sagas/index.ts"
import { assertGolden } from "../../../support/golden.ts"
import { instances } from "./instances.ts"

const page = readFileSync(new URL("../../../../docs/sagas.md", import.meta.url), "utf8")
const program = fileURLToPath(new URL("../../../../examples/order-flow/draw.ts", import.meta.url))

test("docs/pictures has the saga of the order flow, and an order on its way back", () => {
  const pictures = new URL("../../../../docs/pictures/", import.meta.url)
  assertGolden(svg(placeOrder), new URL("order-saga.svg", pictures))
  const compensating = instances.find(({ name }) => name === "order-compensating")
  assert.ok(compensating)
  assertGolden(svg(placeOrder, compensating.instance), new URL("order-on-its-way-back.svg", pictures))
})

test("docs/sagas.md shows the Mermaid chart and the terminal's drawing of the order flow", () => {
  assert.ok(page.includes(`\`\`\`mermaid\n${mermaid(placeOrder)}\`\`\``))
  assert.ok(page.includes(`\`\`\`text\n${terminal(placeOrder)}\`\`\``))
})

test("the program prints each picture, and says which there are when asked for another", async () => {
  const run = (...args: readonly string[]) => promisify(execFile)(process.execPath, [program, ...args])
  assert.equal((await run("svg")).stdout, svg(placeOrder))
  assert.equal((await run("mermaid")).stdout, mermaid(placeOrder))
  assert.equal((await run()).stdout, terminal(placeOrder))
  await assert.rejects(run("oil"), { code: 2, stderr: 'no such picture: "oil"; there are mermaid, svg, terminal\n' })
})
