// The drawing for a terminal: within its width, legible without colour, and without anything that controls the terminal.
import assert from "node:assert/strict"
import { test } from "node:test"
import { stripVTControlCharacters } from "node:util"
import { terminal } from "../../../../sagas/index.ts"
import { definitions, instances } from "./instances.ts"

const all = [...definitions, ...instances]

test("every line fits the width, be it 80, 60, 40 or 200, and none ends in a space", () => {
  for (const { name, saga, instance } of all) {
    for (const width of [200, 80, 60, 40]) {
      for (const line of terminal(saga, { ...instance, width }).split("\n")) {
        assert.ok(Array.from(line).length <= width, `${name} at ${width}: ${line}`)
        assert.equal(line, line.trimEnd())
      }
    }
  }
})

test("80 columns show every step of every example, and a name that is too long is cut with a sign", () => {
  const text = definitions.map(({ saga }) => terminal(saga)).join("\n")
  for (const name of ["reserve", "charge", "ship", "seat", "ticket", "insure", "look", "papers", "pay", "tell", "rr", "rest"]) {
    assert.match(text, new RegExp(`[│║] ${name} +[│║]`), name)
  }
  assert.match(text, /│ odd-and-so-on-[a-z-]+… │/)
})

test("colour changes nothing but colour", () => {
  for (const { saga, instance } of all) {
    const plain = terminal(saga, instance)
    const coloured = terminal(saga, { ...instance, colour: true })
    assert.doesNotMatch(plain.replaceAll("\n", ""), /\p{C}/u)
    assert.notEqual(coloured, plain)
    assert.equal(stripVTControlCharacters(coloured), plain)
  }
})

test("what a service made up cannot control the terminal", () => {
  const strange = all.find(({ name }) => name === "order-strange")
  assert.ok(strange)
  const text = terminal(strange.saga, strange.instance)
  assert.match(text, /refused: "\]; click &<b>`\?\[31m/)
  assert.doesNotMatch(text.replaceAll("\n", ""), /\p{C}/u)
})

test("wide characters take two columns", () => {
  const wide = all.find(({ name }) => name === "order-wide")
  assert.ok(wide)
  const lines = terminal(wide.saga, wide.instance).split("\n")
  const line = lines.find((text) => text.includes("│ ✗ refused"))
  const edge = lines.find((text) => text.includes("│ payment.charge "))
  assert.ok(line !== undefined && edge !== undefined)
  assert.equal(line.length + "在庫切れ".length, edge.length)
})
