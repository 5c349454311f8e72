// I3 and I5, as far as journals say: an effect is decided once at its actor, and not any more after it was undone.
import { addressText } from "../../message/message.ts"
import type { Findings } from "./findings.ts"
import { blockName, placesOf } from "./journals.ts"
import type { Log } from "./log.ts"

export function checkDecidedOnce(log: Log, findings: Findings): void {
  for (const [effect, all] of log.decided) {
    findings.saw("effects decided")
    const [first, ...more] = all
    for (const again of more) {
      if (first === undefined || again.entry.by?.name?.startsWith("$") === true) continue
      const where = `first in ${blockName(first.block)} at ${first.row}, then in ${blockName(again.block)} at ${again.row}`
      findings.add("I3", effect, `effect ${effect} was decided twice: ${where}; expected once`, first.entry, again.entry)
    }
  }
}

/** A tombstone keeps what was undone from being done. */
export function checkNoLateEffect(log: Log, findings: Findings): void {
  for (const journal of log.journals.values()) {
    const undone = new Set<string>()
    for (const { entry, block } of placesOf(journal)) {
      const { to, effects, by, hold } = entry
      if (to === undefined || effects === undefined || hold !== undefined) continue
      for (const [effect, memory] of effects) {
        const id = `${addressText(to)} ${effect}`
        if (memory.undone === true) {
          undone.add(id)
          findings.saw("effects undone")
        } else if (memory.outcome?.type === "done" && by?.type === "command" && undone.has(id)) {
          const where = `${addressText(to)} did ${effect} in ${blockName(block)}`
          findings.add("I5", effect, `${where} after it had been undone; expected it to be refused`, memory)
        }
      }
    }
  }
}
