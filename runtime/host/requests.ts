// The requests that a client has under way: each has a deadline, and is repeated until then, because an answer may be lost
// with the process that gave it (R21).
import type { Fault } from "../kernel/fault.ts"
import { limits } from "../kernel/limits.ts"
import type { CommandMessage } from "../message/message.ts"
import type { Outcome } from "../message/outcome.ts"
import type { Receipt } from "../message/receipt.ts"
import { NoOutcome } from "./client-faults.ts"

export interface Answer {
  readonly outcome: Outcome
  /** The journal block that made the outcome durable. */
  readonly receipt: Receipt | undefined
}

export interface Request {
  readonly id: string
  readonly message: CommandMessage
  readonly timeoutMs: number
  readonly resolve: (answer: Answer) => void
  readonly reject: (fault: Fault) => void
  /** Submits the same message once more. */
  readonly repeat: () => void
}

interface Open extends Request {
  timer: NodeJS.Timeout | undefined
  /** Set while it waits to be submitted again because it was not accepted. */
  soon: NodeJS.Timeout | undefined
}

export class Requests {
  readonly #open = new Map<string, Open>()
  #last = 0

  get size(): number {
    return this.#open.size
  }

  newId(): string {
    this.#last += 1
    return `r${this.#last}`
  }

  open(request: Request): void {
    const open: Open = { ...request, timer: undefined, soon: undefined }
    this.#open.set(request.id, open)
    this.#wait(open, performance.now() + request.timeoutMs, limits.askAgainMs)
  }

  /** An answer to a request that is not under way (any more) changes nothing. */
  answer(id: string, answer: Answer): void {
    this.#take(id)?.resolve(answer)
  }

  fail(id: string, fault: Fault): void {
    this.#take(id)?.reject(fault)
  }

  /** It was not accepted, which says nothing of whether it was stored: it is submitted again without waiting for its turn. */
  repeatSoon(id: string): void {
    const open = this.#open.get(id)
    if (open === undefined || open.soon !== undefined) return
    open.soon = setTimeout(() => {
      open.soon = undefined
      open.repeat()
    }, limits.submitAgainMs)
  }

  close(): void {
    for (const { id, message } of this.#open.values()) {
      this.fail(id, new NoOutcome(`the client was closed before "${message.effect}" had its outcome; ask again on another`))
    }
  }

  #wait(open: Open, untilMs: number, afterMs: number): void {
    const remainingMs = untilMs - performance.now()
    open.timer = setTimeout(
      () => {
        const { to, effect } = open.message
        if (performance.now() >= untilMs) {
          const fault = new NoOutcome(`${to.service}/${to.key} gave no outcome in time; ask again with the key "${effect}"`)
          return this.fail(open.id, fault)
        }
        open.repeat()
        this.#wait(open, untilMs, Math.min(afterMs * 2, limits.askAgainMaxMs))
      },
      Math.max(1, Math.min(afterMs, remainingMs)),
    )
  }

  #take(id: string): Open | undefined {
    const open = this.#open.get(id)
    if (open === undefined) return undefined
    clearTimeout(open.timer)
    clearTimeout(open.soon)
    this.#open.delete(id)
    return open
  }
}
