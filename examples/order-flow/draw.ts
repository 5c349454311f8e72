// Prints the saga of the order flow as a picture: `node examples/order-flow/draw.ts [mermaid | svg | terminal]`.
import { mermaid, svg, terminal } from "../../sagas/index.ts"
import { placeOrder } from "./place-order.ts"

const [kind = "terminal"] = process.argv.slice(2)
const { columns, isTTY } = process.stdout
const drawings = new Map([
  ["mermaid", () => mermaid(placeOrder)],
  ["svg", () => svg(placeOrder)],
  ["terminal", () => terminal(placeOrder, { width: columns ?? 80, colour: isTTY })],
])
const draw = drawings.get(kind)
if (draw === undefined) {
  process.stderr.write(`no such picture: "${kind}"; there are ${[...drawings.keys()].join(", ")}\n`)
  process.exitCode = 2
} else {
  process.stdout.write(draw())
}
