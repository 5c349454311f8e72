// Ways through a graph are counted, and situations without an end are found.
import assert from "node:assert/strict"
import { test } from "node:test"
import { pathsThrough, withoutEnd } from "../../../sagas/check/graph.ts"
import { seeded } from "../../support/seeded.ts"

const to = (next: number, isCancel = false) => next * 2 + (isCancel ? 1 : 0)

test("as many paths are counted as there are when each is gone", () => {
  const random = seeded(1)
  const go = (edges: readonly (readonly number[])[], at: number): number =>
    at === edges.length - 1 ? 1 : edges[at]!.reduce((sum, way) => sum + go(edges, way >> 1), 0)
  for (let round = 0; round < 50; round += 1) {
    const size = 2 + Math.floor(random() * 9)
    // Each leads to the next one, and to others behind it, perhaps by two ways.
    const edges = Array.from({ length: size }, (_, from) => {
      const others = Array.from({ length: size }, (__, next) => next).filter((next) => next > from && random() < 0.4)
      return from === size - 1 ? [] : [from + 1, ...others].map((next) => to(next))
    })
    assert.equal(pathsThrough({ edges, ends: new Set([size - 1]) }), BigInt(go(edges, 0)))
  }
})

test("where there are circles no number of paths is given", () => {
  assert.equal(pathsThrough({ edges: [[to(1)], [to(0), to(2)], []], ends: new Set([2]) }), undefined)
})

test("the nearest situation from which no end is reached is found, also if somebody could cancel it", () => {
  assert.equal(withoutEnd({ edges: [[to(1), to(2)], [to(3)], [to(2)], []], ends: new Set([3]) }), 2)
  assert.equal(withoutEnd({ edges: [[to(1)], [to(2, true)], []], ends: new Set([2]) }), 0)
  assert.equal(withoutEnd({ edges: [[to(1)], [to(0), to(2)], []], ends: new Set([2]) }), undefined)
})
