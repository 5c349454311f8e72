// `troupe check FILE`: checks every saga in the list `check` that the file exports, and tells what was covered, how long it
// took, and, of what is wrong, the shortest way there.
import { basename, relative, resolve } from "node:path"
import { pathToFileURL } from "node:url"
import { parseArgs } from "node:util"
import { describeError, Fault, InvalidInput } from "../kernel/fault.ts"
import { checkSaga, type SagaCheck, type SagaReport } from "../../sagas/index.ts"
import { reportJson, reportText } from "./check-report.ts"

const usage = `troupe check FILE [--json]

  FILE exports a list: export const check = [{ saga: placeOrder, input: {...}, answers: { charge: {...} } }]
  --json  one JSON object instead of a table

  Exit code 0: every property holds; 1: one is broken; 2: the file cannot be used.
`

export interface TimedReport extends SagaReport {
  readonly tookMs: number
}

/** Where a command writes to. */
export interface Terminal {
  out(text: string): void
  error(text: string): void
}

/** Gives the exit code. */
export async function check(args: readonly string[], terminal: Terminal): Promise<number> {
  const complain = (text: string): number => {
    terminal.error(text)
    return 2
  }
  try {
    const { values, positionals } = parse(args)
    const [file, ...more] = positionals
    if (values.help === true) {
      terminal.out(usage)
      return 0
    }
    if (file === undefined || more.length > 0) return complain(usage)
    const reports = await checkFile(file)
    terminal.out(values.json === true ? reportJson(reports) : reportText(reports))
    return reports.some(({ violation }) => violation !== undefined) ? 1 : 0
  } catch (error) {
    if (error instanceof Fault) return complain(`${error.message}\n`)
    throw error
  }
}

function parse(args: readonly string[]) {
  try {
    const options = { json: { type: "boolean" }, help: { type: "boolean", short: "h" } } as const
    return parseArgs({ args: [...args], allowPositionals: true, options })
  } catch (error) {
    throw new InvalidInput(`${describeError(error)}\n\n${usage}`, { cause: error })
  }
}

async function checkFile(file: string): Promise<readonly TimedReport[]> {
  const checks = readChecks(file, await load(file))
  const module = `./${basename(file)}`
  return checks.map(({ saga, ...options }, index) => {
    const startedMs = performance.now()
    const report = checkSaga(saga, options, { module, import: "check", name: `check[${index}]` })
    return { ...report, tookMs: performance.now() - startedMs }
  })
}

async function load(file: string): Promise<object> {
  const path = resolve(file)
  try {
    // cast: a module's namespace is an object
    return (await import(pathToFileURL(path).href)) as object
  } catch (error) {
    throw new InvalidInput(`${relative("", path)} cannot be loaded: ${describeError(error)}`, { cause: error })
  }
}

function readChecks(file: string, module: object): readonly SagaCheck[] {
  const found: unknown = "check" in module ? module.check : undefined
  if (found === undefined) throw new InvalidInput(`${file} exports no \`check\`${sagasIn(module)}\n\n${usage}`)
  const list: readonly unknown[] = Array.isArray(found) ? found : []
  if (list.length === 0) throw new InvalidInput(`${file}: \`check\` is no list of { saga, input, ... }\n\n${usage}`)
  return list.map((one, index) => {
    if (isCheck(one)) return one
    throw new InvalidInput(`${file}: check[${index}] has no \`saga\` that \`saga(...)\` made\n\n${usage}`)
  })
}

function sagasIn(module: object): string {
  const names = Object.entries(module).flatMap(([name, value]) => (isSaga(value) ? [name] : []))
  return names.length === 0 ? "" : `, though it has ${names.join(", ")}: each needs a sample of its input`
}

function isCheck(value: unknown): value is SagaCheck {
  return typeof value === "object" && value !== null && "saga" in value && isSaga(value.saga)
}

function isSaga(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false
  if ("core" in value) return typeof value.core === "object" && "name" in value && typeof value.name === "string"
  const definition: unknown = "definition" in value ? value.definition : undefined
  return typeof definition === "object" && definition !== null && "body" in definition
}
