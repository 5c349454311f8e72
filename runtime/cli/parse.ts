// Finds the command that is meant in a table of commands, and checks what it is given. What is not known is refused, with
// what it may have been.
import { parseArgs } from "node:util"
import type { Command, Given, Option } from "./command.ts"
import { usageLine } from "./help.ts"
import { suggestion } from "./suggestion.ts"
import { WrongUse } from "./wrong-use.ts"

export type Meant =
  | { readonly type: "run"; readonly command: Command; readonly given: Given }
  /** Help is asked for: about a command, or about all whose path begins so. */
  | { readonly type: "help"; readonly path: readonly string[] }

/** Throws WrongUse. */
export function parse(commands: readonly Command[], args: readonly string[]): Meant {
  const words = leadingWords(args)
  if (words.length === 0) return { type: "help", path: [] }
  const command = commands.find(({ path }) => path.every((word, index) => words[index] === word))
  if (command === undefined) return findGroup(commands, words, args)
  return parseCall(command, args.slice(command.path.length))
}

/** What stands before the first option. */
function leadingWords(args: readonly string[]): readonly string[] {
  const first = args.findIndex((arg) => arg.startsWith("-"))
  return first === -1 ? args : args.slice(0, first)
}

function findGroup(commands: readonly Command[], words: readonly string[], args: readonly string[]): Meant {
  const [group = "", word] = words
  const members = commands.filter(({ path }) => path.length > 1 && path[0] === group)
  if (members.length === 0) {
    const names = [...new Set(commands.map(({ path: [name = ""] }) => name))]
    throw new WrongUse(`troupe has no command ${JSON.stringify(group)}${suggestion(group, names)}\ntroupe --help lists them`)
  }
  if (word === undefined) {
    if (args.some((arg) => arg === "--help" || arg === "-h")) return { type: "help", path: [group] }
    throw new WrongUse(`troupe ${group} needs one of ${members.map(({ path }) => path[1]).join(", ")}`)
  }
  const near = suggestion(word, members.map(({ path: [, name = ""] }) => name))
  throw new WrongUse(`troupe ${group} has no command ${JSON.stringify(word)}${near}\ntroupe ${group} --help lists them`)
}

function parseCall(command: Command, args: readonly string[]): Meant {
  const helped: Readonly<Record<string, Option>> = { ...command.options, help: { about: "", short: "h" } }
  const { tokens } = parseArgs({
    args: [...args], allowPositionals: true, strict: false, tokens: true,
    options: Object.fromEntries(Object.entries(helped).map(([name, { value, short, isList }]) => [name, {
      type: value === undefined ? "boolean" as const : "string" as const, multiple: isList === true, ...(short && { short }),
    }])),
  })
  const options = new Map<string, readonly string[]>()
  const positionals: string[] = []
  for (const token of tokens) {
    if (token.kind === "positional") positionals.push(token.value)
    if (token.kind !== "option") continue
    const option = Object.hasOwn(helped, token.name) ? helped[token.name] : undefined
    if (option === undefined) throw unknownOption(command, token.rawName, Object.keys(helped))
    const value = checkValue(token.rawName, option, token)
    options.set(token.name, value === undefined ? [] : [...(options.get(token.name) ?? []), value])
  }
  if (options.has("help")) return { type: "help", path: command.path }
  checkPositionals(command, positionals)
  return { type: "run", command, given: { positionals, options } }
}

function unknownOption({ path, options }: Command, rawName: string, names: readonly string[]): WrongUse {
  const name = path.join(" ")
  if (rawName === "--token" && "token-file" in options) {
    const seen = "a token on the command line is seen by everybody on this machine"
    return new WrongUse(`${seen}: set TROUPE_CONSOLE_TOKEN, or use --token-file`)
  }
  const near = suggestion(rawName, names.map((known) => `--${known}`))
  return new WrongUse(`troupe ${name} has no option ${rawName}${near}\ntroupe ${name} --help lists them`)
}

function checkValue(
  rawName: string,
  { value: expected, values }: Option,
  { value, inlineValue }: { readonly value?: string | undefined; readonly inlineValue?: boolean | undefined },
): string | undefined {
  if (expected === undefined) {
    if (value !== undefined) throw new WrongUse(`${rawName} takes no value`)
    return undefined
  }
  if (value === undefined || (inlineValue !== true && value.length > 1 && value.startsWith("-")))
    throw new WrongUse(`${rawName} needs a value: ${rawName} ${expected} (one that begins with a dash: ${rawName}=-...)`)
  if (values !== undefined && !values.includes(value)) throw notAmong(rawName, value, values)
  return value
}

function checkPositionals(command: Command, positionals: readonly string[]): void {
  const { takes } = command
  const usage = `\nusage: ${usageLine(command)}`
  const missing = takes.find(({ isOptional }, index) => isOptional !== true && positionals[index] === undefined)
  const name = command.path.join(" ")
  if (missing !== undefined) throw new WrongUse(`troupe ${name} needs ${missing.name}: ${missing.about}${usage}`)
  const extra = takes.at(-1)?.isMany === true ? undefined : positionals[takes.length]
  if (extra !== undefined) throw new WrongUse(`troupe ${name} takes no ${JSON.stringify(extra)} there${usage}`)
  for (const [index, { name: argument, values }] of takes.entries()) {
    const given = positionals[index]
    if (given !== undefined && values !== undefined && !values.includes(given)) throw notAmong(argument, given, values)
  }
}

function notAmong(what: string, given: string, values: readonly string[]): WrongUse {
  return new WrongUse(`${what} is ${JSON.stringify(given)}${suggestion(given, values)}\nit must be one of ${values.join(", ")}`)
}
