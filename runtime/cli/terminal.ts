// What a command has around it: where it writes to, whom it may ask, and what the environment says. Tests give another.
import { spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { constants, tmpdir, userInfo } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline/promises"
import { WrongUse } from "./wrong-use.ts"

export interface Terminal {
  /** Results. */
  out(text: string): void
  /** Complaints, warnings and progress. */
  error(text: string): void
  /** Tables are cut to it; undefined: results go to no terminal, and nothing is cut. */
  readonly columns: number | undefined
  readonly hasColour: boolean
  /** There is a person to be asked. */
  readonly isInteractive: boolean
  readonly environment: Readonly<Record<string, string | undefined>>
  nowMs(): number
  /** The name of who gives orders, if nothing else is said. */
  user(): string
  ask(question: string): Promise<string>
  /** Lets a person change a text. Throws WrongUse if no editor can be started. */
  edit(text: string, fileName: string): string
  /** Everything on standard input. */
  input(): string
  /** Resolves when the command is told to end, by Ctrl-C or SIGTERM; the second time ends it at once. */
  interrupted(): Promise<void>
}

export function processTerminal(): Terminal {
  const { stdin, stdout, stderr, env } = process
  return {
    out: (text) => void stdout.write(text),
    error: (text) => void stderr.write(text),
    columns: stdout.isTTY ? stdout.columns : undefined,
    hasColour: stdout.isTTY && (env["NO_COLOR"] ?? "") === "" && env["TERM"] !== "dumb",
    isInteractive: stdin.isTTY && stderr.isTTY,
    environment: env,
    nowMs: () => Date.now(),
    user: () => env["USER"] ?? userInfo().username,
    async ask(question) {
      const lines = createInterface({ input: stdin, output: stderr })
      try {
        return await lines.question(question)
      } finally {
        lines.close()
      }
    },
    edit: editText,
    input: () => readFileSync(0, "utf8"),
    interrupted,
  }
}

function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    let isTold = false
    const tell = (signal: NodeJS.Signals) => {
      if (isTold) process.exit(128 + constants.signals[signal])
      isTold = true
      resolve()
    }
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, tell)
  })
}

/** In a file that only this user can read, and that is gone afterwards. */
function editText(text: string, fileName: string): string {
  const [editor = "vi", ...args] = (process.env["VISUAL"] ?? process.env["EDITOR"] ?? "vi").split(" ")
  const folder = mkdtempSync(join(tmpdir(), "troupe-edit-"))
  try {
    const file = join(folder, fileName)
    writeFileSync(file, text, { mode: 0o600 })
    const { status, error } = spawnSync(editor, [...args, file], { stdio: "inherit" })
    if (status === 0) return readFileSync(file, "utf8")
    const why = error?.message ?? `it ended with ${status}`
    throw new WrongUse(`the editor ${editor} was of no use (${why}); set EDITOR, or give --payload or --payload-file`)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
