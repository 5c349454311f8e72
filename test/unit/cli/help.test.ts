// The table of commands: help, completion, documentation and parsing are made from it, and every command is whole.
import assert from "node:assert/strict"
import { spawnSync } from "node:child_process"
import { readdirSync, readFileSync } from "node:fs"
import { test } from "node:test"
import { commands } from "../../../runtime/cli/commands.ts"
import { completionScript } from "../../../runtime/cli/completion.ts"
import { commandsMarkdown } from "../../../runtime/cli/help.ts"
import { parse } from "../../../runtime/cli/parse.ts"
import { troupe } from "../../support/command-line.ts"
import { assertGolden } from "../../support/golden.ts"
import { wordsOf } from "../../support/operated-shop.ts"

const nameOf = ({ path }: { readonly path: readonly string[] }) => path.join(" ")

test("every command has help that is complete: what it takes, its options, and examples that can be given so", async () => {
  const widest = 130
  for (const command of commands) {
    const name = nameOf(command)
    const { code, out, error } = await troupe([...command.path, "--help"])
    assert.deepEqual([code, error], [0, ""], name)
    assert.match(command.summary, /^[a-z].{10,110}[^.]$/, name)
    for (const { name: argument, about } of command.takes)
      assert.ok(out.includes(argument) && about.length > 5, `${name} ${argument}`)
    for (const [option, { about, isList, value }] of Object.entries(command.options)) {
      assert.ok(out.includes(`--${option}`) && about.length > 5, `${name} --${option}`)
      assert.ok(value !== undefined || isList !== true, `${name} --${option} has values`)
    }
    assert.ok(command.examples.length > 0, `${name} has no example`)
    for (const [line] of command.examples) {
      assert.ok(out.includes(`troupe ${line}`), line)
      const [given = ""] = line.split(/ [>&|]/)
      const meant = parse(commands, wordsOf(given))
      assert.ok(meant.type === "run" && meant.command === command, line)
    }
    for (const line of out.split("\n")) assert.ok(line.length <= widest, `${name}: ${line}`)
  }
})

test("the help of all commands names each, the variables and the exit codes", async () => {
  const { code, out } = await troupe(["--help"])
  assert.equal(code, 0)
  for (const command of commands) assert.ok(out.includes(`  ${nameOf(command)}`), nameOf(command))
  assertGolden(out, new URL("expected/help.txt", import.meta.url))
  assertGolden((await troupe(["parked", "--help"])).out, new URL("expected/help-parked.txt", import.meta.url))
  assertGolden((await troupe(["sagas", "skip", "-h"])).out, new URL("expected/help-sagas-skip.txt", import.meta.url))
  const none = await troupe([])
  assert.deepEqual([none.code, none.out, none.error], [2, "", out])
})

test("docs/cli.md has the table of commands as it is", () => {
  const page = readFileSync(new URL("../../../docs/cli.md", import.meta.url), "utf8")
  assert.ok(page.includes(commandsMarkdown(commands)), `docs/cli.md needs this table:\n${commandsMarkdown(commands)}`)
})

test("every command has a test with what it writes", () => {
  const folder = new URL("expected/", import.meta.url)
  const transcripts = readdirSync(folder).map((name) => readFileSync(new URL(name, folder), "utf8")).join("\n")
  // Those run for long, or on a real server.
  const scenario = readFileSync(new URL("../../scenario/command-line.test.ts", import.meta.url), "utf8")
  const inScenario = new Set(["dev", "console", "doctor"])
  for (const command of commands) {
    const name = nameOf(command)
    const isTold = inScenario.has(name) ? scenario.includes(`"${name}`) : transcripts.includes(`$ troupe ${name}`)
    assert.ok(isTold, `troupe ${name} has no test with its output`)
  }
})

test("what is not known is refused, with what it may have been", async () => {
  const cases: readonly (readonly [line: string, text: RegExp])[] = [
    ["saga ls", /no command "saga"; did you mean sagas\?/],
    ["sagas lst", /troupe sagas has no command "lst"; did you mean ls\?/],
    ["sagas", /troupe sagas needs one of ls, show/],
    ["sagas ls --phse live", /has no option --phse; did you mean --phase\?/],
    ["sagas ls --phase alive", /--phase is "alive": it must be one of running/],
    ["sagas ls --order startd", /--order is "startd"; did you mean started\?/],
    ["sagas ls --limit 0", /--limit is "0": it must be a whole number/],
    ["sagas ls --limit", /--limit needs a value: --limit N/],
    ["sagas ls --key --json=x", /--key needs a value/],
    ["sagas ls --all=yes", /--all takes no value/],
    ["sagas ls order/o-1", /takes no "order\/o-1" there\nusage: troupe sagas ls \[options\]/],
    ["sagas show", /needs SAGA\/KEY: a saga, such as place-order\/o-17\nusage: troupe sagas show SAGA\/KEY/],
    ["sagas show order", /"order" names no saga/],
    ["sagas show order/a --token x", /a token on the command line is seen by everybody/],
    ["completion csh", /SHELL is "csh"; did you mean zsh\?|must be one of bash, zsh, fish/],
    ["console nothing.ts", /set NATS_URL/],
    ["dev nothing.ts", /there is no file nothing.ts/],
    ["doctor", /set NATS_URL/],
  ]
  for (const [line, text] of cases) {
    const { code, out, error } = await troupe(wordsOf(line), { environment: { TROUPE_DATA_DIR: "none" } })
    assert.deepEqual([code, out], [2, ""], `${line}: ${error}`)
    assert.match(error, text)
  }
})

const hasBash = spawnSync("bash", ["--version"]).status === 0

test("the completion scripts are read by their shells", { skip: hasBash ? false : "there is no bash on this machine" }, () => {
  for (const shell of ["bash", "zsh"]) {
    const { status, stderr } = spawnSync("bash", ["-n"], { input: completionScript(shell, commands), encoding: "utf8" })
    assert.deepEqual([status, stderr], [0, ""], shell)
  }
  const fish = completionScript("fish", commands)
  for (const command of commands) assert.ok(fish.includes(` -a ${command.path.at(-1)} `), nameOf(command))
})

test("bash completes commands, options and values", { skip: hasBash ? false : "there is no bash on this machine" }, () => {
  const script = completionScript("bash", commands)
  const completed = (...words: readonly string[]): readonly string[] => {
    const line = words.map((word) => `'${word}'`).join(" ")
    const input = `${script}\nCOMP_WORDS=(${line}); COMP_CWORD=${words.length - 1}; _troupe; printf '%s\\n' "\${COMPREPLY[@]}"`
    return spawnSync("bash", { input, encoding: "utf8" }).stdout.split("\n").filter((word) => word !== "")
  }
  assert.deepEqual(completed("troupe", "do"), ["doctor"])
  assert.deepEqual(completed("troupe", "sagas", "re"), ["retry", "resume"])
  assert.deepEqual(completed("troupe", "sagas", "ls", "--pha"), ["--phase"])
  assert.deepEqual(completed("troupe", "sagas", "ls", "--order", "st"), ["started"])
  assert.deepEqual(completed("troupe", "completion", "f"), ["fish"])
  assert.deepEqual(completed("troupe", "parked", "redrive", "3/x", "--wh"), ["--why"])
  assert.deepEqual(completed("troupe", "draw", "packag").includes("package.json"), true)
})
