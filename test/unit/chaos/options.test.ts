// What the command takes, and what it says of wrong use.
import assert from "node:assert/strict"
import { test } from "node:test"
import { help, readOptions, WrongUse } from "../../chaos/options.ts"

const read = (...args: readonly string[]) => {
  const options = readOptions(["--out", "somewhere", ...args])
  if (options === "help") throw new Error("help was not asked for")
  return options
}

test("without options it is the smoke profile on one strict server, under a seed of its own", () => {
  const { profile, servers, sync, seed, json } = read()
  assert.deepEqual({ profile, servers, sync, json }, { profile: "smoke", servers: 1, sync: "always", json: false })
  assert.ok(Number.isInteger(seed))
})

test("seed, minutes, servers, kinds and the folder are chosen", () => {
  const options = read("--seed", "7", "--minutes", "0.5", "--servers", "3", "--kinds", "power-cut,kill-worker", "--json")
  assert.deepEqual(
    { ...options, profile: "smoke" },
    {
      profile: "smoke", servers: 3, sync: "always", seed: 7, minutes: 0.5, kinds: ["power-cut", "kill-worker"], perSecond: 16,
      out: "somewhere", json: true,
    },
  )
})

for (const wrong of ["--profile huge", "--servers 2", "--seed x", "--kinds meteor", "--sync never", "--what"]) {
  test(`${wrong} is refused, in words`, () => {
    assert.throws(() => read(...wrong.split(" ")), WrongUse)
  })
}

test("help names every option and every exit code", () => {
  assert.equal(readOptions(["--help"]), "help")
  const words = ["--profile", "--seed", "--minutes", "--json", "--kinds", "0 nothing broken", "1 a violation", "3 power cuts"]
  for (const word of words) assert.ok(help.includes(word), word)
})
