// Lanes between the processes of one app: by reference inside a process, by the network as text to the others.
import { memoryLanes } from "../memory/lanes.ts"
import { encodeFrame, encodeWire, readWire, type Wire } from "../nats/lane-wire.ts"
import type { LaneReceiver, Lanes } from "../ports/lanes.ts"
import type { Owner } from "./owner.ts"
import type { Place } from "./place.ts"

interface Attached {
  readonly owner: Owner
  readonly receivers: Map<number, LaneReceiver>
}

export class LaneNet {
  readonly #processes = new Map<Owner, Attached>()

  /** The lanes of one process, until it dies. */
  of({ network, owner, partitions }: Place): Lanes {
    const local = memoryLanes()
    const receivers = new Map<number, LaneReceiver>()
    this.#processes.set(owner, { owner, receivers })
    const say = (kind: string, text: string, partition: number | undefined) => {
      for (const other of this.#processes.values()) {
        // Who is dead hears nothing; who listens to a subject that nobody publishes to hears nothing either.
        if (other.owner === owner || other.owner.state === "dead") continue
        if (partition !== undefined && !other.receivers.has(partition)) continue
        network.tell(owner, other.owner, kind, () => hear(other, readWire(text)))
      }
    }
    return {
      attach: (partition, receiver) => {
        const detach = local.attach(partition, receiver)
        receivers.set(partition, receiver)
        return () => {
          if (receivers.get(partition) === receiver) receivers.delete(partition)
          detach()
        }
      },
      send: (frame) => {
        if (receivers.has(frame.destination)) return local.send(frame)
        for (const piece of encodeFrame(frame)) say("frame", piece, frame.destination)
      },
      confirm: (confirmation) => {
        if (receivers.has(confirmation.source)) return local.confirm(confirmation)
        say("confirmation", encodeWire({ type: "confirmation", confirmation }), confirmation.source)
      },
      ready: (partition) => {
        local.ready(partition)
        say("ready", encodeWire({ type: "ready", partition, process: owner.name }), undefined)
        const receiver = receivers.get(partition)
        for (let other = 0; other < partitions; other += 1) {
          if (receivers.has(other)) continue
          receiver?.peerReady(other)
        }
      },
    }
  }

  leave(owner: Owner): void {
    this.#processes.delete(owner)
  }
}

function hear({ receivers }: Attached, wire: Wire | undefined): void {
  if (wire === undefined) return
  if (wire.type === "frame") receivers.get(wire.frame.destination)?.frame(wire.frame)
  else if (wire.type === "confirmation") receivers.get(wire.confirmation.source)?.confirmation(wire.confirmation)
  else for (const receiver of receivers.values()) receiver.peerReady(wire.partition)
}
