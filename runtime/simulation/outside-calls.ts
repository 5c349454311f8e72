// Calls to the world outside go over the network too: they get there later or never, and so do the answers. What has reached
// it is done, whatever becomes of who called.
import { describeError, Fault } from "../kernel/fault.ts"
import type { Kernel } from "./kernel.ts"
import type { Network } from "./network.ts"
import type { Owner } from "./owner.ts"
import type { Outside, OutsideAnswer } from "./workload.ts"

class CallSilent extends Fault {
  readonly _tag = "CallSilent"
  readonly code = "CALL_SILENT"
  readonly retry = "later"
}

/** Told before a call leaves its process, and when the answer is there. */
export type CallEar = (moment: "before" | "after") => void

export class OutsideCalls {
  readonly #network: Network
  readonly #outside: Outside
  readonly #owner: Owner

  constructor(kernel: Kernel, network: Network, outside: Outside) {
    this.#network = network
    this.#outside = outside
    this.#owner = kernel.owner("outside")
  }

  /** The outside as one process reaches it. */
  from(process: Owner, ear: CallEar): Outside {
    return {
      call: (call, signal) =>
        new Promise<OutsideAnswer>((resolve, reject) => {
          ear("before")
          const silent = () => reject(new CallSilent(`${call.participant} gave no answer to ${call.key}; it is called again`))
          if (signal.aborted) return silent()
          signal.addEventListener("abort", silent, { once: true })
          const answered = (settle: () => void) =>
            this.#network.tell(this.#owner, process, "answered", () => {
              ear("after")
              settle()
            })
          this.#network.tell(process, this.#owner, "call", () => {
            this.#outside.call(call, signal).then(
              (answer) => answered(() => resolve(answer)),
              (error: unknown) => answered(() => reject(error instanceof Error ? error : new Error(describeError(error)))),
            )
          })
        }),
    }
  }
}
