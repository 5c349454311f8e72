import assert from "node:assert/strict"
import { spawnSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { stripTypeScriptTypes } from "node:module"
import { join } from "node:path"
import { test } from "node:test"
import { mutants, notSimulated, settings } from "../../proof/mutants/list.ts"
import { applyEdits, editedFiles, repository } from "../../proof/mutants/mutant.ts"

test("every mutant changes the engine as it is now, and what it leaves is a module", () => {
  const wrong: string[] = []
  for (const { name, edits } of [...mutants, ...settings]) {
    try {
      for (const [file, text] of editedFiles(name, edits)) {
        assert.notEqual(text, readFileSync(join(repository, file), "utf8"), `${name} changes nothing in ${file}`)
        stripTypeScriptTypes(text)
      }
    } catch (error) {
      wrong.push(`${name}: ${String(error)}`)
    }
  }
  assert.deepEqual(wrong, [])
})

test("mutants have names of their own, and each says what it breaks", () => {
  assert.equal(new Set(mutants.map(({ name }) => name)).size, mutants.length)
  for (const { name, breaks } of mutants) {
    assert.match(name, /^[a-z0-9]+(-[a-z0-9]+)*$/)
    assert.match(breaks, /^[A-Z].*\.$/)
  }
})

test("every rule of the protocol has a mutant, or says why no run can break it", () => {
  const rules = [...readFileSync(join(repository, "docs/protocol.md"), "utf8").matchAll(/^\*\*(R\d+) /gm)].map(([, rule]) => rule)
  assert.equal(rules.length, 24)
  const known = new Set<string>([...mutants.map(({ rule }) => rule), ...Object.keys(notSimulated)])
  assert.deepEqual(rules.filter((rule) => !known.has(rule ?? "")), [])
})

test("an edit whose text is gone, or stands twice, names its mutant", () => {
  const edits = [{ file: "a.ts", find: "x", replace: "y" }]
  assert.throws(() => applyEdits("some-mutant", edits, "a.ts", "none"), /some-mutant: its text stands 0 times in a\.ts/)
  assert.throws(() => applyEdits("some-mutant", edits, "a.ts", "x x"), /some-mutant: its text stands 2 times in a\.ts/)
  assert.equal(applyEdits("some-mutant", edits, "b.ts", "x"), "x")
})

test("a command under a mutant runs the changed engine, and no file is changed", () => {
  const script = `
    import { Channel } from "./runtime/delivery/channel.ts"
    const channel = new Channel(true)
    console.log(channel.admit(7))`
  const run = (mutant?: string) => {
    const env = { ...process.env, ...(mutant === undefined ? {} : { TROUPE_MUTANT: mutant }) }
    const loader = ["--import", "./test/proof/mutants/load-mutant.ts"]
    const flags = [...loader, "--input-type=module-typescript", "--eval", script]
    return spawnSync(process.execPath, flags, { cwd: repository, env, encoding: "utf8", timeout: 20_000 })
  }
  assert.equal(run().stdout.trim(), "gap")
  assert.equal(run("gap-accepted").stdout.trim(), "new")
  assert.match(run("no-such-mutant").stderr, /there is no mutant "no-such-mutant"/)
})
