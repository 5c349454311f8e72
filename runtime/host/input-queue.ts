// What a client has for one partition: records collect while one block is on its way, and share the next.
import { describeError } from "../kernel/fault.ts"
import { limits } from "../kernel/limits.ts"
import { encodeInput } from "../message/input.ts"
import type { CommandMessage } from "../message/message.ts"
import { type Edge, InputFull, NotAccepted } from "../ports/edge.ts"
import type { PendingRecord, PendingRecords } from "./pending-records.ts"

/** One record on its way into the input; of `accepted` and `refused` one is called, once. */
export interface Submission {
  readonly message: CommandMessage
  /** Size of the message as JSON. */
  readonly bytes: number
  readonly pending: PendingRecord
  readonly accepted: () => void
  /** InputFull: nothing was stored. NotAccepted: it may be stored all the same. */
  readonly refused: (fault: InputFull | NotAccepted) => void
}

/** What a block costs besides its records. */
const envelopeBytes = 64

/** The largest command that fits into a block. */
export const commandBytesMax = limits.inputBytesMax - envelopeBytes

export class InputQueue {
  readonly #partition: number
  readonly #edge: Edge
  readonly #pending: PendingRecords
  readonly #waiting: Submission[] = []
  #flushing = false

  constructor(partition: number, edge: Edge, pending: PendingRecords) {
    this.#partition = partition
    this.#edge = edge
    this.#pending = pending
  }

  submit(submission: Submission): void {
    this.#waiting.push(submission)
    if (!this.#flushing) void this.#flush()
  }

  /** What has not left yet is not accepted. */
  close(): void {
    const fault = new NotAccepted("the client was closed before the command had left; send it again with the same key")
    for (const submission of this.#waiting.splice(0)) this.#refuse(submission, fault)
  }

  async #flush(): Promise<void> {
    this.#flushing = true
    // One turn of the event loop lets what is submitted in the same breath share the block.
    await Promise.resolve()
    while (this.#waiting.length > 0) await this.#submitBlock(this.#takeBlock())
    this.#flushing = false
  }

  async #submitBlock(block: readonly Submission[]): Promise<void> {
    try {
      const position = await this.#edge.submit(this.#partition, encodeInput(block.map(({ message }) => message)))
      this.#pending.accepted(this.#partition, position, block.map(({ pending }) => pending))
      for (const { accepted } of block) accepted()
    } catch (error) {
      const fault =
        error instanceof InputFull || error instanceof NotAccepted
          ? error
          : new NotAccepted(`commands were not accepted (${describeError(error)}); send them again with the same keys`)
      for (const submission of block) this.#refuse(submission, fault)
    }
  }

  #refuse({ pending, refused }: Submission, fault: InputFull | NotAccepted): void {
    this.#pending.release(pending)
    refused(fault)
  }

  #takeBlock(): readonly Submission[] {
    let count = 0
    let bytes = envelopeBytes
    for (const submission of this.#waiting.slice(0, limits.inputRecordsMax)) {
      bytes += submission.bytes + 1
      if (count > 0 && bytes > limits.inputBytesMax) break
      count += 1
    }
    return this.#waiting.splice(0, count)
  }
}
