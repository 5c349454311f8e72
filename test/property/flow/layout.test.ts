// Whatever the graph, cycles and boxes without arrows included, the layout keeps boxes apart and arrows connected.
import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { layoutOf } from "../../../runtime/flow/layout.ts"

const graph = fc.integer({ min: 2, max: 12 }).chain((count) => {
  const id = fc.integer({ min: 0, max: count - 1 }).map((n) => `b${n}`)
  const arrow = fc.record({ from: id, to: id }).filter(({ from, to }) => from !== to)
  const widths = fc.array(fc.integer({ min: 20, max: 200 }), { minLength: count, maxLength: count })
  return fc.record({ widths, arrows: fc.array(arrow, { maxLength: 24 }) })
})

test("boxes never overlap, arrows end at their boxes, and the layout is deterministic", () => {
  fc.assert(
    fc.property(graph, ({ widths, arrows }) => {
      const boxes = widths.map((width, n) => ({ id: `b${n}`, width }))
      const layout = layoutOf(boxes, arrows)
      assert.deepEqual(layoutOf(boxes, arrows), layout)
      assert.equal(layout.boxes.length, boxes.length)
      for (const [n, a] of layout.boxes.entries()) {
        assert.ok(a.x >= 0 && a.x + a.width <= layout.width && a.y >= 0 && a.y + a.height <= layout.height)
        for (const b of layout.boxes.slice(n + 1))
          assert.ok(a.y !== b.y || a.x + a.width <= b.x || b.x + b.width <= a.x, `${a.id} and ${b.id} overlap`)
      }
      const placed = new Map(layout.boxes.map((box) => [box.id, box]))
      for (const { arrow, points } of layout.arrows) {
        for (const [id, point] of [[arrow.from, points[0]], [arrow.to, points.at(-1)]] as const) {
          const box = placed.get(id)
          assert.ok(box !== undefined && point !== undefined)
          assert.ok(point.x >= box.x && point.x <= box.x + box.width && (point.y === box.y || point.y === box.y + box.height))
        }
      }
    }),
    { numRuns: 300 },
  )
})
