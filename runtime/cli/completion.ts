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
  // The table of commands holds this command too.
  run: async (call) => {
    const { commands } = await import("./commands.ts")
    call.terminal.out(completionScript(call.positional(0), commands))
    return 0
  },
}

export function completionScript(shell: string, commands: readonly Command[]): string {
  if (shell === "fish") return fish(commands)
  return shell === "zsh" ? `#compdef troupe\nautoload -U +X bashcompinit && bashcompinit\n${bash(commands)}` : bash(commands)
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
  const paths = [...nextWords(commands)].map(([path, words]) => `    ${quoted(path)}) words=${quoted(words.join(" "))} ;;`)
  const own = commands.map((command) => `    ${quoted(command.path.join(" "))}) ${bashOwn(command)} ;;`)
  const values = commands.flatMap(({ path, options }) => Object.entries(options).flatMap(([name, option]) =>
    option.value === undefined ? [] : [`    ${optionPatterns(path, name, option)}) ${bashValue(option)} ;;`]))
  return `# Completion of troupe for bash; made by \`troupe completion bash\`.
_troupe() {
  local cur prev path words="" files="" word i
  cur="\${COMP_WORDS[COMP_CWORD]}"
  prev="\${COMP_WORDS[COMP_CWORD-1]}"
  path=""
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${COMP_WORDS[i]}"
    case "$word" in -*) break ;; esac
    case "$path $word" in
${[...new Set(commands.flatMap(({ path }) => path.map((_, index) => path.slice(0, index + 1).join(" "))))]
  .map((path) => `      ${quoted(path.includes(" ") ? path : ` ${path}`)}) path=${quoted(path)} ;;`).join("\n")}
      *) break ;;
    esac
  done
  case "$path $prev" in
${values.join("\n")}
    *) case "$path" in
${[...paths, ...own].map((line) => `  ${line}`).join("\n")}
    esac ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
  if [ -n "$files" ]; then COMPREPLY+=($(compgen -f -- "$cur")); fi
}
complete -o filenames -F _troupe troupe
`
}

function optionPatterns(path: readonly string[], name: string, { short }: Option): string {
  const before = path.join(" ")
  return [`--${name}`, ...(short === undefined ? [] : [`-${short}`])].map((text) => quoted(`${before} ${text}`)).join("|")
}

function bashOwn({ options, takes }: Command): string {
  const words = [...Object.keys(options).map((name) => `--${name}`), "--help", ...takes.flatMap(({ values = [] }) => values)]
  return `words=${quoted(words.join(" "))}${takes.some(isFile) ? " files=1" : ""}`
}

function bashValue(option: Option): string {
  return `words=${quoted((option.values ?? []).join(" "))}${isFile(option) ? " files=1" : ""}`
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
    const before = word === undefined ? "__fish_use_subcommand" : quoted(`${inGroup}; and not __fish_seen_subcommand_from ${own.join(" ")}`)
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
