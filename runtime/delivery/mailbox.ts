// The mailbox of an actor that cannot take its next record yet: a handler of it does I/O, it pauses before another try, or
// it waits for an operator. Its records wait here, in order; other actors go on. What is in the durable mailbox is always
// the front part, so that a crash, which brings the others back from their sources, cannot change the order (R6).
import type { Flow } from "../actor/flow-control.ts"
import { assert } from "../kernel/assert.ts"
import { limits } from "../kernel/limits.ts"
import { cancelHandlingCommand, queryCommand } from "../message/contract.ts"
import { addressText, isUrgent, type Message } from "../message/message.ts"
import { isCancelled } from "./cancelling.ts"
import { decide, decideWork } from "./decide.ts"
import { type Decided, seal } from "./decided.ts"
import type { Delivery } from "./delivery.ts"
import type { Inbound } from "./inbound.ts"
import { hold, leaveMemory, parkRecord } from "./park.ts"
import { channelOf } from "./partition.ts"
import { isPaused } from "./pausing.ts"
import { ready } from "./ready.ts"
import { type Mailbox, type Task, waitsForFlow } from "./task.ts"

/** Decides a record, or lets it wait for its actor. `decideTask` decides it if it is its actor's turn. */
export function handle(delivery: Delivery, inbound: Inbound, nowMs: number, decideTask = decide): void {
  if (inbound.work.type !== "message") {
    for (const decided of decideWork(delivery, inbound.from, inbound.work, nowMs)) ready(delivery, decided)
    return
  }
  const { message } = inbound.work
  const task = newTask(inbound.from, message)
  delivery.undecidedCount += 1
  const mailbox = delivery.mailboxes.get(task.row)
  // A question about its state is answered from what is decided: an actor that waits can be looked at, and be told to stop.
  if (mailbox !== undefined && !isForEngine(message)) return enqueue(delivery, mailbox, task, nowMs)
  const decided = decideTask(delivery, task, nowMs)
  if (decided !== undefined) {
    leaveMemory(delivery, task)
    ready(delivery, decided)
    pumpUnparked(delivery, decided, nowMs)
    stopCancelled(delivery, mailbox, nowMs)
    if (!isParkedHead(delivery, task)) return
  }
  pump(delivery, openMailbox(delivery, task.row, [task]), nowMs, decided === undefined ? task : undefined)
}

export function newTask(from: Task["from"], message: Message): Task {
  return { row: addressText(message.to), message, from, held: undefined }
}

/** The mailboxes that the journal tells of, after a take-over. */
export function reopenMailboxes(delivery: Delivery, nowMs: number): void {
  for (const row of delivery.partition.held.rows()) {
    const held = [...delivery.partition.held.of(row)]
    const tasks = held.map(([number, { message }]): Task => ({ row, message, from: [], held: number }))
    pump(delivery, openMailbox(delivery, row, tasks), nowMs)
  }
}

/** Takes as many records as can be taken now, in order. Of `asked` it is known that its handler has I/O to do first. */
export function pump(delivery: Delivery, mailbox: Mailbox, nowMs: number, asked?: Task): void {
  mailbox.waitsFor = "nothing"
  while (mailbox.current === undefined) {
    const task = mailbox.waiting[0]
    if (task === undefined) return void delivery.mailboxes.delete(mailbox.row)
    const obstacle = obstacleOf(delivery, task, nowMs)
    if (obstacle === "gone") {
      mailbox.waiting.shift()
      continue
    }
    const decided = obstacle === undefined && task !== asked ? decide(delivery, task, nowMs) : undefined
    // An effectful handler sees committed state only (R12).
    const isHandled = obstacle === undefined && decided === undefined
    const uncommitted = isHandled && delivery.uncommitted.has(mailbox.row)
    const delay = isHandled && !uncommitted ? heldBack(delivery, mailbox, task) : undefined
    mailbox.waitsFor = uncommitted ? "commit" : (obstacle ?? delay ?? "nothing")
    if (mailbox.waitsFor !== "nothing") return
    mailbox.waiting.shift()
    if (decided === undefined) return startHandling(delivery, mailbox, task)
    leaveMemory(delivery, task)
    ready(delivery, decided)
    if (isParkedHead(delivery, task)) mailbox.waiting.unshift(task)
  }
}

