// Runs examples/*/main.ts as a reader would, from the repository's root, and compares what each prints with its
// expected.txt: "…" there stands for any text in a line, and a line of "…" alone for any lines. Without the file an
// example has only to end well. Prints "# pass N" and "# fail N".
import { spawnSync } from "node:child_process"
import { existsSync, globSync, readFileSync } from "node:fs"
import { dirname, join, resolve } from "node:path"

const root = resolve(import.meta.dirname, "..")
const timeLimitMs = 100_000
let passed = 0
let failed = 0

/** The first line of what was expected that does not follow in what was printed. */
function firstMissing(expected, printed) {
  const lines = printed.trimEnd().split("\n")
  let next = 0
  let anywhere = false
  for (const wanted of expected.trimEnd().split("\n")) {
    if (wanted === "…") {
      anywhere = true
      continue
    }
    const pattern = new RegExp(`^${wanted.split("…").map(RegExp.escape).join(".*")}$`)
    const found = anywhere ? lines.findIndex((line, index) => index >= next && pattern.test(line)) : next
    if (found === -1 || !pattern.test(lines[found] ?? "")) return `line ${next + 1} should be: ${wanted}`
    next = found + 1
    anywhere = false
  }
  return anywhere || next === lines.length ? undefined : `line ${next + 1} should not be there: ${lines[next]}`
}

for (const main of globSync("examples/*/main.ts", { cwd: root }).toSorted()) {
  const startedMs = performance.now()
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, [main], {
    cwd: root,
    encoding: "utf8",
    timeout: timeLimitMs,
    env: { ...process.env, NO_COLOR: "1" },
  })
  const expectedFile = join(root, dirname(main), "expected.txt")
  const ended = status === 0 ? undefined : `ended with ${status ?? signal} after ${Math.round(performance.now() - startedMs)} ms`
  const missing = existsSync(expectedFile) ? firstMissing(readFileSync(expectedFile, "utf8"), stdout) : undefined
  const why = ended ?? missing
  if (why === undefined) {
    passed += 1
    console.log(`✔ ${main} (${Math.round(performance.now() - startedMs)} ms)`)
  } else {
    failed += 1
    console.log(`✖ ${main}: ${why}\n${`${stdout}${stderr}`.trimEnd().replace(/^/gm, "  ")}`)
  }
}
console.log(`# pass ${passed}\n# fail ${failed}`)
process.exitCode = failed > 0 ? 1 : 0
