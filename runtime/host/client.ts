// A client of an app: sends commands, asks actors and starts sagas from outside. Commands to one partition share a stored
// block. Sending or asking again with the same effect key is safe (R21), for as long as the actor remembers it (R11).
import { describeError, type Fault, InvalidInput } from "../kernel/fault.ts"
import { limits } from "../kernel/limits.ts"
import { type Command, type Event, query, queryCommand } from "../message/contract.ts"
import type { Attachment } from "../message/attachment.ts"
import type { Json } from "../message/json.ts"
import { partitionOf } from "../message/key.ts"
import type { Address, CommandMessage, Requester } from "../message/message.ts"
import { partitionOfActor, partitionService } from "../message/operation.ts"
import type { Outcome } from "../message/outcome.ts"
import { versionMark } from "../message/versions.ts"
import { covers, type Receipt } from "../message/receipt.ts"
import { type Edge, InputFull, NotAccepted } from "../ports/edge.ts"
import { NoOutcome, Overloaded, ReceiptUnknown } from "./client-faults.ts"
import type { Content, DepositOptions, Deposits } from "./deposits.ts"
import { commandBytesMax, InputQueue } from "./input-queue.ts"
import { type PendingRecord, PendingRecords } from "./pending-records.ts"
import { factOf, type PublishOptions } from "./publish.ts"
import { type Answer, Requests } from "./requests.ts"

export interface ClientOptions {
  /** Records that may wait for the app before this client refuses more. Default: `limits.inputRecordsPendingMax`. */
  readonly inputRecordsPendingMax?: number | undefined
  /** CloudEvents source of the events that it publishes. Default: `client`. */
  readonly source?: string
  /** The traceparent of the span under which it is called, for what names none itself. */
  readonly activeTrace?: (() => string | undefined) | undefined
}

export interface SendOptions {
  /**
   * Idempotency key: the same key is the same effect, however often and by whom it is sent, for as long as the actor
   * remembers it: each keeps the last `limits.askedPerActorMax` keys that came from outside.
   */
  readonly effect: string
  /** The first cause of all, which everything that follows carries. Default: the idempotency key. */
  readonly correlation?: string
  /** W3C traceparent of the caller's span; the saga's trace links to it. Default: the active one, in a process that traces. */
  readonly trace?: string
  /** Not to be carried out before this time, in ms since 1970. See `cancelDelayed`. */
  readonly dueMs?: number
  /** Not to be carried out from this time on: what is late is parked as EXPIRED. */
  readonly expiresMs?: number
  /** "high" overtakes what waits in its partition. */
  readonly priority?: "high"
}

export interface AskOptions extends SendOptions {
  /** How long to wait for the outcome. Default: `limits.askTimeoutMs`. */
  readonly timeoutMs?: number
}

export interface QueryOptions {
  /**
   * The state must know what this receipt stands for. It does: a query is decided behind the journal's last block, also
   * by a new owner. An answer that does not reach to the receipt means that the journal was put back to an older copy.
   */
  readonly atLeast?: Receipt
  /** How long to wait for the answer. Default: `limits.askTimeoutMs`. */
  readonly timeoutMs?: number
}

export interface QueriedState {
  /** `null` for an actor that was never seen. */
  readonly state: Json
  readonly receipt: Receipt | undefined
}

export class Client {
  /** Records that were turned away because too many wait. */
  overloadedCount = 0
  readonly #edge: Edge
  readonly #partitions: number
  readonly #pending: PendingRecords
  readonly #queues = new Map<number, InputQueue>()
  readonly #requests = new Requests()
  readonly #source: string
  readonly #activeTrace: () => string | undefined
  readonly #deposits: Deposits | undefined
  #queries = 0
  #publishing = 0
  #closed = false

