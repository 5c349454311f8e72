// The house style as tests. Each rule is tried on a sample that keeps it and on one that breaks it, then on every file.
import assert from "node:assert/strict"
import { test } from "node:test"
import { codeFindings } from "./code-rules.ts"
import { shapeFindings } from "./file-shape.ts"
import { textFindings } from "./forbidden-text.ts"
import {
  assertNone, type Finding, isSource, parseSources, repositoryFiles, type Source, topLevelNames,
} from "./repository.ts"

const files = repositoryFiles()
const sources = parseSources(files.filter(({ path }) => isSource(path)))

function sample(path: string, text: string): Source {
  const [source] = parseSources([{ path, text }])
  assert.ok(source)
  return source
}

function messages(findings: readonly Finding[]): string {
  return findings.map(({ line, message }) => `${line}: ${message}`).join("\n")
}

const opening = "// What it owns.\n"
const lines = (count: number, line: string) => `${line}\n`.repeat(count)

test("a file that is too long, too wide, badly named or without an opening comment is found", () => {
  const shape = (path: string, text: string) => messages(shapeFindings(sample(path, text)))
  assert.equal(shape("runtime/kernel/fault.ts", opening + lines(299, "f()")), "")
  assert.match(shape("runtime/kernel/fault.ts", opening + lines(300, "f()")), /301 lines/)
  assert.equal(shape("test/unit/fault.test.ts", lines(500, "f()")), "")
  assert.match(shape("test/unit/fault.test.ts", lines(501, "f()")), /501 lines/)
  assert.equal(shape("test/unit/a.test.ts", `// ${"x".repeat(127)}`), "")
  assert.match(shape("test/unit/a.test.ts", `f()\n// ${"x".repeat(128)}`), /^2: has 131 columns/)
  assert.match(shape("runtime/kernel/faultClass.ts", opening), /kebab-case/)
  assert.match(shape("runtime/kernel/types.ts", opening), /says nothing/)
  assert.match(shape("runtime/utils/fault.ts", opening), /says nothing/)
  assert.equal(shape("runtime/message/type-name.ts", opening), "")
  assert.match(shape("sagas/draw/mermaid.ts", "export const a = 1"), /opens without/)
  assert.match(shape("sagas/draw/mermaid.ts", lines(9, "// So much to say.")), /opens with 9 lines/)
  assert.equal(shape("sagas/draw/mermaid.ts", "/* One\n   two. */\nexport const a = 1"), "")
  assert.equal(shape("runtime/cli/main.ts", `#!/usr/bin/env node\n${opening}`), "")
})

test("a function that is too long is found, whatever its form", () => {
  const code = (text: string) => messages(codeFindings(sample("test/unit/a.test.ts", text)))
  const body = (count: number) => lines(count - 2, "  g()")
  assert.equal(code(`function f() {\n${body(60)}}`), "")
  assert.match(code(`function f() {\n${body(61)}}`), /^1: a function of 61 lines/)
  assert.match(code(`function f(): { a: "}" } {\n${body(61)}}`), /61 lines/)
  assert.match(code(`const f = async () => {\n${body(61)}}`), /61 lines/)
  assert.match(code(`class A { m(a: string) {\n${body(61)}} }`), /61 lines/)
  assert.match(code(`const a = { get b() {\n${body(61)}} }`), /61 lines/)
  assert.match(code(`test("x", () => {\n${body(61)}})`), /61 lines/)
  const tests = `test("x", f)\n${body(61)}`
  assert.equal(code(`describe("x", () => {\n${body(61)}})`), "")
  assert.equal(code(`export function journalSuite() {\n${tests}}`), "")
  assert.match(messages(codeFindings(sample("runtime/host/a.ts", `function f() {\n${tests}}`))), /a function of/)
  assert.equal(code(`const a = {\n${body(100)}}`.replaceAll("g()", "...g,")), "")
})

