// Lanes between the processes of one app: by reference inside the process, by core NATS to the owner elsewhere. Nothing
// is stored on the way (R2): what is lost is sent again from the source's journal (R4). So nothing here fails or waits.
import type { NatsConnection } from "@nats-io/transport-node"
import type { Subjects } from "../message/subjects.ts"
import type { LaneReceiver, Lanes } from "../ports/lanes.ts"
import { encodeFrame, encodeWire, readWire, type Wire } from "./lane-wire.ts"

/** `local` carries what stays in this process; `self` names the process, so that it does not answer its own announcement. */
export function natsLanes(
  connection: NatsConnection,
  subjects: Subjects,
  app: { readonly name: string; readonly partitions: number },
  local: Lanes,
  self: string,
): Lanes {
  /** The partitions that are attached here; of two that were attached for one partition, the later. */
  const receivers = new Map<number, LaneReceiver>()
  const laneOf = (partition: number) => subjects.lane(app.name, partition)
  listen(connection, subjects.laneReady(app.name), (wire) => {
    if (wire.type !== "ready" || wire.process === self || wire.partition >= app.partitions) return
    for (const receiver of receivers.values()) receiver.peerReady(wire.partition)
  })
  return {
    attach(partition, receiver) {
      const detach = local.attach(partition, receiver)
      receivers.set(partition, receiver)
      const end = listen(connection, laneOf(partition), (wire) => {
        if (wire.type === "frame" && wire.frame.destination === partition) receiver.frame(wire.frame)
        else if (wire.type === "confirmation" && wire.confirmation.source === partition) receiver.confirmation(wire.confirmation)
      })
      return () => {
        end()
        if (receivers.get(partition) === receiver) receivers.delete(partition)
        detach()
      }
    },
    send(frame) {
      if (receivers.has(frame.destination)) return local.send(frame)
      for (const piece of encodeFrame(frame)) publish(connection, laneOf(frame.destination), piece)
    },
    confirm(confirmation) {
      if (receivers.has(confirmation.source)) return local.confirm(confirmation)
      publish(connection, laneOf(confirmation.source), encodeWire({ type: "confirmation", confirmation }))
    },
    ready(partition) {
      local.ready(partition)
      publish(connection, subjects.laneReady(app.name), encodeWire({ type: "ready", partition, process: self }))
      // Whoever owns the partitions elsewhere may have lost what the owner before sent: send it again.
      const receiver = receivers.get(partition)
      for (let other = 0; other < app.partitions; other += 1) if (!receivers.has(other)) receiver?.peerReady(other)
    },
  }
}

/** Hears nothing on a connection that was closed. */
function listen(connection: NatsConnection, subject: string, hear: (wire: Wire) => void): () => void {
  if (connection.isClosed()) return () => {}
  const subscription = connection.subscribe(subject, {
    callback: (error, message) => {
      const wire = error === null ? readWire(message.string()) : undefined
      if (wire !== undefined) hear(wire)
    },
  })
  return () => subscription.unsubscribe()
}

/** The client refuses when its connection ends, or if a server has a lower payload limit than the one checked at the start. */
function publish(connection: NatsConnection, subject: string, text: string): void {
  if (connection.isClosed()) return
  try {
    connection.publish(subject, text)
  } catch {
    // Lost, like anything that is lost on a lane: the source's journal has it.
  }
}
