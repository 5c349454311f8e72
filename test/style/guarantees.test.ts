// docs/guarantees.md is kept true: each promise names tests that prove it, and each of them is there.
import assert from "node:assert/strict"
import { test } from "node:test"
import { SyntaxKind } from "typescript/unstable/ast"
import {
  isCallExpression, isIdentifier, isPropertyAssignment, isStringLiteral, isTemplateExpression,
} from "typescript/unstable/ast/is"
import { parseSources, repositoryFiles, type Source, walk } from "./repository.ts"

const page = "docs/guarantees.md"
const files = repositoryFiles()
const promised = Array.from({ length: 13 }, (_, n) => `G${n + 1}`)

interface Section {
  readonly title: string
  readonly proofs: readonly Proof[]
}

/** Tests of one file; "*" are all of them. */
interface Proof {
  readonly path: string
  readonly names: readonly string[] | "*"
}

/** The sections of the page, with what stands under "Proved by". A bullet may go on over several lines. */
function sectionsOf(text: string): readonly Section[] {
  return text.split(/^#{2,3} /m).slice(1).map((part) => {
    const [title = ""] = part.split("\n")
    const list = part.split("*Proved by*")[1] ?? ""
    const bullets = list.split(/\n(?=- )/).filter((bullet) => bullet.startsWith("- "))
    const firstParagraphs = bullets.map((bullet) => bullet.split("\n\n")[0] ?? "")
    return { title, proofs: firstParagraphs.map((bullet) => proofOf(bullet.replaceAll(/\s+/g, " "))) }
  })
}

function proofOf(bullet: string): Proof {
  const [, path = "", rest = ""] = /^- `([^`]+)`: (.*)$/.exec(bullet) ?? []
  const names = [...rest.matchAll(/"([^"]+)"/g)].map(([, name = ""]) => name)
  return { path, names: rest.trim() === "*" ? "*" : names }
}

/** The names of a file's tests, of the promises of a suite, and of scenarios that are played in several places. */
function testNames(source: Source): readonly string[] {
  const names: string[] = []
  walk(source.tree, (node) => {
    const named = isCallExpression(node) && isIdentifier(node.expression) && /^(test|it|promise)$/.test(node.expression.text)
      ? node.arguments[0]
      : isPropertyAssignment(node) && node.name.getText() === "name" ? node.initializer : undefined
    if (named === undefined) return
    if (isStringLiteral(named)) names.push(named.text)
    const isTemplate = isTemplateExpression(named) || named.kind === SyntaxKind.NoSubstitutionTemplateLiteral
    if (isTemplate) names.push(named.getText().slice(1, -1))
  })
  return names
}

function problemsOf({ title, proofs }: Section, namesIn: (path: string) => readonly string[] | undefined): readonly string[] {
  return proofs.flatMap(({ path, names }) => {
    const known = namesIn(path)
    if (known === undefined) return [`${title}: ${path} is no file of tests`]
    if (names === "*") return known.length === 0 ? [`${title}: ${path} holds no test`] : []
    if (names.length === 0) return [`${title}: ${path} is there without the name of a test`]
    return names.filter((name) => !known.includes(name)).map((name) => `${title}: ${path} has no test "${name}"`)
  })
}

const text = files.find(({ path }) => path === page)?.text ?? ""
const sections = sectionsOf(text)

test("every promise of the guarantees names the tests that prove it", () => {
  const unproved = sections.filter(({ title, proofs }) => /^G\d+ /.test(title) && proofs.length === 0)
  assert.deepEqual(unproved.map(({ title }) => title), [])
  const titles = new Set(sections.map(({ title }) => title.split(" ")[0]))
  assert.deepEqual(promised.filter((name) => !titles.has(name)), [], "promises that are not on the page")
})

test("every test that the guarantees name is there", () => {
  const named = new Set(sections.flatMap(({ proofs }) => proofs.map(({ path }) => path)))
  const sources = parseSources(files.filter(({ path }) => named.has(path)))
  const parsed = new Map(sources.map((source) => [source.path, testNames(source)]))
  assert.deepEqual(sections.flatMap((section) => problemsOf(section, (path) => parsed.get(path))), [])
})

test("a promise without a test, a file that is gone and a test that is gone are found", () => {
  const bad = [
    "# Page", "### G1 One", "Words.", "", "*Proved by*",
    '- `test/a.test.ts`: "it is', '  so"; "gone"', '- `test/b.test.ts`: "x"', "",
    "More words.", "### G2 Two", "Nothing.", "### G3 Three", "*Proved by*", "- `test/a.test.ts`: words", "- `test/a.test.ts`: *",
  ].join("\n")
  const found = sectionsOf(bad)
  assert.deepEqual(found.map(({ title, proofs }) => [title, proofs.length]), [["G1 One", 2], ["G2 Two", 0], ["G3 Three", 2]])
  const namesIn = (path: string) => (path === "test/a.test.ts" ? ["it is so"] : undefined)
  assert.deepEqual(found.flatMap((section) => problemsOf(section, namesIn)), [
    'G1 One: test/a.test.ts has no test "gone"',
    "G1 One: test/b.test.ts is no file of tests",
    "G3 Three: test/a.test.ts is there without the name of a test",
  ])
})
