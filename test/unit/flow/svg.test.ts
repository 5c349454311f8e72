// The flow graph as a picture: a document that is well formed, and in which nothing covers anything else.
import assert from "node:assert/strict"
import { test } from "node:test"
import { flowSvg } from "../../../runtime/index.ts"
import { checkShop } from "../../../examples/order-flow-choreographed/flow-check.ts"
import { shop } from "../../../examples/order-flow-choreographed/shop.ts"

const { graph } = checkShop([shop("test")])
const svg = flowSvg(graph)

/** Every element is closed in order, and attributes are quoted; texts hold no bare `<` or `&`. */
function assertWellFormed(text: string): void {
  const open: string[] = []
  const tag = /<(\/?)([a-z]+)((?: [a-zA-Z:-]+="[^"<]*")*) ?(\/?)>/g
  for (const [, closing, name = "", , empty] of text.matchAll(tag)) {
    if (closing === "/") assert.equal(open.pop(), name)
    else if (empty !== "/") open.push(name)
  }
  assert.deepEqual(open, [])
  assert.doesNotMatch(text.replaceAll(tag, ""), /[<>]|&(?!(amp|lt|gt|quot);)/)
}

interface Box { readonly x: number; readonly y: number; readonly width: number; readonly height: number; readonly label: string }

function boxesOf(text: string): readonly Box[] {
  const box = /<rect x="([^"]+)" y="([^"]+)" width="([^"]+)" height="([^"]+)" rx="[^"]+"\/><text [^>]*>([^<]*)</g
  return [...text.matchAll(box)].map(([, x, y, width, height, label = ""]) =>
    ({ x: Number(x), y: Number(y), width: Number(width), height: Number(height), label }))
}

/** Points along every arrow, curves included. */
function arrowPoints(text: string): readonly (readonly [x: number, y: number])[] {
  return [...text.matchAll(/class="arrow"[^>]* d="([^"]*)"/g)].flatMap(([, path = ""]) => {
    const numbers = path.split(/[^\d.]+/).filter((part) => part !== "").map(Number)
    let at: readonly [number, number] = [numbers[0] ?? 0, numbers[1] ?? 0]
    const points: [number, number][] = []
    for (const [, command, rest = ""] of path.matchAll(/([CL])([^CL]*)/g)) {
      const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = rest.trim().split(" ").map(Number)
      const end: readonly [number, number] = command === "C" ? [e, f] : [a, b]
      for (let t = 0; t <= 1; t += 0.05) {
        const u = 1 - t
        points.push(command === "C"
          ? [u ** 3 * at[0] + 3 * u * u * t * a + 3 * u * t * t * c + t ** 3 * e,
            u ** 3 * at[1] + 3 * u * u * t * b + 3 * u * t * t * d + t ** 3 * f]
          : [u * at[0] + t * a, u * at[1] + t * b])
      }
      at = end
    }
    return points
  })
}

test("the picture is well formed, the same every time, and names every service and event", () => {
  assertWellFormed(svg)
  assert.equal(flowSvg(checkShop([shop("test")]).graph), svg)
  const labels = new Set(boxesOf(svg).map(({ label }) => label))
  for (const { id } of graph.actors) assert.ok(labels.has(id), id)
  for (const { name } of graph.events) assert.ok(labels.has(name), name)
})

test("no box covers another, every label fits its box, and all of it is inside the picture", () => {
  const boxes = boxesOf(svg)
  assert.equal(boxes.length, graph.actors.length + graph.events.length + 2)
  const [, width = 0, height = 0] = /viewBox="0 0 (\d+) (\d+)"/.exec(svg)?.map(Number) ?? []
  for (const [n, box] of boxes.entries()) {
    assert.ok(box.label.length * 7.5 <= box.width, box.label)
    assert.ok(box.x >= 0 && box.y >= 0 && box.x + box.width <= width && box.y + box.height <= height, box.label)
    for (const other of boxes.slice(n + 1)) {
      const apart = box.x + box.width <= other.x || other.x + other.width <= box.x ||
        box.y + box.height <= other.y || other.y + other.height <= box.y
      assert.ok(apart, `${box.label} and ${other.label}`)
    }
  }
})

test("no arrow runs through a box", () => {
  const points = arrowPoints(svg)
  assert.ok(points.length > 500)
  for (const [x, y] of points) {
    const covered = boxesOf(svg).find((box) =>
      x > box.x + 1 && x < box.x + box.width - 1 && y > box.y + 1 && y < box.y + box.height - 1)
    assert.equal(covered, undefined, `an arrow at ${x}, ${y} runs through ${covered?.label}`)
  }
})
