// One command of the command line as data. Parsing, help, completion and the documentation are made from it, so that they
// cannot differ.
import type { Duration } from "../kernel/duration.ts"
import { durationMs } from "../kernel/duration.ts"
import { describeError } from "../kernel/fault.ts"
import type { Json } from "../message/json.ts"
import type { Terminal } from "./terminal.ts"
import { type ExitCode, WrongUse } from "./wrong-use.ts"

export interface Option {
  /** What its value is called in the help; none: it is a flag. */
  readonly value?: string
  readonly about: string
  readonly short?: string
  /** The only values there are. */
  readonly values?: readonly string[]
  /** It may be given several times. */
  readonly isList?: boolean
  /** What completion offers. */
  readonly completes?: "file" | "folder"
}

export interface Argument {
  readonly name: string
  readonly about: string
  readonly isOptional?: boolean
  /** One or more; the last argument only. */
  readonly isMany?: boolean
  readonly values?: readonly string[]
  readonly completes?: "file"
}

export interface Command {
  /** `["sagas", "ls"]` */
  readonly path: readonly string[]
  readonly summary: string
  /** More about it, in lines. */
  readonly about?: readonly string[]
  readonly takes: readonly Argument[]
  readonly options: Readonly<Record<string, Option>>
  /** Command lines, without the program's name, and what they do. */
  readonly examples: readonly (readonly [line: string, what: string])[]
  readonly run: (call: Call) => Promise<ExitCode>
}

export interface Given {
  readonly positionals: readonly string[]
  /** Values by option; of a flag, an empty list. */
  readonly options: ReadonlyMap<string, readonly string[]>
}

/** A command as it is called. */
export class Call {
  readonly command: Command
  readonly terminal: Terminal
  /** All that there are. */
  readonly commands: readonly Command[]
  /** In the order of `takes`. */
  readonly positionals: readonly string[]
  readonly #options: ReadonlyMap<string, readonly string[]>

  constructor(command: Command, { positionals, options }: Given, terminal: Terminal, commands: readonly Command[]) {
    this.command = command
    this.commands = commands
    this.terminal = terminal
    this.positionals = positionals
    this.#options = options
  }

  positional(index: number): string {
    return this.positionals[index] ?? ""
  }

  flag(name: string): boolean {
    return this.#options.has(this.#known(name))
  }

  text(name: string): string | undefined {
    return this.list(name).at(-1)
  }

  list(name: string): readonly string[] {
    return this.#options.get(this.#known(name)) ?? []
  }

  /** Throws WrongUse. */
  count(name: string): number | undefined {
    const text = this.text(name)
    if (text === undefined) return undefined
    if (/^\d{1,9}$/.test(text) && Number(text) > 0) return Number(text)
    throw new WrongUse(`--${name} is ${JSON.stringify(text)}: it must be a whole number from 1 up`)
  }

  /** Throws WrongUse. */
  spanMs(name: string): number | undefined {
    const text = this.text(name)
    return text === undefined ? undefined : readSpan(`--${name}`, text)
  }

  /** Throws WrongUse. */
  json(name: string): Json | undefined {
    const text = this.text(name)
    return text === undefined ? undefined : readJson(`--${name}`, text)
  }

  /** Of the environment; an empty one counts as not set. */
  variable(name: string): string | undefined {
    const value = this.terminal.environment[name]
    return value === "" ? undefined : value
  }

  /** One JSON document with --json, else a text for people. */
  show(value: unknown, text: () => string): void {
    this.terminal.out(this.flag("json") ? `${JSON.stringify(value)}\n` : text())
  }

  #known(name: string): string {
    if (name in this.command.options) return name
    throw new Error(`troupe ${this.command.path.join(" ")} has no option --${name}`)
  }
}

const units = new Map([["ms", 1], ["s", 1_000], ["m", 60_000], ["min", 60_000], ["h", 3_600_000], ["d", 86_400_000]])

/** `30s`, `5m`, `2h`, `3d`, or `30 seconds`. Throws WrongUse. */
export function readSpan(what: string, text: string): number {
  const [, amount = "", unit = ""] = /^(\d+)\s*([a-z]+)$/.exec(text) ?? []
  const factor = units.get(unit)
  if (factor !== undefined) return Number(amount) * factor
  try {
    return durationMs(text as Duration) // cast: it checks the text itself
  } catch {
    throw new WrongUse(`${what} is ${JSON.stringify(text)}: it must be a time such as 30s, 5m, 2h or 3d`)
  }
}

/** Throws WrongUse. */
export function readJson(what: string, text: string): Json {
  try {
    return JSON.parse(text) as Json // cast: what JSON.parse gives
  } catch (error) {
    throw new WrongUse(`${what} is no JSON (${describeError(error)}): a text needs its quotes, such as '"a text"'`)
  }
}
