// `troupe sagas graph`: one saga drawn on its definition.
import type { Call, Command } from "./command.ts"
import { asking, sagaArgument, sagaPlace } from "./console-command.ts"
import { openConsole } from "./console-client.ts"
import { type SagaPicture, terminalPicture } from "../../sagas/index.ts"
import { clean } from "./table.ts"
import type { ExitCode } from "./wrong-use.ts"

export const sagaGraph: Command = asking({
  path: ["sagas", "graph"],
  summary: "draws one saga on its definition, in the terminal",
  about: ["The console's page draws the same as SVG; `troupe draw FILE` draws definitions."],
  takes: [sagaArgument],
  options: { width: { value: "N", about: "in characters; default: the terminal's, else 80" } },
  examples: [["sagas graph place-order/o-17", "where is it, and which way did it come?"]],
  run,
})

async function run(call: Call): Promise<ExitCode> {
  const { path } = sagaPlace(call.positional(0))
  const { columns = 80, hasColour } = call.terminal
  const width = call.count("width") ?? columns
  const graph = await (await openConsole(call)).get<SagaPicture>(`${path}/graph`)
  call.show(graph, () => terminalPicture(cleaned(graph), { width, colour: hasColour }))
  return 0
}

function cleaned(graph: SagaPicture): SagaPicture {
  const visit = (_: string, value: unknown) => (typeof value === "string" ? clean(value) : value)
  return JSON.parse(JSON.stringify(graph), visit) as SagaPicture // cast: the same, with its texts cleaned
}
