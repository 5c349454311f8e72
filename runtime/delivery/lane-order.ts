// What has to come in order although it travels on two lanes (R11). An undo, which travels with the replies, must not find its
// actor before its do, if an earlier owner may have begun that: the do comes again, and nobody knows that it was called. And
// a saga's word of its end, which travels with the commands, comes behind its undos, or they would be remembered for ever.
// The source marks such records with the number of what they come behind, as long as that is not confirmed. A mark always
// names a record that was made earlier, so two lanes never wait for each other.
import { isUndo, type Message } from "../message/message.ts"
import type { Behind, LaneFrame, LaneName } from "../ports/lanes.ts"
import type { Channel } from "./channel.ts"
import { destinationId, laneChannel } from "./channel-id.ts"
import type { Delivery } from "./delivery.ts"
import type { Outbox } from "./outbox.ts"
import type { Partition } from "./partition.ts"

interface Sending {
  readonly first: number
  readonly messages: readonly Message[]
}

/** The marks of a frame to a lane of this partition. */
export function marksBehind(partition: Partition, destination: number, lane: LaneName, frame: Sending): readonly Behind[] {
  const outbox = (name: LaneName) => partition.outboxes.get(destinationId({ type: "lane", partition: destination, lane: name }))
  return lane === "replies" ? undosBehind(frame, outbox("commands")) : endsBehind(frame, outbox("commands"), outbox("replies"))
}

function undosBehind({ first, messages }: Sending, commands: Outbox | undefined): readonly Behind[] {
  if (commands === undefined || !messages.some(isUndo)) return []
  const dos = numbersOfDos(commands)
  return messages.flatMap((message, index): readonly Behind[] => {
    const before = isUndo(message) && message.undoes !== undefined ? dos.get(message.undoes) : undefined
    return before === undefined ? [] : [[first + index, before]]
  })
}

function endsBehind({ first, messages }: Sending, commands?: Outbox, replies?: Outbox): readonly Behind[] {
  if (commands === undefined || replies === undefined || replies.undos === 0) return []
  if (!messages.some(({ type }) => type === "settled")) return []
  const undos = [...replies.unconfirmed()].filter(([, message]) => isUndo(message))
  const dos = numbersOfDos(commands)
  return messages.flatMap((message, index): readonly Behind[] => {
    if (message.type !== "settled") return []
    const number = first + index
    // A saga of the same key may have begun anew: its undos came later.
    const before = undos.findLast(
      ([, undo]) => isUndo(undo) && undo.scope === message.scope && (dos.get(undo.undoes ?? "") ?? 0) < number,
    )
    return before === undefined ? [] : [[number, before[0]]]
  })
}

/** What an operator has sent again may be younger than its undo; and that it may have happened is remembered. */
function numbersOfDos(commands: Outbox): ReadonlyMap<string, number> {
  const numbers = new Map<string, number>()
  for (const [number, message] of commands.unconfirmed())
    if (isDo(message)) numbers.set(message.effect, number)
  return numbers
}

function isDo(message: Message): message is Message & { readonly type: "command" } {
  return message.type === "command" && message.direction === "do" && message.redriven !== true
}

/**
 * "later": what the record comes behind is not here yet, and its source sends both again. "queued": that may be here and wait
 * to be taken, with the commands; or the record follows one that waits there.
 */
export function laneOrder(delivery: Delivery, frame: LaneFrame, channel: Channel, number: number): "any" | "later" | "queued" {
  const { partition, queue } = delivery
  const before = frame.behind?.find(([record]) => record === number)?.[1]
  // It comes again, and is dropped.
  if (number <= channel.high || channel.decided.has(number)) return "any"
  const follows = channel.queuedArrival > 0 && !queue.areTaken(channel.queuedArrival) ? "queued" : "any"
  if (before === undefined) return follows
  const lane = frame.lane === "replies" ? "commands" : "replies"
  const other = partition.channels.get(laneChannel(frame.incarnation, frame.source, lane))
  if (other?.adopts === true) return follows
  // Nobody before this owner can have begun it: its undo need not wait, and leaves a tombstone.
  const mayHaveBegun = delivery.isInherited
  if (frame.lane === "replies" && !mayHaveBegun) return follows
  if ((other?.high ?? 0) < before) return "later"
  return frame.lane === "replies" && queue.length("commands") > 0 ? "queued" : follows
}
