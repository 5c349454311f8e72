// Durable steps of one attempt: what a handler's `context.run(name, ...)` gave is journaled before the handler goes on, and
// is given again, instead of done again, after a crash or a retry.
import { Fault } from "../kernel/fault.ts"
import { limits } from "../kernel/limits.ts"
import type { Json } from "../message/json.ts"
import type { Steps } from "../message/message.ts"
import { seal } from "./decided.ts"
import type { Delivery } from "./delivery.ts"
import { hold } from "./park.ts"
import { ready } from "./ready.ts"
import type { Mailbox, Task } from "./task.ts"

export interface StepJournal {
  recall(name: string): { readonly value: Json } | undefined
  /** Resolves when the step is durable. Rejects with StepRefused. */
  record(name: string, value: Json): Promise<void>
  /** The attempt is over: what it still tries to record is refused. */
  close(): void
}

export function stepJournal(delivery: Delivery, mailbox: Mailbox, task: Task): StepJournal {
  let open = true
  const stepsOf = (): Steps => {
    const held = task.held === undefined ? undefined : delivery.partition.held.of(task.row).get(task.held)
    return held?.steps ?? ("steps" in task.message ? task.message.steps : undefined) ?? []
  }
  return {
    recall(name) {
      const step = stepsOf().find(([known]) => known === name)
      return step === undefined ? undefined : { value: step[1] }
    },
    record: (name, value) =>
      new Promise((resolve, reject) => {
        const refusal = open && mailbox.current === task ? refuse(task, name, value, stepsOf().length) : overdue(task, name)
        if (refusal !== undefined) return reject(refusal)
        // The step is noted with the record, so the record has to be in the journal first.
        if (task.held === undefined) ready(delivery, seal(hold(delivery, task, { attempts: 0, dueMs: 0 })))
        const number = task.held ?? 0
        ready(delivery, { ...seal({ from: [], to: task.message.to, step: [number, name, value] }), durable: resolve })
        delivery.decided.openUnsafe()
      }),
    close: () => void (open = false),
  }
}

function refuse(task: Task, name: string, value: Json, count: number): StepRefused | undefined {
  if (count >= limits.stepsPerRecordMax)
    return new StepRefused(`the handling of ${task.row} has more than ${limits.stepsPerRecordMax} steps; its record is parked`)
  if (JSON.stringify(value).length <= limits.decisionBytesMax) return undefined
  return new StepRefused(`step "${name}" of ${task.row} gave more than ${limits.decisionBytesMax} bytes; its record is parked`)
}

function overdue(task: Task, name: string): StepRefused {
  return new StepRefused(`step "${name}" of ${task.row} came after its attempt was over; another attempt does it again`)
}

/** A step cannot be journaled. */
class StepRefused extends Fault {
  readonly _tag = "StepRefused"
  readonly code = "STEP_REFUSED"
  readonly retry = "never"
}