  /** Throws InvalidInput on a bound that is no whole number from 1 up. */
  constructor(edge: Edge, partitions: number, options: ClientOptions = {}, deposits?: Deposits) {
    this.#deposits = deposits
    const { inputRecordsPendingMax: max = limits.inputRecordsPendingMax } = options
    if (!Number.isSafeInteger(max) || max < 1)
      throw new InvalidInput(`inputRecordsPendingMax ${max} is not a whole number from 1 up`)
    this.#edge = edge
    this.#partitions = partitions
    this.#source = options.source ?? "client"
    this.#activeTrace = options.activeTrace ?? ignore
    this.#pending = new PendingRecords(max, performance.now())
    edge.listen((request, outcome, receipt) => this.#requests.answer(request, { outcome, receipt }))
    edge.watch((progress) => {
      if (progress.partition < partitions) this.#pending.progressed(progress, performance.now())
    })
  }

  /** Records that wait for the app, as far as this client knows. */
  get pendingCount(): number {
    return this.#pending.count
  }

  /**
   * Resolves when the command is durable in the app's input; what becomes of it is not awaited. Rejects with Overloaded:
   * nothing was stored; with NotAccepted: it may be stored all the same; with InvalidInput: no input can hold it.
   */
  async send(command: Command, options: SendOptions): Promise<void> {
    if (this.#closed) throw new NotAccepted(`the client is closed; send "${options.effect}" again on another`)
    const { queue, ...record } = this.#admit(toMessage(command, this.#traced(options)))
    return new Promise((resolve, reject) => {
      const refused = (fault: Fault) => reject(fault instanceof InputFull ? this.#overloaded(fault) : fault)
      queue.submit({ ...record, accepted: resolve, refused })
    })
  }

  /** The outcome of a command, or of a whole saga if it starts one. Rejects with Overloaded, NoOutcome or InvalidInput. */
  async ask(command: Command, options: AskOptions): Promise<Outcome> {
    const { outcome } = await this.request(command, options)
    return outcome
  }

  /** The same, with the receipt of the block that made the outcome durable. */
  async request(command: Command, options: AskOptions): Promise<Answer> {
    const { size } = this.#requests
    if (this.#closed) throw new NoOutcome(`the client is closed; ask "${options.effect}" again on another`)
    if (size >= limits.clientInFlightMax) throw new Overloaded(`${size} requests are under way`, limits.overloadedRetryAfterMs)
    const id = this.#requests.newId()
    const message = toMessage(command, this.#traced(options), { subject: this.#edge.inbox, request: id })
    const { queue, ...record } = this.#admit(message)
    const answer = await new Promise<Answer>((resolve, reject) => {
      const timeoutMs = options.timeoutMs ?? limits.askTimeoutMs
      this.#requests.open({ id, message, timeoutMs, resolve, reject, repeat: () => this.#repeat(id, message) })
      // Full says that nothing was stored, and who was never accepted may as well hear it at once. NotAccepted concludes
      // nothing: it may be stored, so it is asked again until its time is over.
      const refused = (fault: Fault) => {
        if (fault instanceof InputFull) this.#requests.fail(id, this.#overloaded(fault))
        else this.#requests.repeatSoon(id)
      }
      queue.submit({ ...record, accepted: ignore, refused })
    })
    this.#pending.answered(record.pending, performance.now())
    return answer
  }

  /**
   * An actor's state when all that this client sent it before is decided. Linearizable: it knows all that was answered to
   * anybody before, and comes only from who owns the partition then. Rejects like `ask`, and with ReceiptUnknown.
   */
  async query(service: string, key: string, options: QueryOptions = {}): Promise<QueriedState> {
    const { atLeast, timeoutMs = limits.askTimeoutMs } = options
    const partition = partitionOf(key, this.#partitions)
    if (atLeast !== undefined && atLeast.partition !== partition)
      throw new InvalidInput(`a receipt of partition ${atLeast.partition} says nothing of ${service}/${key}, in ${partition}`)
    this.#queries += 1
    const effect = `${this.#edge.inbox} query ${this.#queries}`
    const { outcome, receipt } = await this.request(query(service, key), { effect, timeoutMs })
    if (outcome.type !== "done")
      throw new NoOutcome(`the state of ${service}/${key} cannot be had (${outcome.code}); ask again later`)
    if (atLeast !== undefined && (receipt === undefined || !covers(receipt, atLeast))) throw behind(receipt, atLeast)
    return { state: outcome.value, receipt }
  }

  /**
   * Publishes an event for whoever reacts to it, and resolves with its id when it is durable in the event stream. Rejects
   * with NotAccepted: it may be stored all the same, and publishing it again with the same id is safe; with Overloaded or
   * InvalidInput: nothing was stored.
   */
  async publish(event: Event, options: PublishOptions = {}): Promise<string> {
    const fact = factOf(event, this.#traced(options), this.#source, Date.now())
    if (this.#closed) throw new NotAccepted(`the client is closed; publish event ${fact.id} again on another`)
    if (this.#publishing >= limits.clientInFlightMax)
      throw new Overloaded(`${this.#publishing} events are on their way`, limits.overloadedRetryAfterMs)
    this.#publishing += 1
    try {
      await this.#edge.publish(partitionOf(fact.subject, this.#partitions), fact)
    } finally {
      this.#publishing -= 1
    }
    return fact.id
  }

  /**
   * Keeps bytes that are too large for a record, and gives a reference for a payload: handlers `context.fetch` them. Rejects
   * with AttachmentsUnavailable, or InvalidInput if there are more than `limits.attachmentBytesMax`.
   */
  async deposit(content: Content, options?: DepositOptions): Promise<Attachment> {
    return this.#depositsOrThrow().deposit(content, options)
  }

  /** Removes deposited bytes before their time. Who fetches them from now on gets AttachmentMissing. */
  async discard(ref: Attachment): Promise<void> {
    return this.#depositsOrThrow().discard(ref)
  }

  #depositsOrThrow(): Deposits {
    if (this.#deposits === undefined) throw new InvalidInput("this client was made without a place for attachments")
    return this.#deposits
  }

  /** What is under way is rejected: requests with NoOutcome, commands that have not left with NotAccepted. */
  async close(): Promise<void> {
    this.#closed = true
    this.#requests.close()
    for (const queue of this.#queues.values()) queue.close()
    await this.#edge.close()
  }

  #traced<Options extends { readonly trace?: string }>(options: Options): Options {
    const trace = options.trace ?? this.#activeTrace()
    return trace === undefined ? options : { ...options, trace }
  }

  /** Counts a record in, or throws why it cannot be submitted at all: InvalidInput or Overloaded. */
  #admit(message: CommandMessage): Admitted {
    const bytes = sizeOf(message)
    const queue = this.#queueOf(message.to)
    if (this.#pending.isFull && !isForEngine(message)) throw this.#overloaded()
    return { message, bytes, queue, pending: this.#pending.take(performance.now()) }
  }

  /** Asks the same once more, if there is room; the next time comes. */
  #repeat(id: string, message: CommandMessage): void {
    if (this.#pending.isFull) return
    const { queue, ...record } = this.#admit(message)
    queue.submit({ ...record, accepted: ignore, refused: () => this.#requests.repeatSoon(id) })
  }

  #overloaded(cause?: InputFull): Overloaded {
    this.overloadedCount += 1
    const what = cause?.message ?? `${this.#pending.count} records wait for the app`
    return new Overloaded(what, this.#pending.retryAfterMs(performance.now()), cause === undefined ? {} : { cause })
  }

  #queueOf(to: Address): InputQueue {
    const partition = partitionOfActor(to, this.#partitions)
    let queue = this.#queues.get(partition)
    if (queue === undefined) this.#queues.set(partition, (queue = new InputQueue(partition, this.#edge, this.#pending)))
    return queue
  }
}

interface Admitted {
  readonly message: CommandMessage
  readonly bytes: number
  readonly queue: InputQueue
  readonly pending: PendingRecord
}

const ignore = () => undefined

/** What the engine answers by itself is let through: an app that is full must be looked at, and mended. */
function isForEngine({ to, name }: CommandMessage): boolean {
  return to.service === partitionService || name === queryCommand
}

function toMessage(command: Command, options: SendOptions, replyTo?: Requester): CommandMessage {
  const { service, key, name, payload, version } = command
  const { effect, correlation, trace, dueMs, expiresMs, priority } = options
  return {
    type: "command",
    to: { service, key },
    name,
    payload,
    ...versionMark(version),
    effect,
    direction: "do",
    attempt: 1,
    ...(replyTo === undefined ? {} : { replyTo }),
    ...(correlation === undefined ? {} : { correlation }),
    ...(trace === undefined ? {} : { trace }),
    ...(dueMs === undefined ? {} : { dueMs }),
    ...(expiresMs === undefined ? {} : { expiresMs }),
    ...(priority === undefined ? {} : { priority }),
  }
}

/** Bytes of the message as JSON. Throws InvalidInput if there is no such JSON, or too much of it. */
function sizeOf(message: CommandMessage): number {
  const what = `command ${message.name} to ${message.to.service}/${message.to.key}`
  let bytes: number
  try {
    bytes = Buffer.byteLength(JSON.stringify(message), "utf8")
  } catch (error) {
    throw new InvalidInput(`${what} is not JSON (${describeError(error)})`, { cause: error })
  }
  if (bytes > commandBytesMax) throw new InvalidInput(`${what} has ${bytes} bytes; at most ${commandBytesMax} are allowed`)
  return bytes
}

function behind(receipt: Receipt | undefined, { partition, epoch, block }: Receipt): ReceiptUnknown {
  const reached = receipt === undefined ? "without a receipt" : `in epoch ${receipt.epoch}, block ${receipt.block}`
  return new ReceiptUnknown(
    `partition ${partition} answered ${reached}, after a receipt for epoch ${epoch}, block ${block}: ` +
      "its journal was put back to an older copy",
  )
}
