// Actors that nobody calls and that have to be there all the same, such as schedules: whoever claims their partition sends
// them a first record, if their row says that they have not had it.
import type { CommandMessage } from "../message/message.ts"
import { addressText } from "../message/message.ts"
import { partitionOf } from "../message/key.ts"
import type { Delivery } from "./delivery.ts"
import { handle } from "./mailbox.ts"

export function wakeActors(delivery: Delivery, nowMs: number): void {
  const { app, partition } = delivery
  for (const { service, wake } of app.logics.values()) {
    if (wake === undefined || partitionOf(wake.key, app.partitions) !== partition.index) continue
    const to = { service, key: wake.key }
    if (wake.isAwake(partition.rows.peek(addressText(to))?.state)) continue
    const effect = `${wake.command} ${partition.incarnation} ${partition.epoch}`
    const message: CommandMessage = {
      type: "command", to, name: wake.command, payload: null, effect, direction: "do", attempt: 1,
    }
    handle(delivery, { lane: "commands", from: [], work: { type: "message", message } }, nowMs)
  }
  if (delivery.pending.length > 0) delivery.decided.openUnsafe()
}
