// A mutant: the engine with one mistake in it, that some check of a run must notice. It is written as exact replacements in
// the source, so that a mutant whose place has changed is an error and never an unmutated run in disguise.
import { readFileSync } from "node:fs"
import { join } from "node:path"

export interface Edit {
  /** A path in the repository. */
  readonly file: string
  /** Stands in the file exactly once. */
  readonly find: string
  readonly replace: string
}

export interface Mutant {
  readonly name: string
  /** The rule of docs/protocol.md, "R4", or "saga" for the promises of sagas. */
  readonly rule: Rule
  /** What it does wrong, in one sentence. */
  readonly breaks: string
  readonly edits: readonly Edit[]
  /** A setting of the engine without which a run of ordinary size does not come to where the mistake is. */
  readonly setting?: string
  /** Clients ask no more than so much in a run: where more goes on, what follows may mend or hide what went wrong. */
  readonly requests?: number
}

export type Rule = `R${number}` | "saga"

/** Not a mistake: bounds that are so small that short runs reach them. The engine must hold its promises under it. */
export interface Setting {
  readonly name: string
  readonly why: string
  readonly edits: readonly Edit[]
}

export const repository = join(import.meta.dirname, "../../..")

/** The source with the edits of one file made. Throws if an edit's text is not there exactly once. */
export function applyEdits(name: string, edits: readonly Edit[], file: string, source: string): string {
  let text = source
  for (const edit of edits) {
    if (edit.file !== file) continue
    const places = text.split(edit.find).length - 1
    if (places !== 1) throw new Error(`mutant ${name}: its text stands ${places} times in ${file}, not once:\n${edit.find}`)
    text = text.replace(edit.find, () => edit.replace)
  }
  return text
}

/** Every file that the edits change, as they leave it. */
export function editedFiles(name: string, edits: readonly Edit[]): ReadonlyMap<string, string> {
  const files = new Set(edits.map(({ file }) => file))
  return new Map([...files].map((file) => [file, applyEdits(name, edits, file, readFileSync(join(repository, file), "utf8"))]))
}
