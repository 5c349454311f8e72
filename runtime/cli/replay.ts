// `troupe replay FILE RECORDING...`: does a saga decide today as it did when it was recorded?
import type { Json } from "../message/json.ts"
import { BadRecording, replay as replayRecording, type Replayed } from "../../sagas/index.ts"
import { loadFile, sagaLogicsIn } from "./app-file.ts"
import { type Call, type Command, readJson } from "./command.ts"
import { jsonOption } from "./console-command.ts"
import { readText } from "./payload.ts"
import { paint } from "./table.ts"
import { count } from "./texts.ts"
import { type ExitCode, WrongUse } from "./wrong-use.ts"

export const replay: Command = {
  path: ["replay"],
  summary: "plays recordings to the sagas that a file exports: do they decide the same today?",
  about: [
    "Recordings are JSON files that `recorder` of troupe/sagas made in tests: see docs/saga-versions.md.",
    "Exit code 1 if one of them is decided otherwise.",
  ],
  takes: [
    { name: "FILE", about: "with the sagas, or with an app", completes: "file" },
    { name: "RECORDING", about: "a JSON file", completes: "file", isMany: true },
  ],
  options: jsonOption,
  examples: [["replay sagas/place-order.ts test/recordings/*.json", "before a change of the definition is released"]],
  run,
}

async function run(call: Call): Promise<ExitCode> {
  const [file = "", ...recordings] = call.positionals
  const sagas = sagaLogicsIn(await loadFile(file))
  const results = recordings.map((path): Replayed & { readonly file: string } => {
    const recording = readJson(path, readText(path))
    const name = sagaOf(recording)
    const logic = name === undefined ? undefined : sagas.get(name)
    if (name === undefined) throw new WrongUse(`${path} is no recording of a saga`)
    if (logic === undefined) {
      const known = sagas.size === 0 ? "none" : [...sagas.keys()].join(", ")
      throw new WrongUse(`${path} is of saga ${name}, which ${file} does not export: it has ${known}`)
    }
    try {
      return { file: path, ...replayRecording({ logic }, recording) }
    } catch (error) {
      throw error instanceof BadRecording ? new WrongUse(`${path}: ${error.message}`, { cause: error }) : error
    }
  })
  call.show({ recordings: results }, () => results.map((one) => resultText(call, one)).join(""))
  return results.every(({ same }) => same) ? 0 : 1
}

function sagaOf(recording: Json): string | undefined {
  if (typeof recording !== "object" || recording === null || Array.isArray(recording) || !("saga" in recording)) return undefined
  return typeof recording["saga"] === "string" ? recording["saga"] : undefined
}

function resultText({ terminal }: Call, result: Replayed & { readonly file: string }): string {
  if (result.same) return `${result.file}: ${paint(terminal, "the same", "green")}, ${count(result.decisions, "decision")}\n`
  const { entry, path, recorded, now } = result
  const other = paint(terminal, "decided otherwise", "red")
  const value = (json: Json | undefined) => (json === undefined ? "nothing" : JSON.stringify(json))
  const where = `${result.file}: ${other} from entry ${entry} on, at ${path}`
  return `${where}\n  recorded: ${value(recorded)}\n  now:      ${value(now)}\n`
}
