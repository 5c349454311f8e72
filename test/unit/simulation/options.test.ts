// What `npm run sim` says to options that it cannot use.
import assert from "node:assert/strict"
import { test } from "node:test"
import { BadOption, readOptions } from "../../sim/options.ts"

test("a number that is none is refused, and does not run nothing and look green", () => {
  for (const [name, value] of [["seeds", "abc"], ["seeds", "0"], ["from", "-1"], ["within", "1.5"], ["seed", ""]] as const) {
    const refused = new BadOption(`--${name} is a whole number, not ${JSON.stringify(value)}`)
    assert.throws(() => readOptions([`--${name}=${value}`]), refused)
  }
})

test("an option that is not there is refused in one line", () => {
  assert.throws(() => readOptions(["--sed", "4"]), /Unknown option '--sed'.*; docs\/simulation\.md lists the options$/)
})

test("without options it is a hundred seeds from the first", () => {
  const { seeds, from, mutants } = readOptions([])
  assert.deepEqual({ seeds, from, mutants }, { seeds: "100", from: "1", mutants: false })
})
