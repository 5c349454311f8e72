// A picture with a place for everything, in units of the drawing: pixels, or characters. x and y are upper left corners.
import type { Box, Frame } from "./picture.ts"
import type { Mark } from "./standing.ts"

export interface Point {
  readonly x: number
  readonly y: number
}

export interface Placed extends Point {
  readonly width: number
  readonly height: number
}

export interface PlacedBox extends Placed {
  readonly box: Box
}

export interface PlacedFrame extends Placed {
  readonly frame: Frame
}

/** Upright and level pieces from one point to the next. */
export interface Wire {
  readonly kind: "forward" | "back" | "rule"
  readonly points: readonly Point[]
  readonly hasArrow: boolean
}

/** One line of text, `width` wide at the most. */
export interface Label extends Point {
  readonly text: string
  readonly width: number
  readonly mark: Mark | undefined
}

export interface Arranged {
  readonly width: number
  readonly height: number
  readonly boxes: readonly PlacedBox[]
  readonly frames: readonly PlacedFrame[]
  readonly wires: readonly Wire[]
  readonly labels: readonly Label[]
}

/** Into which blocks put what they consist of. */
export interface Sink {
  readonly boxes: PlacedBox[]
  readonly frames: PlacedFrame[]
  readonly wires: Wire[]
  readonly labels: Label[]
}

/** What things measure in a drawing. All are whole numbers. */
export interface Metrics {
  /** Of a box that is at most `room` wide. */
  readonly boxSize: (box: Box, room: number) => { readonly width: number; readonly height: number }
  readonly textWidth: (text: string) => number
  /** From the upper edge of a frame to below its title. */
  readonly title: number
  /** From the upper edge to where the line in it begins. */
  readonly edge: number
  /** From below the title to where lanes part. */
  readonly stub: number
  /** From where lanes part to their first boxes: room for an arrow and a label. */
  readonly lead: number
  /** How far above the first box the label of a lane begins. */
  readonly labelUp: number
  /** From the lanes' ends to where they meet. */
  readonly drop: number
  /** From there to the lower edge of the frame. */
  readonly tail: number
  /** Between boxes that follow each other: room for an arrow. */
  readonly gapY: number
  /** Between lanes. */
  readonly gapX: number
  /** From the edge of a frame to what is in it. */
  readonly pad: number
  /** For one upright line beside the lanes. */
  readonly gutter: number
  /** Of a box's or a frame's edge: where the way back leaves it. */
  readonly tap: number
  /** From the left edge of the picture to the way back. */
  readonly rail: number
  /** From a box to the rule below it. */
  readonly rule: number
  /** How far above a line the text beside it begins. */
  readonly halfText: number
}
