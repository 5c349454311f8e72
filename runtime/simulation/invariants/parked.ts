// I10: what could not be decided is set aside, not dropped: whoever is told that it faulted can find it (R13).
import { isRequester } from "../../message/message.ts"
import { cancelledCode } from "../../message/outcome.ts"
import type { Entry } from "../../message/block.ts"
import type { History } from "../history.ts"
import type { Findings } from "./findings.ts"
import { blockName } from "./journals.ts"
import type { Log } from "./log.ts"

export function checkFaultedParked({ journals }: Log, findings: Findings): void {
  for (const { blocks } of journals.values()) {
    for (const block of blocks) {
      for (const entry of block.block.decisions) {
        checkSenderTold(entry, blockName(block), findings)
        const effect = faultedBy(entry)
        if (effect === undefined) continue
        findings.saw("faulted replies")
        if (entry.parked !== undefined) continue
        const what = `${blockName(block)} says that effect ${effect} faulted and sets nothing aside`
        findings.add("I10", effect, `${what}; expected its record to be parked`, entry)
      }
    }
  }
}

/** The effect whose sender is told that nobody knows how it went. Who gave it up, as an operator, knows. */
function faultedBy({ out = [], unpark }: Entry): string | undefined {
  if (unpark !== undefined) return undefined
  for (const [, , message] of out) {
    if (message.type !== "reply" || message.outcome.type !== "faulted" || message.outcome.code === cancelledCode) continue
    return message.effect
  }
  return undefined
}

/** An actor that waits for the reply to a command is told that it is parked; outsiders are, in no journal. */
function checkSenderTold({ by, hold, out = [], parked }: Entry, where: string, findings: Findings): void {
  const record = parked?.record
  // An actor that waits for an operator owes its reply still, and compaction only writes again what is parked.
  if (record?.type !== "command" || by === undefined || hold !== undefined || record.replyTo === undefined) return
  if (isRequester(record.replyTo)) return
  findings.saw("parked commands of actors")
  if (out.some(([, , message]) => message.type === "reply")) return
  const what = `${where} parks effect ${record.effect} and tells nobody`
  findings.add("I10", record.effect, `${what}; expected a reply to who sent it`, record)
}

/** What nobody can read, and came all the same, is kept with its bytes (R17): each is a fault "garbage" of its partition. */
export function checkGarbageParked({ happenings }: History, { journals }: Log, findings: Findings): void {
  const parked = new Map<string, Set<string>>()
  for (const [id, { blocks }] of journals) {
    const ids = new Set<string>()
    for (const { block } of blocks) for (const { parked: entry } of block.decisions) if (entry !== undefined) ids.add(entry.id)
    parked.set(id, ids)
  }
  for (const happening of happenings) {
    if (happening.type !== "fault" || happening.kind !== "garbage") continue
    const { target, detail = "" } = happening
    findings.saw("garbage")
    if (parked.get(target)?.has(detail) === true) continue
    const what = `${detail} of ${target} could not be read and is not parked`
    findings.add("I10", `${target} ${detail}`, `${what}; expected it to be`, happening)
  }
}
