// Runs one command line: finds the command, calls it, and turns what it throws into words and an exit code.
import { Fault } from "../kernel/fault.ts"
import { Call } from "./command.ts"
import { commands } from "./commands.ts"
import { commandHelp, groupHelp, mainHelp } from "./help.ts"
import { parse } from "./parse.ts"
import type { Terminal } from "./terminal.ts"
import { type ExitCode, exitCodeOf } from "./wrong-use.ts"

/** Rejects only with what is no Fault: a defect. */
export async function runCommandLine(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  try {
    const meant = parse(commands, args)
    if (meant.type === "run") return await meant.command.run(new Call(meant.command, meant.given, terminal, commands))
    const text = helpOf(meant.path)
    // Without a word the program was not used as it should be; whoever asks for help gets it.
    if (args.length > 0) terminal.out(text)
    else terminal.error(text)
    return args.length > 0 ? 0 : 2
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    // A program that asks for JSON gets JSON, also of what went wrong.
    if (args.includes("--json")) terminal.out(`${JSON.stringify({ error: { code: error.code, message: error.message } })}\n`)
    else terminal.error(`troupe: ${error.message}\n`)
    return exitCodeOf(error)
  }
}

function helpOf(path: readonly string[]): string {
  const name = path.join(" ")
  const command = commands.find((one) => one.path.join(" ") === name)
  if (command !== undefined) return commandHelp(command)
  return name === "" ? mainHelp(commands) : groupHelp(name, commands.filter(({ path: [group] }) => group === name))
}
