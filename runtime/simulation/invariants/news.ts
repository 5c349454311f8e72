// I11, of a timer and a record for the same actor: what had arrived before a partition was claimed is decided before any timer
// fires, however long the timer has been due (R20).
import { limits } from "../../kernel/limits.ts"
import { addressText } from "../../message/message.ts"
import type { BlockHappening, History } from "../history.ts"
import type { Findings } from "./findings.ts"
import { blockName, journalId } from "./journals.ts"

/** What is known of one partition since it was claimed last. */
interface Claimed {
  /** The last position of its input then. */
  readonly tail: number
  /** Actors whose timers have fired since, and where. */
  readonly fired: Map<string, BlockHappening>
}

/** Only where it is told when inputs and blocks are stored. */
export function checkNewsBeforeTimers({ run, happenings }: History, findings: Findings): void {
  if (run.mode !== "simulation") return
  const tails = new Map<string, number>()
  const claimed = new Map<string, Claimed>()
  for (const happening of happenings) {
    if (happening.type === "input") tails.set(journalId(happening.app, happening.partition), happening.position)
    if (happening.type !== "block") continue
    const id = journalId(happening.app, happening.partition)
    if (happening.block.kind !== "decisions") claimed.set(id, { tail: tails.get(id) ?? 0, fired: new Map() })
    else checkBlock(happening, claimed.get(id), findings)
  }
}

function checkBlock(happening: BlockHappening, claimed: Claimed | undefined, findings: Findings): void {
  if (claimed === undefined) return
  for (const { from, to, by, hold } of happening.block.decisions) {
    if (to === undefined || by === undefined) continue
    const row = addressText(to)
    if (by.type === "timer") {
      if (!claimed.fired.has(row)) claimed.fired.set(row, happening)
      continue
    }
    for (const [channel, number] of from) {
      if (!channel.startsWith("stream:external:") || Math.floor(number / limits.inputRecordsMax) > claimed.tail) continue
      findings.saw("news before timers")
      const timer = claimed.fired.get(row)
      if (timer === undefined || hold !== undefined) continue
      const what = `a timer of ${row} fired in ${blockName(timer)} before ${by.name ?? by.type} ${by.id ?? ""} was decided`
      const expected = "which was in the input when the partition was claimed; expected the news first"
      findings.add("I11", row, `${what} in ${blockName(happening)}, ${expected}`, { channel, number })
    }
  }
}
