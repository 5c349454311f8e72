// `troupe check FILE`: checks every saga in the list `check` that the file exports, and tells what was covered, how long it
// took, and, of what is wrong, the shortest way there.
import { basename } from "node:path"
import { Fault } from "../kernel/fault.ts"
import { checkSaga, type SagaCheck, type SagaReport } from "../../sagas/index.ts"
import { loadFile } from "./app-file.ts"
import { reportJson, reportText } from "./check-report.ts"
import type { Command } from "./command.ts"
import { jsonOption } from "./console-command.ts"
import { count } from "./texts.ts"
import type { Terminal } from "./terminal.ts"
import { WrongUse } from "./wrong-use.ts"

export interface TimedReport extends SagaReport {
  readonly tookMs: number
}

const form = "export const check = [{ saga: placeOrder, input: {...}, answers: { charge: {...} } }]"

export const check: Command = {
  path: ["check"],
  summary: "goes through every path of the sagas that a file exports as `check`",
  about: [
    `The file has a list: ${form}`,
    "Exit code 0: every property holds; 1: one is broken; 2: the file cannot be used. See docs/checking.md.",
  ],
  takes: [{ name: "FILE", about: "with the list `check`", completes: "file" }],
  options: jsonOption,
  examples: [["check examples/order-flow/check.ts", "all four million paths of the order saga"]],
  async run(call) {
    const reports = await checkFile(call.positional(0), call.terminal)
    call.terminal.out(call.flag("json") ? reportJson(reports) : reportText(reports))
    return reports.some(({ violation }) => violation !== undefined) ? 1 : 0
  },
}

async function checkFile(file: string, terminal: Terminal): Promise<readonly TimedReport[]> {
  const checks = readChecks(file, await loadFile(file))
  const module = `./${basename(file)}`
  return checks.map(({ saga, ...options }, index) => {
    const startedMs = performance.now()
    if (terminal.isInteractive) terminal.error(`saga ${index + 1} of ${count(checks.length, "saga")} ...\n`)
    const report = checkOne(saga, options, { module, import: "check", name: `check[${index}]` })
    return { ...report, tookMs: performance.now() - startedMs }
  })
}

/** A sample that is missing or does not fit is the file's fault, and no finding about the saga. */
function checkOne(...given: Parameters<typeof checkSaga>): SagaReport {
  try {
    return checkSaga(...given)
  } catch (error) {
    throw error instanceof Fault ? new WrongUse(error.message, { cause: error }) : error
  }
}

function readChecks(file: string, module: object): readonly SagaCheck[] {
  const found: unknown = "check" in module ? module.check : undefined
  if (found === undefined) throw new WrongUse(`${file} exports no \`check\`${sagasIn(module)}\nit needs: ${form}`)
  const list: readonly unknown[] = Array.isArray(found) ? found : []
  if (list.length === 0) throw new WrongUse(`${file}: \`check\` is no list of { saga, input, ... }\nit needs: ${form}`)
  return list.map((one, index) => {
    if (isCheck(one)) return one
    throw new WrongUse(`${file}: check[${index}] has no \`saga\` that \`saga(...)\` made\nit needs: ${form}`)
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
