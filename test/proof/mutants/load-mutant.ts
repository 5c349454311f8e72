// Runs any command with one mutant of the engine, and changes no file:
//   TROUPE_MUTANT=<name> node --import ./test/proof/mutants/load-mutant.ts test/sim/main.ts --seed 7
// TROUPE_SETTING=<name> alone runs the engine as it is under a setting of the mutants. Processes that the command starts get
// both with NODE_OPTIONS.
import { registerHooks } from "node:module"
import { relative, sep } from "node:path"
import { fileURLToPath } from "node:url"
import { editsOf } from "./list.ts"
import { applyEdits, editedFiles, repository } from "./mutant.ts"

const { TROUPE_MUTANT: mutant, TROUPE_SETTING: setting } = process.env
const edits = editsOf(mutant, setting)
const name = [mutant, setting].filter((part) => part !== undefined).join(" with ")
const changed = new Set(editedFiles(name, edits).keys())

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context)
    const file = url.startsWith("file:") ? relative(repository, fileURLToPath(url)).replaceAll(sep, "/") : ""
    if (!changed.has(file) || loaded.source === null || loaded.source === undefined) return loaded
    const { source } = loaded
    // cast: what is no text is bytes
    const text = typeof source === "string" ? source : Buffer.from(source as Uint8Array).toString("utf8")
    return { ...loaded, source: applyEdits(name, edits, file, text) }
  },
})
