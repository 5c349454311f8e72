// The one clock of a run: the machine's monotonic clock, which all its processes share and which nobody can set back.

/** ms since the machine started. */
export function clockMs(): number {
  return Math.round(Number(process.hrtime.bigint() / 1_000n)) / 1_000
}
