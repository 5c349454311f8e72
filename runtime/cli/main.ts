#!/usr/bin/env node
// The `troupe` command: finds the command that is meant and runs it. Exit codes: 0, 1 for what a command found, 2 for what
// it cannot use.
import { check } from "./check.ts"

const usage = `troupe <command>

  check FILE [--json]   check the sagas that FILE exports as \`check\` (docs/checking.md)
`

const [command, ...rest] = process.argv.slice(2)
const terminal = {
  out: (text: string) => void process.stdout.write(text),
  error: (text: string) => void process.stderr.write(text),
}
if (command === "check") process.exitCode = await check(rest, terminal)
else if (command === "--help" || command === "-h") terminal.out(usage)
else {
  terminal.error(command === undefined ? usage : `troupe has no command ${JSON.stringify(command)}\n\n${usage}`)
  process.exitCode = 2
}
