// A client of an app: asks actors and starts sagas from outside. Commands to one partition share a stored block: while
// one block is on its way, the next collects. Asking again with the same effect key is always safe (R21).
import { Fault } from "../kernel/fault.ts"
import { limits } from "../kernel/limits.ts"
import type { Command } from "../message/contract.ts"
import { encodeInput } from "../message/input.ts"
import { partitionOf } from "../message/key.ts"
import type { CommandMessage } from "../message/message.ts"
import type { Outcome } from "../message/outcome.ts"
import type { Edge } from "../ports/edge.ts"

export interface AskOptions {
  /** Idempotency key: the same key is the same effect, however often and by whom it is asked. */
  readonly effect: string
  /** How long to wait for the outcome. Default: `limits.askTimeoutMs`. */
  readonly timeoutMs?: number
  /** W3C traceparent of the caller's span; the saga's trace links to it. */
  readonly trace?: string
}

/** The client has as many requests under way as it may. */
export class Overloaded extends Fault {
  readonly _tag = "Overloaded"
  readonly code = "OVERLOADED"
  readonly retry = "later"
  readonly retryAfterMs = limits.overloadedRetryAfterMs
}

/** No outcome within the time that the caller gave. What was asked may still happen; ask again with the same key. */
export class NoOutcome extends Fault {
  readonly _tag = "NoOutcome"
  readonly code = "NO_OUTCOME"
  readonly retry = "later"
}

interface Asking {
  readonly command: CommandMessage
  readonly resolve: (outcome: Outcome) => void
  readonly reject: (fault: Fault) => void
  readonly timer: NodeJS.Timeout
}

export class Client {
  readonly #edge: Edge
  readonly #partitions: number
  readonly #asking = new Map<string, Asking>()
  readonly #queues = new Map<number, { commands: CommandMessage[]; flushing: boolean }>()
  #last = 0
  #closed = false

  constructor(edge: Edge, partitions: number) {
    this.#edge = edge
    this.#partitions = partitions
    edge.listen((request, outcome) => this.#settle(request)?.resolve(outcome))
  }

  /** The outcome of a command, or of a whole saga if it starts one. Rejects with Overloaded or NoOutcome. */
  ask(command: Command, options: AskOptions): Promise<Outcome> {
    if (this.#closed)
      return Promise.reject(
        new NoOutcome(`the client is closed; ask again with the key "${options.effect}" on another`),
      )
    if (this.#asking.size >= limits.clientInFlightMax) {
      return Promise.reject(
        new Overloaded(`${this.#asking.size} requests are under way; try again in ${limits.overloadedRetryAfterMs} ms`),
      )
    }
    this.#last += 1
    const request = `r${this.#last}`
    const message = toMessage(command, options, { subject: this.#edge.inbox, request })
    const untilMs = performance.now() + (options.timeoutMs ?? limits.askTimeoutMs)
    return new Promise((resolve, reject) => {
      const timer = this.#askAgain(request, untilMs, limits.askAgainMs)
      this.#asking.set(request, { command: message, resolve, reject, timer })
      this.#submit(message)
    })
  }

  async close(): Promise<void> {
    this.#closed = true
    for (const request of this.#asking.keys()) {
      this.#settle(request)?.reject(new NoOutcome(`the client was closed before request ${request} had its outcome`))
    }
    await this.#edge.close()
  }

  /** An answer may be lost with the process that gave it, so the question is repeated until its time is over. */
  #askAgain(request: string, untilMs: number, afterMs: number): NodeJS.Timeout {
    const remainingMs = untilMs - performance.now()
    return setTimeout(
      () => {
        const asking = this.#asking.get(request)
        if (asking === undefined) return
        const { to, effect } = asking.command
        if (performance.now() >= untilMs) {
          this.#settle(request)?.reject(
            new NoOutcome(`${to.service}/${to.key} gave no outcome in time; ask again with the key "${effect}"`),
          )
          return
        }
        this.#submit(asking.command)
        this.#asking.set(request, {
          ...asking,
          timer: this.#askAgain(request, untilMs, Math.min(afterMs * 2, limits.askAgainMaxMs)),
        })
      },
      Math.max(1, Math.min(afterMs, remainingMs)),
    )
  }

  #settle(request: string): Asking | undefined {
    const asking = this.#asking.get(request)
    if (asking === undefined) return undefined
    clearTimeout(asking.timer)
    this.#asking.delete(request)
    return asking
  }

  #submit(message: CommandMessage): void {
    const partition = partitionOf(message.to.key, this.#partitions)
    const queue = this.#queues.get(partition) ?? { commands: [], flushing: false }
    this.#queues.set(partition, queue)
    queue.commands.push(message)
    if (!queue.flushing) void this.#flush(partition, queue)
  }

  async #flush(partition: number, queue: { commands: CommandMessage[]; flushing: boolean }): Promise<void> {
    queue.flushing = true
    // One turn of the event loop lets what is asked in the same breath share the block.
    await Promise.resolve()
    while (queue.commands.length > 0) {
      const block = takeBlock(queue.commands)
      // Not accepted: nothing is concluded; whoever waits asks again, with the same key, until its time is over.
      await this.#edge.submit(partition, block).catch(() => undefined)
    }
    queue.flushing = false
  }
}

function takeBlock(commands: CommandMessage[]): Uint8Array {
  let count = 0
  for (let bytes = 0; count < Math.min(commands.length, limits.inputRecordsMax); count += 1) {
    bytes += JSON.stringify(commands[count]).length * 3
    if (count > 0 && bytes > limits.inputBytesMax) break
  }
  return encodeInput(commands.splice(0, count))
}

function toMessage(
  command: Command,
  options: AskOptions,
  replyTo: { subject: string; request: string },
): CommandMessage {
  const { service, key, name, payload } = command
  return {
    type: "command",
    to: { service, key },
    name,
    payload,
    effect: options.effect,
    direction: "do",
    attempt: 1,
    replyTo,
    ...(options.trace === undefined ? {} : { trace: options.trace }),
  }
}
