// Ends a process in order when it is told to: SIGTERM, which supervisors send first, or Ctrl-C.
// A library that installed handlers by itself would take the decision from the program, so programs call this.
import { constants } from "node:os"
import { describeError } from "../kernel/fault.ts"

export interface StopOnSignals {
  /** Default: SIGTERM and SIGINT. */
  readonly signals?: readonly NodeJS.Signals[]
  /** Told why the end was not in order, if it was not. Default: standard error. */
  readonly report?: (line: string) => void
}

/**
 * The first signal stops the app, which takes at most about `limits.drainMaxMs`, and ends the process with 0, or with 1
 * if stopping failed. A second signal ends it at once, with 130 for SIGINT and 143 for SIGTERM, as a shell would. Gives
 * a function that does what the first signal does, for other reasons to end.
 */
export function stopOnSignals(running: { stop(): Promise<void> }, options: StopOnSignals = {}): () => void {
  const { signals = ["SIGTERM", "SIGINT"], report = (line) => void process.stderr.write(`${line}\n`) } = options
  let isEnding = false
  const end = () => {
    if (isEnding) return
    isEnding = true
    running.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        report(`stopping failed: ${describeError(error)}`)
        process.exit(1)
      },
    )
  }
  const told = (signal: NodeJS.Signals) => {
    if (isEnding) process.exit(128 + constants.signals[signal])
    end()
  }
  for (const signal of signals) process.on(signal, told)
  return end
}
