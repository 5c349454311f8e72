// What telemetry is told of a record before it is decided.
import type { ActorLogic } from "../actor/logic.ts"
import type { Message } from "../message/message.ts"
import type { Opening } from "../ports/telemetry.ts"
import type { Row } from "./row.ts"

export function openingOf(logic: ActorLogic | undefined, { state }: Row, message: Message, nowMs: number): Opening {
  const { kind = "service" } = logic ?? {}
  // A reply or timer begins nothing: it is a late one, for a saga that has been forgotten.
  const isFirst = state === undefined && (message.type === "command" || message.type === "event")
  const standing = state === undefined ? undefined : logic?.standing?.(state)
  return { message, kind, begins: isFirst && logic?.begins?.(message) !== false, standing, nowMs }
}
