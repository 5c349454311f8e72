// Writes a history down while a simulation runs.
import type { App } from "../host/app.ts"
import { decodeBlock } from "../message/block.ts"
import { digest } from "../message/hash.ts"
import type { Happening, History, LedgerHappening, RunFacts } from "./history.ts"
import type { Kernel } from "./kernel.ts"
import { appFacts } from "./probes.ts"

type Without<Value, Name extends PropertyKey> = Value extends unknown ? Omit<Value, Name> : never

export class Recorder {
  readonly #kernel: Kernel
  readonly happenings: Happening[] = []
  /** Blocks with decisions that were stored. */
  blocks = 0
  readonly #digests = new WeakMap<Uint8Array, string>()

  constructor(kernel: Kernel) {
    this.#kernel = kernel
  }

  note(happening: Without<Happening, "atMs">): void {
    this.happenings.push({ ...happening, atMs: this.#kernel.nowMs })
  }

  ledger(line: Omit<LedgerHappening, "type" | "atMs">): void {
    this.note({ type: "ledger", ...line })
  }

  stored(app: string, partition: number, sequence: number, bytes: Uint8Array): void {
    const block = decodeBlock(bytes, `journal of ${app} partition ${partition} at sequence ${sequence}`)
    if (block.kind === "decisions") this.blocks += 1
    const digestText = this.#digestOf(bytes)
    this.#kernel.hash.text(digestText)
    this.note({ type: "block", app, partition, sequence, digest: digestText, bytes: bytes.length, block })
  }

  acked(process: string, app: string, partition: number, sequence: number, bytes: Uint8Array): void {
    this.note({ type: "acked", process, app, partition, sequence, digest: this.#digestOf(bytes) })
  }

  history(workload: string, seed: number, apps: readonly App[]): History {
    const run: RunFacts = { type: "run", v: 1, workload, seed: String(seed), mode: "simulation", apps: apps.map(appFacts) }
    return { run, happenings: this.happenings }
  }

  #digestOf(bytes: Uint8Array): string {
    let known = this.#digests.get(bytes)
    if (known === undefined) this.#digests.set(bytes, (known = digest(bytes)))
    return known
  }
}
