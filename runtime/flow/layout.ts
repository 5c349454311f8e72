// Where everything stands in the picture: layers top down, boxes above and below what they are joined to, and arrows
// that keep to the gaps between the layers, so that none runs through a box.
import type { Arrow } from "./drawing.ts"
import { type Layers, layersOf, type Piece, type Place } from "./layers.ts"

export interface PlacedBox {
  readonly id: string
  /** Its upper left corner. */
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

export interface Point {
  readonly x: number
  readonly y: number
}

export interface PlacedArrow {
  readonly arrow: Arrow
  /** From its beginning to its end: down or up through gaps and layers in turn, beginning and ending with a gap. */
  readonly points: readonly Point[]
}

export interface Layout {
  readonly width: number
  readonly height: number
  readonly boxes: readonly PlacedBox[]
  readonly arrows: readonly PlacedArrow[]
}

export const boxHeight = 30
const layerGap = 44
const boxGap = 18
const margin = 16

export function layoutOf(boxes: readonly Place[], arrows: readonly Arrow[]): Layout {
  const layered = layersOf(boxes, arrows)
  const centers = centersOf(layered)
  const all = layered.layers.flatMap((layer, index) =>
    layer.map(({ id, width }): PlacedBox => {
      const x = Math.round((centers.get(id) ?? 0) - width / 2)
      return { id, x, y: margin + index * (boxHeight + layerGap), width, height: boxHeight }
    }),
  )
  const left = Math.min(...all.map(({ x }) => x))
  const placed = new Map(all.map((box) => [box.id, { ...box, x: box.x - left + margin }]))
  return {
    width: Math.max(0, ...[...placed.values()].map(({ x, width }) => x + width)) + margin,
    height: layered.layers.length * (boxHeight + layerGap) - layerGap + 2 * margin,
    boxes: boxes.flatMap(({ id }) => placed.get(id) ?? []),
    arrows: placedArrows(layered, placed),
  }
}

const rounds = 40
/** What an arrow's own places pull at each other, compared to what boxes do: long arrows become straight. */
const straightness = 8

interface Pull {
  readonly to: string
  readonly weight: number
}

/** Pulls every place to the middle of its neighbours, as far as the others of its layer leave room. */
function centersOf({ layers, routes }: Layers): Map<string, number> {
  const centers = new Map<string, number>()
  const near = new Map<string, Pull[]>()
  const pull = (id: string, to: string, weight: number) => near.set(id, [...(near.get(id) ?? []), { to, weight }])
  for (const { pieces } of routes) {
    for (const [index, { upper, lower }] of pieces.entries()) {
      const weight = index === 0 || index === pieces.length - 1 ? 1 : straightness
      pull(upper, lower, weight)
      pull(lower, upper, weight)
    }
  }
  for (const layer of layers) settle(layer, layer.map(() => 0), centers)
  for (let round = 0; round < rounds; round += 1) {
    for (const layer of round % 2 === 0 ? layers : layers.toReversed()) {
      const wanted = layer.map(({ id }) => {
        const around = near.get(id) ?? []
        const weights = around.reduce((sum, { weight }) => sum + weight, 0)
        const moment = around.reduce((sum, { to, weight }) => sum + weight * (centers.get(to) ?? 0), 0)
        return weights === 0 ? (centers.get(id) ?? 0) : moment / weights
      })
      settle(layer, wanted, centers)
    }
  }
  return centers
}

/** Puts a layer as near to where it wants to be as its order and gaps allow: halfway between pushed right and pushed left. */
function settle(layer: readonly Place[], wanted: readonly number[], centers: Map<string, number>): void {
  const distance = (n: number) => ((layer[n]?.width ?? 0) + (layer[n - 1]?.width ?? 0)) / 2 + boxGap
  const right: number[] = []
  for (const [n, x] of wanted.entries()) right.push(n === 0 ? x : Math.max(x, (right[n - 1] ?? 0) + distance(n)))
  const left = [...wanted]
  for (let n = left.length - 2; n >= 0; n -= 1) left[n] = Math.min(left[n] ?? 0, (left[n + 1] ?? 0) - distance(n + 1))
  for (const [n, { id }] of layer.entries()) centers.set(id, ((right[n] ?? 0) + (left[n] ?? 0)) / 2)
}

function placedArrows({ routes }: Layers, placed: ReadonlyMap<string, PlacedBox>): readonly PlacedArrow[] {
  const pieces = routes.flatMap((route) => route.pieces)
  const port = portsOf(pieces, placed)
  return routes.map(({ arrow, isTurned, pieces: own }) => {
    const points = own.flatMap((piece): Point[] => {
      const bottom = (placed.get(piece.upper)?.y ?? 0) + boxHeight
      return [{ x: port(piece, "upper"), y: bottom }, { x: port(piece, "lower"), y: placed.get(piece.lower)?.y ?? 0 }]
    })
    return { arrow, points: isTurned ? points.toReversed() : points }
  })
}

/** Arrows of one side of a box leave it side by side, in the order of where they go, so that none covers another. */
function portsOf(
  pieces: readonly Piece[],
  placed: ReadonlyMap<string, PlacedBox>,
): (piece: Piece, end: "upper" | "lower") => number {
  const middle = (id: string) => (placed.get(id)?.x ?? 0) + (placed.get(id)?.width ?? 0) / 2
  const ports = { upper: new Map<Piece, number>(), lower: new Map<Piece, number>() }
  for (const end of ["upper", "lower"] as const) {
    const other = end === "upper" ? "lower" : "upper"
    const sides = Map.groupBy(pieces, (piece) => piece[end])
    for (const [id, side] of sides) {
      const { x, width } = placed.get(id) ?? { x: 0, width: 0 }
      const sorted = side.toSorted((a, b) => middle(a[other]) - middle(b[other]))
      for (const [n, piece] of sorted.entries()) ports[end].set(piece, Math.round(x + (width * (n + 1)) / (sorted.length + 1)))
    }
  }
  return (piece, end) => ports[end].get(piece) ?? 0
}