test("any, and a cast without a reason, are found", () => {
  const code = (text: string) => messages(codeFindings(sample("runtime/host/a.ts", text)))
  assert.match(code("let a: any"), /unknown/)
  assert.match(code("let a: Promise<Record<string, any[]>>"), /unknown/)
  assert.equal(code(`let any = "any: any" // any`), "")
  assert.match(code("f(a as B)"), /a cast to B/)
  assert.match(code("f(<B>a)"), /a cast to B/)
  assert.match(code("f(a as unknown as B)"), /a cast to B[^]*a cast to unknown/)
  assert.match(code("f(a as B) // sure"), /a cast to B/)
  assert.equal(code("f(a as B) // cast: the schema was checked above"), "")
  assert.equal(code("// cast: the schema was checked above\nf(a as B)"), "")
  assert.equal(code("// cast: the schema was checked above\nf({\n  x,\n} as B)"), "")
  assert.match(code("// cast: the schema was checked above\n\nf(a as B)"), /a cast to B/)
  assert.equal(code("const a = [1] as const"), "")
  assert.equal(code(`import { a as b } from "./a.ts"`), "")
})

test("time, chance and I/O in the core are found, and only there", () => {
  const uses = [
    "Date.now()", "new Date()", "new Date", "Date()", "Math.random()", "performance.now()", "setTimeout(f, 1)",
    "setInterval(f, 1)", "setImmediate(f)", "process.exit(1)", "process.env.A", "console.log(1)", "crypto.randomUUID()",
    "randomBytes(8)", "crypto.getRandomValues(a)", "fetch(url)", "schedule(setTimeout)", "globalThis.setTimeout(f, 1)",
  ]
  for (const use of uses) {
    assert.match(messages(codeFindings(sample("runtime/delivery/a.ts", use))), /pure core/, `${use} passed`)
    assert.equal(messages(codeFindings(sample("runtime/host/a.ts", use))), "")
  }
  const innocent = [
    `"Date.now()"`, "// new Date()", "new Date(nowMs)", "clock.now()", "this.process(a)", "partition.fetch(a)", "Math.min(a, b)",
  ]
  for (const use of innocent) assert.equal(messages(codeFindings(sample("sagas/machine/a.ts", use))), "")
})

test("a test that is left out in silence is found", () => {
  const code = (text: string) => messages(codeFindings(sample("test/unit/a.test.ts", text)))
  assert.match(code(`test.only("x", f)`), /keeps the others/)
  assert.match(code(`test("x", { only: true }, f)`), /keeps the others/)
  assert.match(code(`test.skip("x", f)`), /does not say why/)
  assert.match(code("t.skip()"), /does not say why/)
  assert.match(code(`test("x", { skip: true }, f)`), /does not say why/)
  assert.equal(code(`test("x", { skip: needsRoot }, f) // mounting a disk needs root`), "")
  assert.equal(code(`t.skip("mounting a disk needs root")`), "")
  assert.equal(code(`test("x", { skip: isRoot ? false : "mounting a disk needs root" }, f)`), "")
  assert.equal(code("stream.skip + a.only"), "")
  assert.equal(code("assert.deepEqual(counts, { pass: 1, skip: 2 })"), "")
  assert.match(code(`await t.test("x", { skip: true }, f)`), /does not say why/)
})

test("text that no file may hold is found", () => {
  const text = (line: string, path = "docs/a.md") => messages(textFindings({ path, text: `fine\n${line}\n` }))
  assert.match(text(`// ${["TO", "DO"].join("")}: later`), /^2: .*unfinished/)
  assert.match(text(`https://${["registry.npm", "js.org"].join("")}/x`), /registry/)
  assert.match(text(`cd ${["", "ro", "ot"].join("/").replace("ro/ot", "root")}/x`), /one machine/)
  assert.match(text(`cat ${["", "tmp", "x"].join("/")}`), /temporary folder/)
  assert.equal(text(`cat ${["", "tmp", "x"].join("/")}`, "test/unit/a.test.ts"), "")
  assert.match(text(`made by an ${["ag", "ent"].join("")}`), /came to be/)
  assert.match(text(`in the ${["next ses", "sion"].join("")}`), /came to be/)
  assert.equal(text("the User-Agent header of a browser session at ./work/list"), "")
})

test("every source file has the shape of the house", () => {
  assertNone(sources.flatMap(shapeFindings))
})

test("every source file keeps the rules of the code", () => {
  assertNone(sources.flatMap(codeFindings))
})

test("no file holds forbidden text", () => {
  assertNone(files.flatMap(textFindings))
})

test("the root folder holds only what belongs there", () => {
  const permitted = new Set([
    "LICENSE", "README.md", "bench", "docker-compose.yml", "docs", "examples", "package-lock.json", "package.json", "runtime",
    "sagas", "test", "tsconfig.json",
  ])
  assert.deepEqual(topLevelNames().filter((name) => !name.startsWith(".") && !permitted.has(name)), [])
})
