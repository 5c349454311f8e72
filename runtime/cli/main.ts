#!/usr/bin/env node
// The `troupe` command. What it can do is in commands.ts; `troupe --help` tells it.
import { runCommandLine } from "./run.ts"
import { processTerminal } from "./terminal.ts"

// Whoever reads may have seen enough, such as `head`.
process.stdout.on("error", () => process.exit(0))
process.exitCode = await runCommandLine(process.argv.slice(2), processTerminal())
