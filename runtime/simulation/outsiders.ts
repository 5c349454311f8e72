// Whoever is outside the apps: clients, with an edge each. Requests go to the server, answers come back from processes.
import { limits } from "../kernel/limits.ts"
import { factHeaders } from "../message/fact.ts"
import type { Requester } from "../message/message.ts"
import type { Outcome } from "../message/outcome.ts"
import type { Progress } from "../message/progress.ts"
import type { Receipt } from "../message/receipt.ts"
import { type Edge, InputFull, NotAccepted } from "../ports/edge.ts"
import type { Network } from "./network.ts"
import type { Owner } from "./owner.ts"
import type { Server } from "./server.ts"

interface Sender {
  readonly network: Network
  readonly from: Owner
}

interface Outsider {
  readonly owner: Owner
  readonly app: string
  answered: (request: string, outcome: Outcome, receipt?: Receipt) => void
  progressed: (progress: Progress) => void
}

const nothing = () => undefined

export class Outsiders {
  readonly #byInbox = new Map<string, Outsider>()

  answer({ network, from }: Sender, to: Requester, outcome: Outcome, receipt: Receipt | undefined): void {
    const outsider = this.#byInbox.get(to.subject)
    if (outsider === undefined) return
    network.tell(from, outsider.owner, "answer", () => outsider.answered(to.request, outcome, receipt))
  }

  progress({ network, from, app }: Sender & { readonly app: string }, progress: Progress): void {
    for (const outsider of this.#byInbox.values()) {
      if (outsider.app === app) network.tell(from, outsider.owner, "progress", () => outsider.progressed(progress))
    }
  }

  /** The edge of one client to one app. */
  edge({ network, owner, server, app, stored }: Connected): Edge {
    const inbox = `_INBOX.${owner.name}.${app}`
    const outsider: Outsider = { owner, app, answered: nothing, progressed: nothing }
    this.#byInbox.set(inbox, outsider)
    const { streams } = server.app(app)
    const send = <Result>(kind: string, what: string, carryOut: () => Result | NotAccepted | InputFull) =>
      new Promise<Result>((resolve, reject) => {
        const silent = () => reject(new NotAccepted(`${what} got no answer; send it again with the same keys`))
        network.request(owner, server.owner, {
          kind,
          carryOut: () => (server.isLeaderless ? new NotAccepted(`${what} was not accepted: no stream answered`) : carryOut()),
          answered: (result) => (result instanceof Error ? reject(result) : resolve(result)),
          silent,
          timeoutMs: limits.appendTimeoutMs,
        })
      })
    return {
      inbox,
      submit: (partition, block) => {
        const what = `commands to partition ${partition}`
        return send<number>("submit", what, () => {
          if (server.isFull) return new NotAccepted(`${what} were not accepted (insufficient storage)`)
          if (streams.kept("external", partition) >= limits.inputBlocksPerPartitionMax)
            return new InputFull(`${what} were not accepted (its input is full)`)
          const position = streams.store("external", partition, block)
          stored(partition, position)
          return position
        })
      },
      publish: (partition, event) =>
        send<undefined>("publish", `event ${event.id}`, () => {
          if (server.isFull) return new NotAccepted(`event ${event.id} was not accepted (insufficient storage)`)
          const attributes = factHeaders(event, undefined, (ms) => new Date(ms).toISOString())
          const body = Buffer.from(JSON.stringify(event.payload), "utf8")
          for (const each of server.apps.values()) each.streams.store("events", partition, body, attributes)
        }),
      listen: (answered) => void (outsider.answered = answered),
      watch: (progressed) => void (outsider.progressed = progressed),
      close: () => {
        this.#byInbox.delete(inbox)
        return Promise.resolve()
      },
    }
  }
}

interface Connected {
  readonly network: Network
  readonly owner: Owner
  readonly server: Server
  readonly app: string
  /** A block of commands is stored; nobody knows yet. */
  readonly stored: (partition: number, position: number) => void
}
