// admit: the inbox. Drops what was taken before, notices gaps, bounds what waits, and queues the rest to be decided.
import { limits } from "../kernel/limits.ts"
import type { Entry } from "../message/block.ts"
import type { Message } from "../message/message.ts"
import type { Channel } from "./channel.ts"
import type { Delivery } from "./delivery.ts"
import type { InboundLane, Work } from "./inbound.ts"
import { channelOf } from "./partition.ts"

interface From {
  readonly id: string
  readonly channel: Channel
  readonly lane: InboundLane
  /** What is before a source's first record that is seen is gone, or was not asked for: counting begins there. */
  readonly adopts?: boolean
}

/** "gap" and "full": the record is not taken, and neither is what follows it; the source sends all of it again (R4). */
export function admitLaneRecord(delivery: Delivery, from: From, number: number, message: Message): "taken" | "gap" | "full" {
  if (number > from.channel.high && delivery.queue.length(from.lane) >= limits.laneRecordsMax) return "full"
  if (from.channel.decided.size >= limits.decidedAboveLowMax) return "full"
  const admission = from.channel.admit(number)
  if (admission === "gap") return "gap"
  if (admission === "new") delivery.queue.push({ lane: from.lane, from: [[from.id, number]], work: { type: "message", message } })
  return "taken"
}

/** Stream records are never refused here: they are pulled only while there is room. */
export function admitStreamRecord(delivery: Delivery, from: From, number: number, marks: Entry["from"], work: Work): void {
  if (from.channel.admit(number) !== "new") return
  const position = [from.id, number] as const
  if (marks.length === 0) return delivery.queue.push({ lane: from.lane, from: [position], work })
  const fresh = marks.every(([id, mark]) => {
    const channel = channelOf(delivery.partition, id)
    if (from.adopts === true) channel.begin(mark)
    return channel.admit(mark) === "new"
  })
  // A repeated or overtaking event moves only the stream position: its source stores it again behind the gap (R4).
  if (fresh) delivery.queue.push({ lane: from.lane, from: [position, ...marks], work })
  else delivery.queue.push({ lane: from.lane, from: [position], work: { type: "forward", messages: [] } })
}
