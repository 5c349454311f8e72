// What every process of a run begins with: what it was told, a channel to the supervisor, and an end when that is gone.

export const settingsVariable = "TROUPE_CHAOS"

/** What the supervisor has put into the environment of this process: JSON, which its script knows. */
export function readSettings(): unknown {
  const text = process.env[settingsVariable]
  if (text === undefined) throw new Error(`${settingsVariable} is not set: this script is started by the supervisor only`)
  return JSON.parse(text)
}

export function say(message: object): void {
  if (process.connected) process.send?.(message)
}

/** Calls back for each order, and ends the process when the supervisor is gone, however it went. */
export function obey(order: (message: unknown) => void): void {
  // It may have gone while this process was still being loaded.
  if (!process.connected) process.exit(exits.orphan)
  process.on("disconnect", () => process.exit(exits.orphan))
  process.on("message", order)
}

/** Exit codes that are no accident. */
export const exits = { done: 0, orphan: 70, lost: 71, notStarted: 72 } as const
