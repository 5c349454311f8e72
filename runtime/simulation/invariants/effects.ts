// I3 and I5, as far as journals say: an effect is decided once at its actor, and not any more after it was undone.
import type { Findings } from "./findings.ts"
import { blockName } from "./journals.ts"
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
    for (const { entry, block, row } of journal.places) {
      const { effects, by, hold } = entry
      if (row === "" || effects === undefined || hold !== undefined) continue
      for (const [effect, memory] of effects) {
        const id = `${row} ${effect}`
        if (memory.undone === true) {
          undone.add(id)
          findings.saw("effects undone")
        } else if (memory.outcome?.type === "done" && by?.type === "command" && undone.has(id)) {
          const where = `${row} did ${effect} in ${blockName(block)}`
          findings.add("I5", effect, `${where} after it had been undone; expected it to be refused`, memory)
        }
      }
    }
  }
}
