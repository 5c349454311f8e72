// How one attempt of a handler that does I/O comes to its end: by itself, because its time is over, because somebody cancelled
// it and it went on for too long, or with its partition. Whoever listens to its signal hears of it.
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import type { Decision } from "../actor/logic.ts"
import { Fault } from "../kernel/fault.ts"
import { limits } from "../kernel/limits.ts"
import type { Deadline } from "./deadlines.ts"
import type { Delivery } from "./delivery.ts"
import type { Task } from "./task.ts"

/** The signal of a handler, made when it is first asked for: most handlers never do. */
export class LateSignal {
  #controller: AbortController | undefined
  #reason: Fault | undefined

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.#reason !== undefined) this.#controller.abort(this.#reason)
    }
    return this.#controller.signal
  }

  /** The first reason counts. */
  abort(reason: Fault): void {
    this.#reason ??= reason
    this.#controller?.abort(reason)
  }
}

export class Ending {
  readonly #delivery: Delivery
  readonly #task: Task
  readonly #signal: LateSignal
  readonly #nowMs: () => number
  readonly #deadlines: Deadline[] = []
  #fiber: Fiber.Fiber<unknown, unknown> | undefined
  #reason: Fault | undefined

  /** `nowMs` is monotonic. */
  constructor(delivery: Delivery, task: Task, signal: LateSignal, nowMs: () => number) {
    this.#delivery = delivery
    this.#task = task
    this.#signal = signal
    this.#nowMs = nowMs
  }

  /** Aborts the signal, and ends the attempt if it does not end by itself soon. */
  readonly cancel = (): void => {
    const fault = cancelledFault(this.#task)
    this.#signal.abort(fault)
    this.#endAfter(limits.cancelGraceMs, () => fault)
  }

  /** Starts the handler; `ended` hears what came of it, unless the partition is lost meanwhile. */
  of(
    handling: Effect.Effect<Decision, unknown>,
    timeoutMs: number,
    ended: (exit: Exit.Exit<Decision, unknown>) => void,
  ): Effect.Effect<Fiber.Fiber<unknown>> {
    // What interrupts itself has an exit within; what is interrupted from outside has none.
    const running = Effect.forkChild(Effect.exit(handling), { startImmediately: true })
    return Effect.map(running, (fiber) => {
      this.#fiber = fiber
      this.#endAfter(timeoutMs, () => new HandlerTimedOut(`${this.#task.row} was not handled within ${timeoutMs} ms`))
      fiber.addObserver((exit) => this.#over(exit, ended))
      return fiber
    })
  }

  #over(exit: Exit.Exit<Exit.Exit<Decision, unknown>>, ended: (exit: Exit.Exit<Decision, unknown>) => void): void {
    this.#fiber = undefined
    for (const deadline of this.#deadlines) this.#delivery.deadlines.remove(deadline)
    if (Exit.isSuccess(exit)) {
      if (Exit.hasInterrupts(exit.value)) this.abort()
      return ended(exit.value)
    }
    this.abort()
    // With its partition, nobody wants to hear of it.
    if (this.#reason !== undefined) ended(Exit.fail(this.#reason))
  }

  /** Whoever still works for the attempt need not go on. */
  readonly abort = (): void => {
    this.#signal.abort(new HandlerTimedOut(`the handling of ${this.#task.row} was ended`))
  }

  #endAfter(ms: number, fault: () => Fault): void {
    const end = () => {
      this.#reason ??= fault()
      this.#fiber?.interruptUnsafe()
    }
    const deadline = { atMs: this.#nowMs() + ms, passed: end }
    this.#deadlines.push(deadline)
    this.#delivery.deadlines.add(deadline)
  }
}

function cancelledFault({ row }: Task): HandlingCancelled {
  return new HandlingCancelled(`the handling of ${row} was cancelled; what it returns now is what came of it`)
}

/** Somebody cancelled the command that is handled: the reason of the handler's signal. */
class HandlingCancelled extends Fault {
  readonly _tag = "HandlingCancelled"
  readonly code = "HANDLING_CANCELLED"
  readonly retry = "never"
}

/** The time of one attempt is over, or its partition is. Whether the handler had its effect is not known. */
class HandlerTimedOut extends Fault {
  readonly _tag = "HandlerTimedOut"
  readonly code = "HANDLER_TIMED_OUT"
  readonly retry = "later"
}
