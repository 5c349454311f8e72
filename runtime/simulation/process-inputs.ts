// How a process of a simulation reads streams: the server sends ahead, in order, and sends again what a cut link has lost.
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { limits } from "../kernel/limits.ts"
import { type InputBehind, type InputReader, type InputRecord, type Inputs, InputUnavailable } from "../ports/inputs.ts"
import type { Call, Place } from "./place.ts"

type Opened = Effect.Effect<InputReader, InputUnavailable | InputBehind>
type Next = Effect.Effect<InputRecord, InputUnavailable>

export function streamedInputs(place: Place, call: Call): Inputs {
  const { stored: { streams } } = place
  const timeoutMs = limits.readerOpenMs
  const silentRead = () => Effect.fail(new InputUnavailable("the stream gave no answer; it is asked again later"))
  return {
    open: (source, partition, from) => {
      // cast: memory readers hold nothing that a scope would have to give back
      const open = () => streams.open(source, partition, from) as Opened
      const opened = call({ kind: "open", carryOut: open, silent: silentRead, timeoutMs })
      return Effect.map(
        Effect.acquireRelease(Effect.map(opened, (reader) => new StreamedReader(place, reader)), (reader) =>
          Effect.sync(() => reader.close()),
        ),
        (streamed) => streamed.reader(call),
      )
    },
    purge: (partition, before, source) =>
      call({ kind: "purge", carryOut: () => streams.purge(partition, before, source), silent: () => Effect.void, timeoutMs }),
    handled: (partition, before) =>
      call({ kind: "handled", carryOut: () => streams.handled(partition, before), silent: () => Effect.void, timeoutMs }),
    bounds: (source, partition) =>
      call({ kind: "bounds", carryOut: () => streams.bounds(source, partition), silent: silentRead, timeoutMs }),
    positionAt: (source, partition, timeMs) =>
      call({ kind: "position", carryOut: () => streams.positionAt(source, partition, timeMs), silent: silentRead, timeoutMs }),
    stream: (source) => call({ kind: "stream", carryOut: () => streams.stream(source), silent: silentRead, timeoutMs }),
  }
}

class StreamedReader {
  readonly #place: Place
  readonly #inner: InputReader
  readonly #arrived: Next[] = []
  /** What overtook another that was sent again. */
  readonly #early = new Map<number, Next>()
  #sent = 0
  #handed = 0
  #waiting: ((next: Next) => void) | undefined
  #ahead = 0
  #isReading = false
  #isClosed = false
  /** Since when the link has been cut. */
  #cutMs: number | undefined

  constructor(place: Place, inner: InputReader) {
    this.#place = place
    this.#inner = inner
  }

  reader(call: Call): InputReader {
    const { backlog, unread } = this.#inner
    const silent = () => Effect.fail(new InputUnavailable("the stream gave no answer; it is asked again later"))
    return {
      backlog,
      unread: call({ kind: "unread", carryOut: () => unread, silent, timeoutMs: limits.readerOpenMs }),
      next: Effect.callback((resume: (next: Next) => void) => {
        this.#pull()
        const next = this.#arrived.shift()
        if (next !== undefined) {
          this.#ahead -= 1
          return resume(next)
        }
        this.#waiting = resume
        return Effect.sync(() => void (this.#waiting = undefined))
      }),
    }
  }

  close(): void {
    this.#isClosed = true
  }

  /** Lets the server send ahead. What is asked for reaches it with the next turn: the delay is in what comes back. */
  #pull(): void {
    if (this.#isReading || this.#ahead >= limits.readAheadMessages) return
    this.#isReading = true
    const { kernel, server } = this.#place
    kernel.after(0, server.owner, "pull", () => {
      server.fork(Effect.map(Effect.exit(this.#inner.next), (exit) => this.#send(exit)))
    })
  }

  #send(exit: Exit.Exit<InputRecord, InputUnavailable>): void {
    this.#isReading = false
    if (this.#isClosed || this.#place.owner.state === "dead") return
    this.#ahead += 1
    this.#sent += 1
    this.#carry(this.#sent, exit)
    if (Exit.isSuccess(exit)) this.#pull()
  }

  #carry(number: number, next: Next): void {
    const { network, server, owner, kernel } = this.#place
    if (this.#isClosed) return
    const arrived = () => {
      this.#cutMs = undefined
      this.#hand(number, next)
    }
    const again = () => {
      this.#cutMs ??= kernel.nowMs
      if (kernel.nowMs - this.#cutMs > limits.inputUnledMaxMs) {
        const fault = new InputUnavailable("the stream was not to be reached for too long; it is opened again later")
        return this.#hand(number, Effect.fail(fault))
      }
      kernel.after(limits.readerReopenMs, server.owner, "reopen", () => this.#carry(number, next))
    }
    if (server.isLeaderless) return again()
    network.stream(server.owner, owner, "record", arrived, again)
  }

  #hand(number: number, next: Next): void {
    if (this.#isClosed) return
    this.#early.set(number, next)
    for (let due = this.#early.get(this.#handed + 1); due !== undefined; due = this.#early.get(this.#handed + 1)) {
      this.#handed += 1
      this.#early.delete(this.#handed)
      const waiting = this.#waiting
      this.#waiting = undefined
      if (waiting === undefined) {
        this.#arrived.push(due)
        continue
      }
      this.#ahead -= 1
      waiting(due)
    }
  }
}
