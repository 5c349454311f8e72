// What happened to a saga, in the words of a test: commands as `do inventory.reserve/P11`, times as `+30.2 s`.
import type { OutgoingCommand } from "../../runtime/actor/logic.ts"
import type { Outcome } from "../../runtime/message/outcome.ts"

/** ` #2` on a second try. */
export function commandText(command: OutgoingCommand): string {
  return `${command.direction} ${targetText(command)}${command.attempt === 1 ? "" : ` #${command.attempt}`}`
}

/** `inventory.reserve/P11`. */
export function targetText({ to, name }: Pick<OutgoingCommand, "to" | "name">): string {
  return `${to.service}.${name}/${to.key}`
}

export function outcomeText(outcome: Outcome): string {
  switch (outcome.type) {
    case "done":
      return outcome.value === null ? "done" : `done ${JSON.stringify(outcome.value)}`
    case "refused":
      return `refused: ${outcome.code}`
    case "faulted":
      return `failed: ${outcome.code}`
  }
}

const units = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["min", 60_000],
  ["s", 1_000],
] as const

/** `+2 d 4 h`, with the two largest units. */
export function timeText(ms: number): string {
  const parts: string[] = []
  let left = ms
  for (const [unit, unitMs] of units) {
    const count = Math.floor(left / unitMs)
    left -= count * unitMs
    if (count > 0) parts.push(`${count} ${unit}`)
  }
  if (left > 0 || parts.length === 0) parts.push(`${left} ms`)
  return `+${parts.slice(0, 2).join(" ")}`
}
