// `troupe completion`: scripts that let a shell complete commands, options and their values, made from the commands.
import type { Argument, Command, Option } from "./command.ts"

const shells = ["bash", "zsh", "fish"] as const

export const completion: Command = {
  path: ["completion"],
  summary: "prints a script that lets a shell complete commands, options and values",
  takes: [{ name: "SHELL", about: "the shell", values: shells }],
  options: {},
  examples: [
    ["completion bash > ~/.local/share/bash-completion/completions/troupe", "for bash"],
    ["completion zsh > ~/.zfunc/_troupe", "for zsh, with ~/.zfunc in fpath"],
    ["completion fish > ~/.config/fish/completions/troupe.fish", "for fish"],
  ],
  run(call) {
    call.terminal.out(completionScript(call.positional(0), call.commands))
    return Promise.resolve(0)
  },
}

export function completionScript(shell: string, commands: readonly Command[]): string {
  if (shell === "fish") return fish(commands)
  return shell === "zsh" ? zsh(commands) : bash(commands)
}

/** What may follow the words of a path. */
function nextWords(commands: readonly Command[]): ReadonlyMap<string, readonly string[]> {
  const words = new Map<string, Set<string>>()
  for (const { path } of commands) {
    for (const [index, word] of path.entries()) {
      const before = path.slice(0, index).join(" ")
      words.set(before, (words.get(before) ?? new Set()).add(word))
    }
  }
  return new Map([...words].map(([before, next]) => [before, [...next]]))
}

function bash(commands: readonly Command[]): string {
  return `# Completion of troupe for bash; made by \`troupe completion bash\`.
_troupe() {
  local cur at="" words="" files="" word i
  cur="\${COMP_WORDS[COMP_CWORD]}"
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${COMP_WORDS[i]}"
${walkCases(commands)}
  done
  word="\${COMP_WORDS[COMP_CWORD-1]}"
${wordCases(commands, "words")}
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
  if [ -n "$files" ]; then COMPREPLY+=($(compgen -f -- "$cur")); fi
}
complete -o filenames -F _troupe troupe
`
}

/** `words` is the line that is being completed there, and counts from 1. */
function zsh(commands: readonly Command[]): string {
  return `#compdef troupe
# Completion of troupe for zsh; made by \`troupe completion zsh\`.
_troupe() {
  local at="" offered="" files="" word i
  for ((i = 2; i < CURRENT; i++)); do
    word="\${words[i]}"
${walkCases(commands)}
  done
  word="\${words[CURRENT-1]}"
${wordCases(commands, "offered")}
  compadd -- \${=offered}
  if [ -n "$files" ]; then _files; fi
}
if [ "\${funcstack[1]}" = _troupe ]; then _troupe "$@"; else compdef _troupe troupe; fi
`
}

/** Goes on to the command that a word leads to; `at` is where it has come. */
function walkCases(commands: readonly Command[]): string {
  const paths = new Set(commands.flatMap(({ path }) => path.map((_, index) => path.slice(0, index + 1).join(" "))))
  const cases = [...paths].map((path) => `      ${quoted(path.includes(" ") ? path : ` ${path}`)}) at=${quoted(path)} ;;`)
  const opening = ['    case "$word" in -*) break ;; esac', '    case "$at $word" in']
  return [...opening, ...cases, "      *) break ;;", "    esac"].join("\n")
}

/** What may come next: values of the option before, or else words and options of the command. */
function wordCases(commands: readonly Command[], name: string): string {
  const values = commands.flatMap(({ path, options }) => Object.entries(options)
    .filter(([, { value }]) => value !== undefined)
    .map(([option, about]) => `    ${optionPatterns(path, option, about)}) ${offer(name, about.values, isFile(about))} ;;`))
  const groups = [...nextWords(commands)].map(([path, next]) => `      ${quoted(path)}) ${offer(name, next, false)} ;;`)
  const own = commands.map(({ path, options, takes }) => {
    const choices = takes.flatMap((one) => one.values ?? [])
    const words = [...Object.keys(options).map((option) => `--${option}`), "--help", ...choices]
    return `      ${quoted(path.join(" "))}) ${offer(name, words, takes.some(isFile))} ;;`
  })
  return ['  case "$at $word" in', ...values, '    *) case "$at" in', ...groups, ...own, "    esac ;;", "  esac"].join("\n")
}

function offer(name: string, words: readonly string[] | undefined, hasFiles: boolean): string {
  return `${name}=${quoted(words?.join(" ") ?? "")}${hasFiles ? " files=1" : ""}`
}

function optionPatterns(path: readonly string[], name: string, { short }: Option): string {
  const before = path.join(" ")
  return [`--${name}`, ...(short === undefined ? [] : [`-${short}`])].map((text) => quoted(`${before} ${text}`)).join("|")
}

function isFile({ completes }: Pick<Argument | Option, "completes">): boolean {
  return completes !== undefined
}

function fish(commands: readonly Command[]): string {
  const lines = ["# Completion of troupe for fish; made by `troupe completion fish`.", "complete -c troupe -f"]
  const groups = [...new Set(commands.filter(({ path }) => path.length > 1).map(({ path: [group = ""] }) => group))]
  for (const group of groups) lines.push(`complete -c troupe -n __fish_use_subcommand -a ${group}`)
  for (const { path: [group = "", word], summary, takes, options } of commands) {
    const own = word === undefined ? [] : commands.flatMap(({ path: [other, name] }) => (other === group && name ? [name] : []))
    const inGroup = `__fish_seen_subcommand_from ${group}`
    const notYet = quoted(`${inGroup}; and not __fish_seen_subcommand_from ${own.join(" ")}`)
    const before = word === undefined ? "__fish_use_subcommand" : notYet
    lines.push(`complete -c troupe -n ${before} -a ${word ?? group} -d ${quoted(summary)}`)
    const here = quoted(word === undefined ? inGroup : `${inGroup}; and __fish_seen_subcommand_from ${word}`)
    for (const { values, completes } of takes) {
      if (values !== undefined) lines.push(`complete -c troupe -n ${here} -a ${quoted(values.join(" "))}`)
      if (completes !== undefined) lines.push(`complete -c troupe -n ${here} -F`)
    }
    for (const [name, { value, values, short, about, completes }] of Object.entries(options)) {
      const takesValue = value === undefined ? "" : completes === undefined ? " -x" : " -r -F"
      const choices = values === undefined ? "" : ` -a ${quoted(values.join(" "))}`
      const letter = short === undefined ? "" : ` -s ${short}`
      lines.push(`complete -c troupe -n ${here}${letter} -l ${name}${takesValue}${choices} -d ${quoted(about)}`)
    }
  }
  return `${lines.join("\n")}\n`
}

/** For a shell: nothing in it is read by that. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'"'"'`)}'`
}
