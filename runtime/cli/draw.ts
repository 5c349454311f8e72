// `troupe draw FILE`: pictures of the sagas that a file exports.
import { writeFileSync } from "node:fs"
import { describeError } from "../kernel/fault.ts"
import { mermaid, type SagaDefinition, svg, terminal as inTerminal } from "../../sagas/index.ts"
import { definitionOf, loadFile, sagaLogicsIn } from "./app-file.ts"
import type { Call, Command } from "./command.ts"
import { type ExitCode, WrongUse } from "./wrong-use.ts"

const forms = ["terminal", "mermaid", "svg"]

export const draw: Command = {
  path: ["draw"],
  summary: "draws a saga that a file exports, itself or in an app",
  takes: [{ name: "FILE", about: "with the saga, or with an app", completes: "file" }],
  options: {
    saga: { value: "NAME", about: "which, if there are several" },
    as: { value: "FORM", values: forms, about: "default: terminal" },
    width: { value: "N", about: "in characters, for the terminal; default: its own, else 80" },
    out: { value: "FILE", short: "o", completes: "file", about: "write it there" },
  },
  examples: [
    ["draw examples/order-flow/place-order.ts", "in the terminal"],
    ["draw examples/order-flow/app.ts --saga place-order --as svg -o order.svg", "as a file"],
    ["draw examples/order-flow/place-order.ts --as mermaid", "for a Markdown page"],
  ],
  run,
}

async function run(call: Call): Promise<ExitCode> {
  const file = call.positional(0)
  const saga = { definition: pick(file, await loadFile(file), call.text("saga")) }
  const { columns = 80, hasColour } = call.terminal
  const [form, out] = [call.text("as"), call.text("out")]
  const text = form === "svg"
    ? svg(saga)
    : form === "mermaid"
      ? mermaid(saga)
      : inTerminal(saga, { width: call.count("width") ?? columns, colour: hasColour && out === undefined })
  if (out === undefined) call.terminal.out(text)
  else write(out, text)
  return 0
}

function pick(file: string, module: object, wanted: string | undefined): SagaDefinition {
  const sagas = sagaLogicsIn(module)
  const names = [...sagas.keys()].join(", ")
  const logic = wanted === undefined ? sagas.values().next().value : sagas.get(wanted)
  if (logic === undefined) throw new WrongUse(`${file} exports no saga ${wanted ?? ""}${names === "" ? "" : `: it has ${names}`}`)
  if (wanted === undefined && sagas.size > 1) throw new WrongUse(`${file} has ${names}: say --saga`)
  const definition = definitionOf(logic)
  if (definition === undefined) throw new WrongUse(`saga ${logic.service} is a machine of its own, which has no steps to draw`)
  return definition
}

function write(file: string, text: string): void {
  try {
    writeFileSync(file, text)
  } catch (error) {
    throw new WrongUse(`${file} cannot be written: ${describeError(error)}`, { cause: error })
  }
}
