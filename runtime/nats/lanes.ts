// Lanes between the processes of one app: by reference inside the process, by core NATS to the owner elsewhere. Nothing
// is stored on the way (R2): what is lost is sent again from the source's journal (R4).
import type { Msg, NatsConnection } from "@nats-io/transport-node"
import { limits } from "../kernel/limits.ts"
import type { Subjects } from "../message/subjects.ts"
import type { Confirmation, LaneFrame, Lanes } from "../ports/lanes.ts"

type Wire =
  | { readonly type: "frame"; readonly frame: LaneFrame }
  | { readonly type: "confirmation"; readonly confirmation: Confirmation }
  | { readonly type: "ready"; readonly partition: number; readonly process: string }

/** `local` carries what stays in this process; `self` names the process, so that it does not answer its own announcement. */
export function natsLanes(
  connection: NatsConnection,
  subjects: Subjects,
  app: { readonly name: string; readonly partitions: number },
  local: Lanes,
  self: string,
): Lanes {
  const attached = new Set<number>()
  const receivers = new Map<number, Parameters<Lanes["attach"]>[1]>()
  const publish = (subject: string, wire: Wire) => {
    if (!connection.isClosed()) connection.publish(subject, JSON.stringify(wire))
  }
  connection.subscribe(subjects.laneReady(app.name), {
    callback: (error, message) => {
      const wire = error === null ? readWire(message) : undefined
      if (wire?.type !== "ready" || wire.process === self) return
      for (const receiver of receivers.values()) receiver.peerReady(wire.partition)
    },
  })
  return {
    attach(partition, receiver) {
      const detach = local.attach(partition, receiver)
      attached.add(partition)
      receivers.set(partition, receiver)
      const subscription = connection.subscribe(subjects.lane(app.name, partition), {
        callback: (error, message) => {
          const wire = error === null ? readWire(message) : undefined
          if (wire?.type === "frame") receiver.frame(wire.frame)
          else if (wire?.type === "confirmation") receiver.confirmation(wire.confirmation)
        },
      })
      return () => {
        subscription.unsubscribe()
        if (receivers.get(partition) === receiver) {
          attached.delete(partition)
          receivers.delete(partition)
        }
        detach()
      }
    },
    send(frame) {
      if (attached.has(frame.destination)) return local.send(frame)
      for (const part of splitFrame(frame)) publish(subjects.lane(app.name, frame.destination), { type: "frame", frame: part })
    },
    confirm(confirmation) {
      if (attached.has(confirmation.source)) return local.confirm(confirmation)
      publish(subjects.lane(app.name, confirmation.source), { type: "confirmation", confirmation })
    },
    ready(partition) {
      local.ready(partition)
      publish(subjects.laneReady(app.name), { type: "ready", partition, process: self })
      // Whoever owns the partitions elsewhere may have lost what the owner before sent: send it again.
      const receiver = receivers.get(partition)
      for (let other = 0; other < app.partitions; other += 1) if (!attached.has(other)) receiver?.peerReady(other)
    },
  }
}

/** Frames below the server's payload limit; a record that is too large for one was refused when it was decided. */
export function splitFrame(frame: LaneFrame): readonly LaneFrame[] {
  const frames: LaneFrame[] = []
  let messages: LaneFrame["messages"][number][] = []
  let bytes = 0
  const cut = (next: number) => {
    if (messages.length > 0) frames.push({ ...frame, first: next - messages.length, messages })
    messages = []
    bytes = 0
  }
  for (const [index, message] of frame.messages.entries()) {
    const size = Buffer.byteLength(JSON.stringify(message), "utf8")
    if (bytes + size > limits.frameBytesMax) cut(frame.first + index)
    messages.push(message)
    bytes += size
  }
  cut(frame.first + frame.messages.length)
  return frames
}

function readWire(message: Msg): Wire | undefined {
  try {
    return message.json<Wire>()
  } catch {
    // Not ours: subjects are shared with whoever may publish below the namespace. What was lost is sent again.
    return undefined
  }
}
