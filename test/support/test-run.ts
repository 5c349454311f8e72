// Runs test files, a process each, and tells what failed in a few lines: `node test/support/test-run.ts test/unit ...`.
// A folder that does not exist, or is empty, is passed over; a folder that holds files but no test is a failure.
// Gotcha: Node's runner waits for ever for a file that leaves a timer or socket open; here its time runs out, its whole
// process group is killed and it counts as failed. The last lines give the counts: "# pass N", "# fail N", "# skip N".
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync, globSync, readdirSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, matchesGlob } from "node:path"
import { parseArgs } from "node:util"

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    /** Test files at a time. */
    concurrency: { type: "string", default: "2" },
    /** For one file, in seconds. */
    timeout: { type: "string", default: "180" },
    /** Files not to run, as patterns. */
    exclude: { type: "string", multiple: true, default: [] },
  },
})

interface FileResult {
  readonly file: string
  readonly passed: number
  readonly failed: number
  readonly skipped: number
  /** What a person needs to see of a file that failed. */
  readonly report: string
}

const pipesHeldMs = 2_000
const running = new Set<ChildProcess>()

/** The test files that are meant by a file's path, a folder or a pattern. */
function findFiles(wanted: string): readonly string[] {
  if (wanted.includes("*")) return keep(globSync(wanted))
  if (wanted.endsWith(".test.ts")) return [wanted]
  const found = globSync(`${wanted}/**/*.test.ts`)
  const entries = existsSync(wanted) ? readdirSync(wanted, { recursive: true, withFileTypes: true }) : []
  if (found.length === 0 && entries.some((entry) => entry.isFile()))
    throw new Error(`${wanted} holds files and no *.test.ts among them`)
  return keep(found)
}

function keep(files: readonly string[]): readonly string[] {
  return files.filter((file) => !options.exclude.some((excluded) => matchesGlob(file, excluded))).toSorted()
}

/** What one process has compiled the next ones need not: it is half of what a short file takes. */
const compiled = join(tmpdir(), "node-compile-cache")

async function runFile(file: string): Promise<FileResult> {
  const startedMs = performance.now()
  const child = spawn(process.execPath, ["--test-reporter=spec", file], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, NO_COLOR: "1", FORCE_COLOR: undefined, NODE_TEST_CONTEXT: undefined, NODE_COMPILE_CACHE: compiled },
    detached: true,
  })
  running.add(child)
  const closed = once(child, "close")
  const pieces: string[] = []
  child.stdout.setEncoding("utf8").on("data", (piece: string) => pieces.push(piece))
  child.stderr.setEncoding("utf8").on("data", (piece: string) => pieces.push(piece))
  const deadline = { passed: false }
  const timer = setTimeout(
    () => {
      deadline.passed = true
      killGroup(child)
    },
    Number(options.timeout) * 1000,
  )
  await once(child, "exit")
  clearTimeout(timer)
  killGroup(child)
  // A process outside the group may still hold the pipes: what it writes later is not waited for.
  const hold = setTimeout(() => {
    child.stdout.destroy()
    child.stderr.destroy()
  }, pipesHeldMs)
  await closed
  clearTimeout(hold)
  running.delete(child)
  const ended = deadline.passed
    ? `did not end within ${options.timeout} s and was killed; a timer or a socket may be left open`
    : `ended with code ${child.exitCode ?? child.signalCode}`
  const result = readResult(file, pieces.join(""), ended, child.exitCode === 0 && !deadline.passed)
  printLine(result, performance.now() - startedMs)
  return result
}

/** Ends what a file's process leaves behind, such as a server that it started. */
function killGroup(child: ChildProcess): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL")
  } catch {
    // The group is gone, as it should be.
  }
}

function readResult(file: string, output: string, ended: string, clean: boolean): FileResult {
  const count = (name: string) => Number(new RegExp(`^ℹ ${name} (\\d+)$`, "m").exec(output)?.[1] ?? 0)
  const passed = count("pass")
  const skipped = count("skipped") + count("todo")
  const broken = count("fail") + count("cancelled")
  if (clean && broken === 0 && passed + skipped > 0) return { file, passed, failed: 0, skipped, report: "" }
  const failures = output
    .split(/^✖ failing tests:$/m)[1]
    ?.replace(/^ +at .*\bnode:internal\b.*\n/gm, "")
    .trim()
  const why = clean ? "holds no test that ran" : `${ended}${failures === undefined ? `:\n${output.trim()}` : ""}`
  return {
    file,
    passed,
    failed: Math.max(broken, 1),
    skipped,
    report: broken > 0 && failures !== undefined ? failures : why,
  }
}

function printLine({ file, passed, failed, skipped }: FileResult, durationMs: number): void {
  const counts = [
    `${passed} passed`,
    ...(failed > 0 ? [`${failed} FAILED`] : []),
    ...(skipped > 0 ? [`${skipped} skipped`] : []),
  ]
  console.log(`${failed > 0 ? "✖" : "✔"} ${file}: ${counts.join(", ")} (${(durationMs / 1000).toFixed(1)} s)`)
}

async function runAll(files: readonly string[]): Promise<readonly FileResult[]> {
  const waiting = [...files]
  const results: FileResult[] = []
  const work = async () => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) results.push(await runFile(file))
  }
  await Promise.all(Array.from({ length: Number(options.concurrency) }, work))
  return results
}

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    for (const child of running) killGroup(child)
    process.exit(130)
  })
}

const results = await runAll([...new Set(positionals.flatMap(findFiles))])
const failures = results.filter(({ failed }) => failed > 0)
if (failures.length > 0) console.log("\nWhat failed:")
for (const { file, report } of failures) console.log(`\n${file}\n${report.replace(/^/gm, "  ")}`)
const sum = (count: (result: FileResult) => number) => results.reduce((total, result) => total + count(result), 0)
console.log(`\n# pass ${sum((result) => result.passed)}`)
console.log(`# fail ${sum((result) => result.failed)}`)
console.log(`# skip ${sum((result) => result.skipped)}`)
process.exitCode = failures.length > 0 ? 1 : 0
