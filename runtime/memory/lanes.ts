// Lanes between partitions of one process: frames are handed over by reference. The product uses them for partitions
// that this process owns, so they lose nothing; what has no receiver here is dropped and sent again when one is ready.
import type { Confirmation, LaneFrame, LaneReceiver, Lanes } from "../ports/lanes.ts"

export function memoryLanes(): Lanes {
  const receivers = new Map<number, LaneReceiver>()
  const readyPartitions = new Set<number>()
  return {
    attach(partition, receiver) {
      receivers.set(partition, receiver)
      return () => {
        if (receivers.get(partition) !== receiver) return
        receivers.delete(partition)
        readyPartitions.delete(partition)
      }
    },
    send: (frame: LaneFrame) => {
      if (readyPartitions.has(frame.destination)) receivers.get(frame.destination)?.frame(frame)
    },
    confirm: (confirmation: Confirmation) => receivers.get(confirmation.source)?.confirmation(confirmation),
    ready(partition) {
      readyPartitions.add(partition)
      for (const receiver of receivers.values()) receiver.peerReady(partition)
      const own = receivers.get(partition)
      for (const other of readyPartitions) if (other !== partition) own?.peerReady(other)
    },
  }
}