/** The handling of the current record is over: it was decided, or it goes back to the front for another try. */
export function finishCurrent(delivery: Delivery, mailbox: Mailbox, again: boolean, nowMs: number): void {
  const task = mailbox.current
  mailbox.slot?.release()
  mailbox.slot = undefined
  mailbox.current = undefined
  if (task !== undefined && again) mailbox.waiting.unshift(task)
  pump(delivery, mailbox, nowMs)
}

/** The partition is given up: others in this process may use its handlers' slots. */
export function releaseSlots(delivery: Delivery): void {
  for (const { slot } of delivery.mailboxes.values()) slot?.release()
}

/** Puts everything that waits here in memory, the current record first, into the durable mailbox. */
export function makeDurable(delivery: Delivery, mailbox: Mailbox): void {
  for (const task of mailbox.current === undefined ? mailbox.waiting : [mailbox.current, ...mailbox.waiting]) {
    // A timer is durable where it is: it is cleared by its own decision, and would fire again.
    if (task.held === undefined && task.message.type !== "timer")
      ready(delivery, seal(hold(delivery, task, { attempts: 0, dueMs: 0 })))
  }
}

/** Looks after mailboxes that wait for time to pass, or that keep an inbox mark from moving on. */
export function tendMailboxes(delivery: Delivery, nowMs: number): void {
  for (const mailbox of delivery.mailboxes.values()) {
    if (mailbox.waitsFor === "retry" || mayGoOn(delivery, mailbox)) pump(delivery, mailbox, nowMs)
    const first = mailbox.current ?? mailbox.waiting[0]
    if (first === undefined) continue
    // What waits for long must not fill the window, and keep out the records of services that wait for nothing.
    const isInTheWay = delivery.undecidedCount > limits.flowMemoryMax && waitsForFlow(mailbox)
    if (isInTheWay || blocksWindow(delivery, first) || isRebuilt(delivery, first)) makeDurable(delivery, mailbox)
  }
}

function enqueue(delivery: Delivery, mailbox: Mailbox, task: Task, nowMs: number): void {
  if (delivery.partition.held.isFull(task.row)) {
    const full = {
      code: "MAILBOX_FULL",
      message: `${limits.mailboxRecordsMax} records wait for ${task.row}; this one is parked`,
    }
    leaveMemory(delivery, task)
    return ready(delivery, parkRecord(delivery, task, { ...full, attempts: 0, nowMs }))
  }
  mailbox.waiting.push(task)
  const inMemory = mailbox.waiting.length - delivery.partition.held.of(task.row).size
  if (inMemory > limits.mailboxMemoryMax) makeDurable(delivery, mailbox)
}

function openMailbox(delivery: Delivery, row: string, waiting: Task[]): Mailbox {
  const mailbox: Mailbox = { row, current: undefined, slot: undefined, waiting, waitsFor: "nothing", notBeforeMs: 0 }
  delivery.mailboxes.set(row, mailbox)
  return mailbox
}

function obstacleOf(delivery: Delivery, task: Task, nowMs: number): "retry" | "operator" | "gone" | undefined {
  if (task.held === undefined) return undefined
  const held = delivery.partition.held.of(task.row).get(task.held)
  if (held === undefined) return "gone"
  if (held.parked === true) return "operator"
  if (held.cancelled !== undefined) return undefined
  return held.dueMs > nowMs ? "retry" : undefined
}

