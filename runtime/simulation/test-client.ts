// What asks: the real client, on an edge of the simulated network. Each request is tried with the same key until it has an
// answer, as the documentation tells users to, or until the run says that enough is enough.
import { Client } from "../host/client.ts"
import { Fault } from "../kernel/fault.ts"
import { addressText } from "../message/message.ts"
import type { Kernel } from "./kernel.ts"
import type { Owner } from "./owner.ts"
import type { Outsiders } from "./outsiders.ts"
import type { Network } from "./network.ts"
import type { Recorder } from "./recorder.ts"
import type { Server } from "./server.ts"
import type { Ask } from "./workload.ts"

export interface ClientWorld {
  readonly kernel: Kernel
  readonly network: Network
  readonly server: Server
  readonly outsiders: Outsiders
  readonly recorder: Recorder
  /** Partitions of each app, by its name. */
  readonly partitions: ReadonlyMap<string, number>
}

const retryMs = 1_000

export class TestClient {
  readonly owner: Owner
  readonly #world: ClientWorld
  readonly #clients = new Map<string, Client>()

  constructor(world: ClientWorld, name: string) {
    this.#world = world
    this.owner = world.kernel.owner(name)
  }

  /** Asks in its own time; `answered` is told at the end, and `accepted` when it is durable. */
  ask(ask: Ask, afterMs: number, reached: (phase: "accepted" | "answered") => void): void {
    this.#world.kernel.after(afterMs, this.owner, "ask", () => void this.#try(ask, reached))
  }

  async #try(ask: Ask, reached: (phase: "accepted" | "answered") => void): Promise<void> {
    const happened = (phase: "invoke" | "accepted" | "answered" | "rejected" | "unknown", more = {}) =>
      this.#world.recorder.note({ ...this.#what(ask), phase, ...more })
    happened("invoke")
    try {
      const client = this.#clientOf(ask.app)
      if (ask.type === "publish") {
        await client.publish(ask.event, { id: ask.effect })
        happened("accepted")
        reached("accepted")
      } else {
        const { outcome, receipt } = await client.request(ask.command, { effect: ask.effect })
        happened("answered", { outcome, ...(receipt === undefined ? {} : { receipt }) })
      }
      reached("answered")
    } catch (error) {
      if (!(error instanceof Fault)) throw error
      happened(error.code === "OVERLOADED" ? "rejected" : "unknown", { code: error.code })
      this.#world.kernel.after(retryMs, this.owner, "retry", () => void this.#try(ask, reached))
    }
  }

  #what(ask: Ask) {
    const { app, effect } = ask
    const who = { type: "client", client: this.owner.name, app, effect } as const
    if (ask.type === "publish") return { ...who, to: ask.event.key ?? "", name: ask.event.name, kind: "event" } as const
    const { service, key, name } = ask.command
    return { ...who, to: addressText({ service, key }), name, kind: ask.kind } as const
  }

  #clientOf(app: string): Client {
    let client = this.#clients.get(app)
    if (client === undefined) {
      const { network, server, outsiders, partitions, recorder } = this.#world
      const stored = (partition: number, position: number) => recorder.note({ type: "input", app, partition, position })
      const edge = outsiders.edge({ network, owner: this.owner, server, app, stored })
      client = new Client(edge, partitions.get(app) ?? 1, { source: `${app}/${this.owner.name}` })
      this.#clients.set(app, client)
    }
    return client
  }
}
