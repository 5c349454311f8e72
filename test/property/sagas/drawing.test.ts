// Whatever a saga is made of, its drawings keep boxes apart and lines out of boxes, and the terminal's keeps its width.
import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { svg, terminal } from "../../../sagas/index.ts"
import type { SagaNode } from "../../../sagas/index.ts"
import { assertWellFormed, contains, overlap, runsThrough, shapesOf } from "../../support/svg-shapes.ts"
import { trip } from "../../support/drawn-sagas.ts"

const [stops, , , , , approval] = trip.definition.body
assert.ok(stops?.type === "step" && approval?.type === "wait")
const leaves = [stops, { ...stops, undo: "nothing" as const }, { ...approval, for: "time" as const }]
const name = fc.oneof(fc.constant("a"), fc.integer({ min: 1, max: 60 }).map((length) => "name-and-".repeat(8).slice(0, length)))

const { body } = fc.letrec<{ node: SagaNode; body: SagaNode[] }>((tie) => ({
  body: fc.array(tie("node"), { maxLength: 3 }),
  node: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.tuple(fc.constantFrom(...leaves), name).map(([leaf, called]): SagaNode => ({ ...leaf, name: called })),
    fc.record({
      type: fc.constant("choice" as const), name, test: fc.constant(() => true), yes: tie("body"), no: tie("body"),
    }),
    fc.record({
      type: fc.constant("parallel" as const),
      name,
      until: fc.constantFrom("all" as const, "first" as const),
      place: fc.constant("before" as const),
      branches: fc.array(fc.record({ name, body: tie("body") }), { minLength: 2, maxLength: 4 }),
    }),
    fc.record({
      type: fc.constant("loop" as const),
      name,
      until: fc.constant(() => true),
      roundsMax: fc.integer({ min: 1, max: 99 }),
      place: fc.constant("before" as const),
      body: fc.array(tie("node"), { minLength: 1, maxLength: 2 }),
    }),
  ),
}))

/** Names stand once in a saga. */
function withOwnNames(nodes: readonly SagaNode[]): readonly SagaNode[] {
  let count = 0
  const own = (given: string) => `${given}${(count += 1)}`
  const visit = (node: SagaNode): SagaNode => {
    const called = own(node.name)
    if (node.type === "choice") return { ...node, name: called, yes: node.yes.map(visit), no: node.no.map(visit) }
    if (node.type === "loop") return { ...node, name: called, body: node.body.map(visit) }
    if (node.type !== "parallel") return { ...node, name: called }
    const branches = node.branches.map((branch) => ({ name: own(branch.name), body: branch.body.map(visit) }))
    return { ...node, name: called, branches }
  }
  return nodes.map(visit)
}

test("boxes never overlap, no line runs through one, frames nest, and every line of the terminal fits", () => {
  fc.assert(
    fc.property(body, fc.integer({ min: 40, max: 120 }), (nodes, width) => {
      const saga = { definition: { ...trip.definition, body: [stops, ...withOwnNames(nodes)] } }
      const picture = svg(saga)
      assertWellFormed(picture)
      const { boxes, frames, segments } = shapesOf(picture)
      for (const [n, box] of boxes.entries()) {
        assert.ok(!boxes.slice(n + 1).some((other) => overlap(box, other)))
        assert.ok(!segments.some((segment) => runsThrough(segment, box)), box.texts[0])
        assert.ok(frames.every((frame) => !overlap(frame, box) || contains(frame, box)))
      }
      for (const line of terminal(saga, { width }).split("\n")) assert.ok(Array.from(line).length <= width, line)
    }),
    { numRuns: 150 },
  )
})