function startHandling(delivery: Delivery, mailbox: Mailbox, task: Task): void {
  const { service } = task.message.to
  mailbox.current = task
  const flow = flowOfTask(delivery, task)
  mailbox.slot = delivery.sharing.slots.acquire({ service, flow, isUrgent: isUrgent(task.message) }, () => {
    delivery.starting.push(mailbox)
    // Not at once: who waits for the latch would run in the middle of what granted the slot.
    queueMicrotask(() => delivery.work.openUnsafe())
  })
}

/** Why a handler that does I/O may not be asked for a slot yet. */
function heldBack(delivery: Delivery, mailbox: Mailbox, task: Task): "rate" | "pause" | undefined {
  if (isPaused(delivery, task.message.to.service)) return "pause"
  const { keyRate } = flowOfTask(delivery, task)
  if (keyRate === undefined) return undefined
  mailbox.notBeforeMs = delivery.keyRates.nextMs(task.row, keyRate)
  return mailbox.notBeforeMs > delivery.sharing.slots.nowMs() ? "rate" : undefined
}

/** What held its next record back is over. */
function mayGoOn(delivery: Delivery, { waitsFor, notBeforeMs, waiting: [next] }: Mailbox): boolean {
  if (waitsFor === "rate") return delivery.sharing.slots.nowMs() >= notBeforeMs
  return waitsFor === "pause" && next !== undefined && !isPaused(delivery, next.message.to.service)
}

function flowOfTask(delivery: Delivery, { row, message }: Task): Flow {
  const flow = delivery.app.logics.get(message.to.service)?.io?.flow
  assert(flow !== undefined, `only what takes I/O is handled, and ${row} does not`)
  return flow
}

/** An operator's word on a record, or on its service, may let its actor go on. */
function pumpUnparked(delivery: Delivery, { entry }: Decided, nowMs: number): void {
  const { events } = entry
  if (events !== undefined) queueMicrotask(() => delivery.events.changed.openUnsafe())
  if (events?.wipe !== undefined) {
    for (const mailbox of delivery.mailboxes.values())
      if (mailbox.row.startsWith(`${events.wipe}/`)) pump(delivery, mailbox, nowMs)
  }
  for (const { waits } of entry.unpark ?? []) {
    const mailbox = waits === undefined ? undefined : delivery.mailboxes.get(addressText(waits.to))
    if (mailbox !== undefined) pump(delivery, mailbox, nowMs)
  }
}

/** It stays at the front of its mailbox, because its actor waits for an operator. */
function isParkedHead(delivery: Delivery, task: Task): boolean {
  return task.held !== undefined && delivery.partition.held.of(task.row).get(task.held)?.parked === true
}

function blocksWindow(delivery: Delivery, task: Task): boolean {
  return task.from.some(([id]) => channelOf(delivery.partition, id).decided.size >= limits.windowRecordsMax)
}

/** A rebuild waits until nothing of its service is undecided in its source. */
function isRebuilt({ partition }: Delivery, { message }: Task): boolean {
  return partition.subscriptions.get(message.to.service)?.rebuild !== undefined
}

function isForEngine(message: Message): boolean {
  return message.type === "command" && (message.name === queryCommand || message.name === cancelHandlingCommand)
}

/** A command that was just cancelled is ended, or decided if it is its turn. */
function stopCancelled(delivery: Delivery, mailbox: Mailbox | undefined, nowMs: number): void {
  if (mailbox === undefined) return
  const { current, attempt, slot, waiting } = mailbox
  if (current === undefined) {
    if (waiting[0] !== undefined && isCancelled(delivery, waiting[0])) pump(delivery, mailbox, nowMs)
    return
  }
  if (!isCancelled(delivery, current)) return
  if (slot?.waitsFor !== undefined) return finishCurrent(delivery, mailbox, true, nowMs)
  // Not at once: who listens to the signal would run in the middle of this.
  if (attempt !== undefined) queueMicrotask(attempt.cancel)
}
