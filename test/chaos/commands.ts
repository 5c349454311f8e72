// Runs a command of the system and waits for it; for the few that make disks and networks.
import { execFile } from "node:child_process"

const timeoutMs = 30_000

/** What it printed. Rejects with what it said if it failed. */
export function run(command: string, ...args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(command, args, { timeout: timeoutMs, encoding: "utf8" }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout)
      else reject(new Error(`${command} ${args.join(" ")}: ${stderr.trim() || error.message}`, { cause: error }))
    })
  })
}

/** Whether it succeeds. */
export function succeeds(command: string, ...args: readonly string[]): Promise<boolean> {
  return run(command, ...args).then(() => true, () => false)
}
