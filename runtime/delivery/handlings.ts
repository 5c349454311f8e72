// What a partition has under way, or waiting, of handlers that do I/O: for operators.
import { limits } from "../kernel/limits.ts"
import type { Json } from "../message/json.ts"
import { parseAddress } from "../message/message.ts"
import type { Handling } from "../message/operation.ts"
import type { Delivery } from "./delivery.ts"
import type { Mailbox } from "./task.ts"

/** A page of them, behind the first `skip`. */
export function handlingsOf(delivery: Delivery, service: string | undefined, skip: number): Json {
  const all = [...delivery.mailboxes.values()].flatMap((mailbox) => handlingOf(delivery, mailbox) ?? [])
  const found = service === undefined ? all : all.filter((handling) => handling.service === service)
  const page = found.slice(skip, skip + limits.parkedPageMax)
  // cast: a handling is made of JSON
  return { more: skip + page.length < found.length, handlings: page as unknown as Json }
}

function handlingOf({ partition }: Delivery, { row, current, waiting, waitsFor, slot, attempt }: Mailbox): Handling | undefined {
  const task = current ?? waiting[0]
  if (task === undefined) return undefined
  const { message, held } = task
  const failed = held === undefined ? 0 : (partition.held.of(row).get(held)?.attempts ?? 0)
  const behind = current === undefined ? waiting.length - 1 : waiting.length
  const name = "name" in message ? { name: message.name } : {}
  const effect = message.type === "command" ? { effect: message.effect } : {}
  const progress = attempt?.progress()
  return {
    ...parseAddress(row), type: message.type, ...name, ...effect, behind,
    attempt: failed + 1,
    ...(attempt === undefined ? { waitsFor: slot?.waitsFor ?? waitsFor } : { beganMs: attempt.beganMs }),
    ...(progress === undefined ? {} : { progress }),
  }
}
