// Rules on the shape of a file: its length, its columns, its name, and the comment that opens it.
import { basename } from "node:path/posix"
import type { Finding, Source } from "./repository.ts"

const fileLinesMax = { source: 300, test: 500 }
const columnsMax = 130
const openingLinesMax = 8

/** Names under which anything may be hidden. */
const drawers = new Set(["util", "utils", "helper", "helpers", "common", "shared", "misc", "types"])

export function shapeFindings(source: Source): readonly Finding[] {
  return [...lengthFindings(source), ...columnFindings(source), ...nameFindings(source), ...openingFindings(source)]
}

function lengthFindings({ path, lines }: Source): readonly Finding[] {
  const max = path.startsWith("test/") ? fileLinesMax.test : fileLinesMax.source
  const length = lines.at(-1) === "" ? lines.length - 1 : lines.length
  return length <= max ? [] : [{ path, line: max + 1, message: `has ${length} lines, ${max} are allowed: split it by idea` }]
}

function columnFindings({ path, lines }: Source): readonly Finding[] {
  return lines.flatMap((text, index) => {
    const message = `has ${text.length} columns, ${columnsMax} are allowed`
    return text.length <= columnsMax ? [] : [{ path, line: index + 1, message }]
  })
}

function nameFindings({ path }: Source): readonly Finding[] {
  const name = basename(path).replace(/(\.test|\.bench)?\.\w+$/, "")
  if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name)) return [{ path, line: 1, message: `"${name}" is not kebab-case` }]
  const drawer = path.split("/").slice(0, -1).concat(name).find((part) => drawers.has(part))
  return drawer === undefined ? [] : [{ path, line: 1, message: `"${drawer}" says nothing: name the idea` }]
}

function openingFindings({ path, lines }: Source): readonly Finding[] {
  if (!/^(runtime|sagas|examples)\//.test(path)) return []
  const body = lines[0]?.startsWith("#!") === true ? lines.slice(1) : lines
  const length = openingLength(body)
  if (length === 0) return [{ path, line: 1, message: "opens without a comment that says what it owns" }]
  return length <= openingLinesMax
    ? []
    : [{ path, line: 1, message: `opens with ${length} lines of comment, ${openingLinesMax} are allowed` }]
}

function openingLength(lines: readonly string[]): number {
  if (lines[0]?.startsWith("/*") === true) return lines.findIndex((line) => line.includes("*/")) + 1
  const end = lines.findIndex((line) => !line.startsWith("//"))
  return end === -1 ? lines.length : end
}
