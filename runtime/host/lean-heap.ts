// On a machine with much memory V8 lets its heap grow to four times what is alive before it collects. The rows of an app are
// packed outside the heap, so nearly all of that growth would be garbage: it is asked to collect at one and a half times.
import v8 from "node:v8"

const ownFlags =
  /^--(?:heap-growing-percent|m(?:ax|in)-semi-space-size|semi-space-growth-factor|(?:initial|max)-(?:old-space|heap)-size)/

/**
 * To be called once, early. Does nothing, and gives false, if the program was started with heap flags of its own, on its
 * command line or in NODE_OPTIONS.
 */
export function keepHeapLean(flags: readonly string[] = givenFlags()): boolean {
  if (flags.some((flag) => ownFlags.test(flag.replaceAll("_", "-")))) return false
  v8.setFlagsFromString("--heap-growing-percent=50")
  return true
}

function givenFlags(): readonly string[] {
  return [...process.execArgv, ...(process.env["NODE_OPTIONS"] ?? "").split(/\s+/)]
}
