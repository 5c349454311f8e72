// Boxes in layers, as Sugiyama draws: arrows point down where they can, the ones that cannot are turned round for the
// layout, and a long arrow gets a place of its own in every layer that it passes.
import type { Arrow } from "./drawing.ts"

export interface Place {
  /** A box's id; for the place of a passing arrow, one that no box has. */
  readonly id: string
  readonly width: number
}

/** A piece of an arrow, from one layer to the next. `upper` is above `lower`, whichever way the arrow points. */
export interface Piece {
  readonly upper: string
  readonly lower: string
}

export interface Route {
  readonly arrow: Arrow
  /** The arrow points up. */
  readonly isTurned: boolean
  /** Top down. */
  readonly pieces: readonly Piece[]
}

export interface Layers {
  readonly layers: readonly (readonly Place[])[]
  readonly routes: readonly Route[]
}

const passingWidth = 14

/** Deterministic: the same boxes and arrows in the same order give the same layers. */
export function layersOf(boxes: readonly Place[], arrows: readonly Arrow[]): Layers {
  const turned = turnedArrows(boxes, arrows)
  const down = arrows.map((arrow) => (turned.has(arrow) ? { from: arrow.to, to: arrow.from } : arrow))
  const depth = depths(boxes, down)
  const layers: Place[][] = Array.from({ length: Math.max(0, ...depth.values()) + 1 }, () => [])
  for (const box of boxes) layers[depth.get(box.id) ?? 0]?.push(box)
  const routes = arrows.map((arrow, index): Route => {
    const { from, to } = down[index] ?? arrow
    const pieces: Piece[] = []
    let upper = from
    for (let layer = (depth.get(from) ?? 0) + 1; layer < (depth.get(to) ?? 0); layer += 1) {
      const place = { id: `${index}:${layer}`, width: passingWidth }
      layers[layer]?.push(place)
      pieces.push({ upper, lower: place.id })
      upper = place.id
    }
    return { arrow, isTurned: turned.has(arrow), pieces: [...pieces, { upper, lower: to }] }
  })
  return { layers: untangled(layers, routes.flatMap(({ pieces }) => pieces)), routes }
}

/** The arrows that lead back to a box on the way to themselves; without them there is no cycle. */
function turnedArrows(boxes: readonly Place[], arrows: readonly Arrow[]): Set<Arrow> {
  const turned = new Set<Arrow>()
  const state = new Map<string, "open" | "closed">()
  const visit = (id: string) => {
    state.set(id, "open")
    for (const arrow of arrows) {
      if (arrow.from !== id) continue
      if (state.get(arrow.to) === "open") turned.add(arrow)
      else if (!state.has(arrow.to)) visit(arrow.to)
    }
    state.set(id, "closed")
  }
  const isRoot = ({ id }: Place) => !arrows.some(({ to }) => to === id)
  for (const box of [...boxes.filter(isRoot), ...boxes]) if (!state.has(box.id)) visit(box.id)
  return turned
}

/** How deep each box is: one below the deepest that points to it. */
function depths(boxes: readonly Place[], down: readonly Arrow[]): Map<string, number> {
  const depth = new Map(boxes.map(({ id }) => [id, 0]))
  for (let changed = true; changed; ) {
    changed = false
    for (const { from, to } of down) {
      const below = (depth.get(from) ?? 0) + 1
      if ((depth.get(to) ?? 0) >= below) continue
      depth.set(to, below)
      changed = true
    }
  }
  return depth
}

const sweeps = 24

/** Orders each layer by the middle of its neighbours, down and up in turn, and keeps the order with the fewest crossings. */
function untangled(layers: readonly (readonly Place[])[], pieces: readonly Piece[]): readonly (readonly Place[])[] {
  let current = layers.map((layer) => [...layer])
  let best = current
  let bestCrossings = crossings(current, pieces)
  for (let sweep = 0; sweep < sweeps && bestCrossings > 0; sweep += 1) {
    const goesDown = sweep % 2 === 0
    current = current.map((layer) => [...layer])
    for (let n = 1; n < current.length; n += 1) {
      const index = goesDown ? n : current.length - 1 - n
      const fixed = positions(current[goesDown ? index - 1 : index + 1] ?? [])
      current[index] = sortedByNeighbours(current[index] ?? [], fixed, pieces, goesDown)
    }
    const count = crossings(current, pieces)
    if (count < bestCrossings) [best, bestCrossings] = [current, count]
  }
  return best
}

function sortedByNeighbours(
  layer: readonly Place[],
  fixed: ReadonlyMap<string, number>,
  pieces: readonly Piece[],
  goesDown: boolean,
): Place[] {
  const middle = layer.map(({ id }, index) => {
    const near = pieces.flatMap(({ upper, lower }) => {
      if (goesDown) return lower === id ? [fixed.get(upper) ?? 0] : []
      return upper === id ? [fixed.get(lower) ?? 0] : []
    })
    return near.length === 0 ? index : near.reduce((sum, value) => sum + value, 0) / near.length
  })
  return layer
    .map((place, index) => ({ place, index, at: middle[index] ?? 0 }))
    .toSorted((a, b) => a.at - b.at || a.index - b.index)
    .map(({ place }) => place)
}

function crossings(layers: readonly (readonly Place[])[], pieces: readonly Piece[]): number {
  let count = 0
  for (const [index, layer] of layers.entries()) {
    const upper = positions(layer)
    const lower = positions(layers[index + 1] ?? [])
    const here = pieces.flatMap((piece) => {
      const from = upper.get(piece.upper)
      const to = lower.get(piece.lower)
      return from === undefined || to === undefined ? [] : [{ from, to }]
    })
    for (const [n, a] of here.entries())
      for (const b of here.slice(n + 1)) if ((a.from - b.from) * (a.to - b.to) < 0) count += 1
  }
  return count
}

function positions(layer: readonly Place[]): Map<string, number> {
  return new Map(layer.map(({ id }, index) => [id, index]))
}
