// Help, and the table in docs/cli.md, made from the commands.
import type { Argument, Command, Option } from "./command.ts"
import { exitCodes } from "./wrong-use.ts"

const variables: readonly (readonly [name: string, about: string])[] = [
  ["TROUPE_CONSOLE_URL", "the console that is asked; default: what `troupe dev` wrote into .troupe, else http://127.0.0.1:4700"],
  ["TROUPE_CONSOLE_TOKEN", "the token for it"],
  ["NATS_URL", "the server: for `dev` instead of an embedded one, for `console`, and for `doctor`"],
  ["NO_COLOR", "no colours, also on a terminal"],
]

export function usageLine({ path, takes, options }: Command): string {
  const positionals = takes.map(argumentText)
  const more = Object.keys(options).length > 0 ? ["[options]"] : []
  return ["troupe", ...path, ...positionals, ...more].join(" ")
}

function argumentText({ name, isOptional, isMany }: Argument): string {
  const text = isMany === true ? `${name}...` : name
  return isOptional === true ? `[${text}]` : text
}

/** About all commands. */
export function mainHelp(commands: readonly Command[]): string {
  return [
    "troupe: run, see and operate Troupe apps",
    "",
    "usage: troupe COMMAND [arguments] [options]",
    "",
    ...pairs(commands.map((command) => [nameOf(command), command.summary])),
    "",
    "troupe COMMAND --help says more about one, with examples.",
    "",
    "sagas, parked, lag, services ask a console over HTTP: that of `troupe dev`, of `troupe console`, or of the app itself.",
    "They need no definition of the app.",
    "",
    "variables",
    ...pairs(variables),
    "",
    "exit codes",
    ...pairs(Object.entries(exitCodes)),
    "",
  ].join("\n")
}

/** About the commands of a group, such as `sagas`. */
export function groupHelp(group: string, members: readonly Command[]): string {
  const lines = pairs(members.map((command) => [nameOf(command), command.summary]))
  return [`usage: troupe ${group} COMMAND [arguments] [options]`, "", ...lines, ""].join("\n")
}

export function commandHelp(command: Command): string {
  const { summary, about = [], takes, options, examples } = command
  const section = (title: string, lines: readonly string[]) => (lines.length === 0 ? [] : ["", title, ...lines])
  return [
    `usage: ${usageLine(command)}`,
    "",
    `${summary}.`,
    ...about,
    ...section("arguments", pairs(takes.map((one) => [one.name, aboutText(one)]))),
    ...section("options", pairs([
      ...Object.entries(options).map(([name, option]): [string, string] => [optionText(name, option), aboutText(option)]),
      ["-h, --help", "this text"],
    ])),
    ...section("examples", examples.flatMap(([line, what]) => [`  # ${what}`, `  troupe ${line}`])),
    "",
  ].join("\n")
}

function nameOf({ path, takes }: Command): string {
  return [...path, ...takes.map(argumentText)].join(" ")
}

function aboutText({ about, values }: Pick<Option, "about" | "values">): string {
  return values === undefined ? about : `${about}: ${values.join(", ")}`
}

function optionText(name: string, { value, short }: Option): string {
  return `${short === undefined ? "" : `-${short}, `}--${name}${value === undefined ? "" : ` ${value}`}`
}

function pairs(rows: readonly (readonly [string, string])[]): readonly string[] {
  const width = Math.max(0, ...rows.map(([name]) => name.length))
  return rows.map(([name, about]) => `  ${name.padEnd(width)}  ${about}`)
}

/** For docs/cli.md: every command, with its options. */
export function commandsMarkdown(commands: readonly Command[]): string {
  const cell = (text: string) => text.replaceAll("|", "\\|")
  const rows = commands.map((command) => {
    const isCommon = (name: string) => name === "json" || ("url" in command.options && commonOptions.has(name))
    const own = Object.entries(command.options).filter(([name]) => !isCommon(name))
    const names = own.map(([name, { value }]) => `\`--${name}${value === undefined ? "" : ` ${value}`}\``)
    return `| \`troupe ${nameOf(command)}\` | ${cell(command.summary)} | ${cell(names.join(" "))} |`
  })
  return ["| command | | options |", "|---|---|---|", ...rows, ""].join("\n")
}

/** Of commands that ask a console: told once, and not for each. */
const commonOptions = new Set(["url", "token-file", "app", "by", "why"])
