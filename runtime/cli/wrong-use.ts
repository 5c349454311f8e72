// Why a command cannot do its work, and with which exit code it then ends.
import { Fault } from "../kernel/fault.ts"

export const exitCodes = {
  0: "it is done, and nothing is wrong",
  1: "it found something, or was refused",
  2: "it was used wrongly: the command line, or a file that it names",
  3: "it cannot reach the console or the server, or is not let in",
} as const

export type ExitCode = keyof typeof exitCodes

/** The command line, or a file that it names, is not as it should be. */
export class WrongUse extends Fault {
  readonly _tag = "WrongUse"
  readonly code = "WRONG_USE"
  readonly retry = "never"
}

/** Nothing answers, or lets nobody in. */
export class Unreachable extends Fault {
  readonly _tag = "Unreachable"
  readonly code = "UNREACHABLE"
  readonly retry = "later"
}

/** The console refused, with a code of its own. */
export class ConsoleRefused extends Fault {
  readonly _tag = "ConsoleRefused"
  readonly retry = "never"
  readonly code: string
  readonly status: number

  constructor(status: number, code: string, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

const unreached = new Set(["ServerUnreachable", "LoginRefused", "Unreachable", "LinkLost"])

export function exitCodeOf(fault: Fault): ExitCode {
  if (unreached.has(fault._tag)) return 3
  if (fault instanceof ConsoleRefused) return fault.status === 400 ? 2 : fault.status === 401 || fault.status === 403 ? 3 : 1
  return fault.code === "WRONG_USE" || fault.code === "INVALID_INPUT" ? 2 : 1
}
