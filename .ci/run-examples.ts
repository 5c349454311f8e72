// Runs examples/*/main.ts as a reader would, from the repository's root, and compares what each prints with its
// expected.txt: "…" there stands for any text in a line, and a line of "…" alone for any lines. Without the file an
// example has only to end well, within its time. Prints "# pass N" and "# fail N".
import { spawnSync } from "node:child_process"
import { existsSync, globSync, readFileSync } from "node:fs"
import { dirname, join, resolve } from "node:path"

const root = resolve(import.meta.dirname, "..")
const timeLimitMs = 100_000

/** What differs between the text that was expected and the one that was printed, if anything does. */
function difference(expected: string, printed: string): string | undefined {
  const lines = printed.trimEnd().split("\n")
  let next = 0
  let anywhere = false
  for (const wanted of expected.trimEnd().split("\n")) {
    if (wanted === "…") {
      anywhere = true
      continue
    }
    const ahead = lines.slice(next).findIndex(linePattern(wanted))
    if (ahead === -1 || (ahead > 0 && !anywhere)) return `line ${next + 1} should be: ${wanted}`
    next += ahead + 1
    anywhere = false
  }
  return anywhere || next === lines.length ? undefined : `line ${next + 1} should not be there: ${lines[next]}`
}

function linePattern(wanted: string): (line: string) => boolean {
  const parts = wanted.split("…").map((text) => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&"))
  const pattern = new RegExp(`^${parts.join(".*")}$`)
  return (line) => pattern.test(line)
}

function runExample(main: string): boolean {
  const startedMs = performance.now()
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, [main], {
    cwd: root,
    encoding: "utf8",
    timeout: timeLimitMs,
    env: { ...process.env, NO_COLOR: "1" },
  })
  const durationMs = Math.round(performance.now() - startedMs)
  const expected = join(root, dirname(main), "expected.txt")
  const differs = existsSync(expected) ? difference(readFileSync(expected, "utf8"), stdout) : undefined
  const problem = status === 0 ? differs : `ended with ${status ?? signal} after ${durationMs} ms`
  if (problem === undefined) console.log(`✔ ${main} (${durationMs} ms)`)
  else console.log(`✖ ${main}: ${problem}\n${`${stdout}${stderr}`.trimEnd().replace(/^/gm, "  ")}`)
  return problem === undefined
}

const results = globSync("examples/*/main.ts", { cwd: root }).toSorted().map(runExample)
console.log(`# pass ${results.filter((good) => good).length}`)
console.log(`# fail ${results.filter((good) => !good).length}`)
process.exitCode = results.includes(false) ? 1 : 0
