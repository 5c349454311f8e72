// The command line in a test: what a command writes and gives, with a terminal that the test makes up.
import { runCommandLine } from "../../runtime/cli/run.ts"
import type { Terminal } from "../../runtime/cli/terminal.ts"

export interface Ran {
  readonly code: number
  readonly out: string
  readonly error: string
}

export async function troupe(args: readonly string[], terminal: Partial<Terminal> = {}): Promise<Ran> {
  let [out, error] = ["", ""]
  const code = await runCommandLine(args, {
    out: (text) => void (out += text),
    error: (text) => void (error += text),
    columns: undefined,
    hasColour: false,
    isInteractive: false,
    environment: {},
    nowMs: () => Date.now(),
    user: () => "ann",
    ask: () => Promise.resolve("n"),
    edit: (text) => text,
    input: () => "",
    interrupted: () => new Promise(() => undefined),
    ...terminal,
  })
  return { code, out, error }
}
