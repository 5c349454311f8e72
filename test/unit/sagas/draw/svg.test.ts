// The SVG picture: a document that is well formed and says what it shows, in which nothing covers anything else.
import assert from "node:assert/strict"
import { test } from "node:test"
import { svg } from "../../../../sagas/index.ts"
import {
  assertWellFormed, boldWidth, contains, overlap, runsThrough, type Shape, shapesOf,
} from "../../../support/svg-shapes.ts"
import { definitions, instances } from "./instances.ts"

const pictures = [...definitions, ...instances].map(({ name, saga, instance }) => ({ name, text: svg(saga, instance) }))

test("every picture is well formed, has a title and a description, and its own ground", () => {
  for (const { name, text } of pictures) {
    assertWellFormed(text)
    assert.match(text, /^<svg [^>]*role="img" aria-labelledby="title desc">\n {2}<title id="title">Saga [^<]+<\/title>\n/, name)
    assert.match(text, /<desc id="desc">[^<]+<\/desc>/)
    assert.match(text, /<rect class="ground" x="0" y="0" width="(\d+)" height="(\d+)"\/>/)
  }
})

test("no box covers another; a frame holds a box or a frame whole, or not at all; all is inside the picture", () => {
  for (const { name, text } of pictures) {
    const { boxes, frames, width, height, moved: [x, y] } = shapesOf(text)
    assert.ok(boxes.length >= 5, name)
    for (const [n, box] of boxes.entries()) {
      for (const other of boxes.slice(n + 1)) assert.ok(!overlap(box, other), `${name}: ${box.texts[0]} and ${other.texts[0]}`)
    }
    for (const frame of frames) {
      for (const other of [...boxes, ...frames.filter((another) => another !== frame)]) {
        const isApart = !overlap(frame, other) || contains(frame, other) || contains(other, frame)
        assert.ok(isApart, `${name}: ${frame.texts[0]} and ${other.texts[0]}`)
      }
    }
    for (const shape of [...boxes, ...frames]) {
      assert.ok(shape.x + x >= 0 && shape.y + y >= 0, name)
      assert.ok(shape.x + x + shape.width <= width && shape.y + y + shape.height <= height, name)
    }
  }
})

test("no line runs through a box", () => {
  for (const { name, text } of pictures) {
    const { boxes, segments } = shapesOf(text)
    assert.ok(segments.length >= 8)
    for (const segment of segments) {
      assert.ok(segment.from[0] === segment.to[0] || segment.from[1] === segment.to[1], "lines are upright or level")
      const covered = boxes.find((box) => runsThrough(segment, box))
      assert.equal(covered, undefined, `${name}: ${JSON.stringify(segment)} runs through ${covered?.texts[0]}`)
    }
  }
})

test("every text fits its box or its frame, also in a wide bold font, and no label or title is crossed by a line", () => {
  for (const { name, text } of pictures) {
    const { boxes, frames, labels, segments } = shapesOf(text)
    for (const box of boxes) {
      for (const line of box.texts) assert.ok(boldWidth(line) <= box.width - 8, `${name}: ${line}`)
      assert.ok(box.texts.length * 17 <= box.height)
    }
    const titles = frames.map(({ x, y, width, texts: [title = ""] }) => {
      assert.ok(boldWidth(title) <= width - 32, title)
      return { x: x + 16, y: y + 5, text: title }
    })
    const written = [...labels.map(({ x, y, text: label }) => ({ x, y: y - 12, text: label })), ...titles]
    for (const { x, y, text: label } of written) {
      const shape: Shape = { x, y, width: boldWidth(label), height: 15, texts: [label] }
      assert.ok(!segments.some((segment) => runsThrough(segment, shape)), `${name}: a line crosses ${label}`)
      assert.ok(!boxes.some((box) => overlap(box, shape)), `${name}: a box covers ${label}`)
    }
  }
})

test("what a service made up is shown as text", () => {
  const strange = pictures.find(({ name }) => name === "order-strange")
  assert.ok(strange)
  assert.match(strange.text, /✗ refused: "\]; click &amp;&lt;b&gt;`\?\[31m/)
})
