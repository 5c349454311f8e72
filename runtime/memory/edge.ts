// The client's side of the external lane in memory: a client of an app that runs on memory streams, with the same bound on
// what a partition's input holds and the same unpleasantness on demand.
import { limits } from "../kernel/limits.ts"
import { factHeaders } from "../message/fact.ts"
import { type Edge, InputFull, NotAccepted } from "../ports/edge.ts"
import type { MemoryStreams } from "./streams.ts"

/** "lost": no answer, nothing stored. "stored": no answer, yet stored. */
export type SubmitFault = "none" | "lost" | "stored"

export interface MemoryEdgeOptions {
  /** Tells this client from the others of the same streams. */
  readonly name?: string
  readonly faults?: (partition: number) => SubmitFault
  /** Blocks of one partition that are not deleted. Default: `limits.inputBlocksPerPartitionMax`. */
  readonly blocksMax?: () => number
}

export function memoryEdge(streams: MemoryStreams, options: MemoryEdgeOptions = {}): Edge {
  const { name = "memory", faults = () => "none", blocksMax = () => limits.inputBlocksPerPartitionMax } = options
  const inbox = `_INBOX.${name}`
  const ends: (() => void)[] = []
  const nothing = () => undefined
  return {
    inbox,
    submit(partition, block) {
      const fault = faults(partition)
      const notAccepted = new NotAccepted(`commands to partition ${partition} got no answer; send them again with the same keys`)
      if (fault === "lost") return Promise.reject(notAccepted)
      if (streams.kept("external", partition) >= blocksMax())
        return Promise.reject(new InputFull(`commands to partition ${partition} were not accepted (its input is full)`))
      const position = streams.store("external", partition, block)
      return fault === "stored" ? Promise.reject(notAccepted) : Promise.resolve(position)
    },
    publish(partition, event) {
      const fault = faults(partition)
      if (fault !== "lost") {
        const attributes = factHeaders(event, undefined, (ms) => new Date(ms).toISOString())
        streams.store("events", partition, Buffer.from(JSON.stringify(event.payload), "utf8"), attributes)
      }
      if (fault === "none") return Promise.resolve()
      return Promise.reject(new NotAccepted(`event ${event.id} got no answer; publish it again with the same id`))
    },
    listen(answered) {
      ends.push(streams.tell({
        answered: (to, outcome, receipt) => {
          if (to.subject === inbox) answered(to.request, outcome, receipt)
        },
        progressed: nothing,
      }))
    },
    watch: (progressed) => void ends.push(streams.tell({ answered: nothing, progressed })),
    close() {
      for (const end of ends) end()
      return Promise.resolve()
    },
  }
}
