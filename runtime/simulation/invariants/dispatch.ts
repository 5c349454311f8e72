// I7: what a partition decides was sent by a block that was stored before. Nothing leaves before it is committed (R2, R12).
import type { History } from "../history.ts"
import type { Findings } from "./findings.ts"
import { blockName } from "./journals.ts"

/** Only where blocks are told when they are stored, and no journal begins with what another one had sent. */
export function checkSentBefore({ run, happenings }: History, findings: Findings): void {
  if (run.mode !== "simulation") return
  /** Last numbers, by journal, source partition and destination. */
  const sent = new Map<string, number>()
  for (const happening of happenings) {
    if (happening.type !== "block") continue
    const { partition, block } = happening
    if (block.moved === true || block.resync === true) return
    for (const { from, out = [] } of block.decisions) {
      for (const [channel, number] of from) {
        const source = sourceOf(channel, partition)
        if (source === undefined) continue
        findings.saw("records sent before")
        if (number <= (sent.get(source) ?? 0)) continue
        const what = `record ${number} of channel ${channel} was decided in ${blockName(happening)}`
        const id = `${channel}#${number}`
        findings.add("I7", id, `${what}, and no block that was stored before sends it; expected one`, block.kind)
      }
      for (const [destination, number] of out) sent.set(`${block.incarnation} ${partition} ${destination}`, number)
    }
  }
}

/** Who sent what comes on a channel: journal, partition, and the destination as the sender names it. */
function sourceOf(channel: string, partition: number): string | undefined {
  const [type, incarnation = "", source = "", name = ""] = channel.split("@")[0]?.split(":") ?? []
  if (type === "lane") return `${incarnation} ${source} lane:${partition}:${name}`
  return type === "fact" ? `${incarnation} ${source} events:${name}` : undefined
}
