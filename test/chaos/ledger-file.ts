// A participant's ledger: JSON lines in a file, synced before an append is done, so that it outlives any end of its process.
import { closeSync, fdatasyncSync, openSync, readFileSync, truncateSync, writeSync } from "node:fs"
import type { LedgerLine, LedgerStore } from "../../runtime/simulation/workload.ts"
import { clockMs } from "./clock.ts"

export interface LedgerFile extends LedgerStore {
  close(): void
}

/** A last line that was cut short was never promised to anybody, and goes. */
export function openLedger(file: string): LedgerFile {
  const lines = readLedger(file)
  const descriptor = openSync(file, "a", 0o644)
  return {
    read: () => lines,
    append(line) {
      writeSync(descriptor, `${JSON.stringify({ type: "ledger", atMs: clockMs(), ...line })}\n`)
      fdatasyncSync(descriptor)
      lines.push(line)
    },
    close: () => closeSync(descriptor),
  }
}

function readLedger(file: string): LedgerLine[] {
  let text = ""
  try {
    text = readFileSync(file, "utf8")
  } catch {
    return []
  }
  const whole = text.slice(0, text.lastIndexOf("\n") + 1)
  if (whole.length < text.length) truncateSync(file, Buffer.byteLength(whole))
  // cast: `append` wrote these
  return whole.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line) as LedgerLine)
}
