// One client of a run: makes its requests at a steady rate, until too many have no answer; tries again what is unknown with the
// same key until it has its answer, and writes down what it saw before it goes on.
import { appendFileSync, readFileSync } from "node:fs"
import { setTimeout as sleep } from "node:timers/promises"
import { type Client, type ConnectedClient, Fault, Overloaded } from "../../runtime/index.ts"
import type { ClientHappening } from "../../runtime/simulation/history.ts"
import type { Ask } from "../../runtime/simulation/workload.ts"
import { clockMs } from "./clock.ts"

const tryMs = 12_000
const pauseMs = 200
/** So long without any answer to anything, and the client is made anew. */
const hopelessMs = 12_000

type Seen = Pick<ClientHappening, "phase" | "outcome" | "receipt" | "code">

type Connected = Pick<ConnectedClient, "client" | "lost" | "close">

export interface AskingOptions {
  readonly name: string
  readonly file: string
  readonly requests: readonly Ask[]
  readonly perSecond: number
  /** Nothing new is begun while so many have no answer. */
  readonly openMax: number
  /** A client that is connected; asked again when nothing came of the last one for long. */
  readonly connect: () => Promise<Connected>
  readonly failed: (code: string) => void
}

export class Asking {
  readonly #options: AskingOptions
  readonly #phases = new Map<string, Set<ClientHappening["phase"]>>()
  readonly #waiting = new Map<string, (() => void)[]>()
  readonly #answeredMs: number[] = []
  readonly #open = new Set<string>()
  #connected: Promise<Connected> | undefined
  #heardMs = clockMs()
  #isOver = false

  /** Goes on from what the file holds. */
  constructor(options: AskingOptions) {
    this.#options = options
    for (const { effect, phase } of readHistory(options.file)) this.#remember(effect, phase)
  }

  /** Requests that were begun and have no answer yet. */
  get open(): number {
    return this.#open.size
  }

  /** When answers came since the last call. */
  takeAnswered(): readonly number[] {
    return this.#answeredMs.splice(0)
  }

  /** One after the other; each is tried until it is done. */
  async setUp(asks: readonly Ask[]): Promise<void> {
    for (const ask of asks) await this.#settle(ask)
  }

  /** Begins what an earlier process of this client left open, and then what is left, until `enough`. */
  async go(): Promise<void> {
    const { requests, perSecond, openMax } = this.#options
    const begun = requests.filter(({ effect }) => this.#phases.has(effect))
    for (const ask of begun) if (!this.#isAnswered(ask)) void this.#settle(ask)
    const startedMs = clockMs()
    let asked = 0
    for (const ask of requests) {
      if (this.#isOver) return
      if (this.#phases.has(ask.effect)) continue
      asked += 1
      await sleep(Math.max(0, startedMs + (asked * 1_000) / perSecond - clockMs()))
      while (this.#open.size >= openMax && !this.#isOver) await sleep(pauseMs)
      void this.#follow(ask)
    }
  }

  /** Nothing new is begun; what is begun goes on. */
  enough(): void {
    this.#isOver = true
  }

  async #follow(ask: Ask): Promise<void> {
    const { after } = ask
    if (after !== undefined) await this.#until(after.effect, after.phase)
    if (!this.#isOver) await this.#settle(ask)
  }

  async #settle(ask: Ask): Promise<void> {
    this.#open.add(ask.effect)
    while (!this.#isAnswered(ask)) {
      try {
        const { client } = await this.#client()
        this.#write(ask, { phase: "invoke" })
        await this.#attempt(client, ask)
      } catch (error) {
        await this.#failed(ask, error)
      }
    }
    this.#open.delete(ask.effect)
  }

  async #attempt(client: Client, ask: Ask): Promise<void> {
    if (ask.type === "publish") {
      await client.publish(ask.event, { id: ask.effect })
      return this.#write(ask, { phase: "accepted" })
    }
    const { effect, command } = ask
    if (ask.kind === "start" && !this.#phases.get(effect)?.has("accepted")) {
      await client.send(command, { effect })
      this.#write(ask, { phase: "accepted" })
    }
    const { outcome, receipt } = await client.request(command, { effect, timeoutMs: tryMs })
    this.#write(ask, { phase: "answered", outcome, ...(receipt === undefined ? {} : { receipt }) })
  }

  async #failed(ask: Ask, error: unknown): Promise<void> {
    if (!(error instanceof Fault)) throw error
    this.#options.failed(error.code)
    if (this.#phases.has(ask.effect)) {
      this.#write(ask, { phase: error instanceof Overloaded ? "rejected" : "unknown", code: error.code })
    }
    if (clockMs() - this.#heardMs > hopelessMs) await this.#renew()
    await sleep(error instanceof Overloaded ? error.retryAfterMs : pauseMs)
  }

  #client(): Promise<Connected> {
    if (this.#connected !== undefined) return this.#connected
    const connected = this.#options.connect()
    this.#connected = connected
    const gone = async () => {
      if (this.#connected === connected) await this.#renew()
    }
    connected.then(({ lost }) => lost.then(gone), () => (this.#connected = undefined))
    return connected
  }

  async #renew(): Promise<void> {
    const old = this.#connected
    if (old === undefined) return sleep(pauseMs)
    this.#connected = undefined
    this.#heardMs = clockMs()
    await old.then(({ close }) => close()).catch(() => undefined)
  }

  #isAnswered({ type, effect }: Ask): boolean {
    return this.#phases.get(effect)?.has(type === "publish" ? "accepted" : "answered") === true
  }

  async #until(effect: string, phase: "accepted" | "answered"): Promise<void> {
    const isSeen = () => [phase, "answered" as const].some((wanted) => this.#phases.get(effect)?.has(wanted))
    while (!isSeen()) {
      await new Promise<void>((resolve) => this.#waiting.set(effect, [...(this.#waiting.get(effect) ?? []), resolve]))
    }
  }

  #write(ask: Ask, seen: Seen): void {
    const { name, file } = this.#options
    const { app, effect } = ask
    const line = { type: "client" as const, atMs: clockMs(), client: name, app, effect, ...whatOf(ask), ...seen }
    appendFileSync(file, `${JSON.stringify(line satisfies ClientHappening)}\n`)
    if (seen.phase === "accepted" || seen.phase === "answered") this.#heardMs = line.atMs
    if (seen.phase === "answered") this.#answeredMs.push(line.atMs)
    this.#remember(effect, seen.phase)
  }

  #remember(effect: string, phase: ClientHappening["phase"]): void {
    const phases = this.#phases.get(effect) ?? new Set()
    this.#phases.set(effect, phases.add(phase))
    for (const wake of this.#waiting.get(effect) ?? []) wake()
    this.#waiting.delete(effect)
  }
}

function whatOf(ask: Ask): Pick<ClientHappening, "to" | "name" | "kind"> {
  if (ask.type === "publish") return { to: `event/${ask.effect}`, name: ask.event.name, kind: "event" }
  const { service, key, name } = ask.command
  return { to: `${service}/${key}`, name, kind: ask.kind }
}

function readHistory(file: string): readonly ClientHappening[] {
  let text = ""
  try {
    text = readFileSync(file, "utf8")
  } catch {
    return []
  }
  const whole = text.slice(0, text.lastIndexOf("\n") + 1)
  // cast: `#write` wrote these
  return whole.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line) as ClientHappening)
}
